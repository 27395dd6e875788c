/**
 * Contacts sorted by identifier: they choose whom a lookup asks and nothing else. A wrong entry costs a redirect, never a wrong
 * owner. Of a ring of up to `routesMax` nodes the table holds all.
 */
import { contactMark } from './digest.ts';
import { dropFinger } from './fingers.ts';
import type { Identifier } from './identifier.ts';
import type { Contact } from './message.ts';
import { pageOf } from './route-table.ts';
import type { RingState } from './state.ts';
import type { Turn } from './turn.ts';

/** A contact named by others, unless it is known to be gone. */
export function learnRoute(turn: Turn, contact: Contact): void {
  const { table } = turn.state;
  const gone = table.gone.get(contact.id);
  if (gone !== undefined && gone >= contact.incarnation) return;
  addRoute(turn.state, contact);
}

/** It has just answered that it has its place. */
export function confirmRoute(turn: Turn, contact: Contact): void {
  turn.state.table.gone.delete(contact.id);
  addRoute(turn.state, contact);
}

function addRoute(state: RingState, contact: Contact): void {
  const { routes, self } = state;
  if (contact.id === self.id) return;
  const at = positionOf(routes, contact.id);
  const present = routes[at];
  if (present?.id === contact.id) {
    if (present.incarnation > contact.incarnation) return;
    if (present.incarnation === contact.incarnation && present.address === contact.address) return;
    routes[at] = contact;
    mark(state, present);
    mark(state, contact);
    return;
  }
  if (routes.length >= roomFor(state)) return;
  routes.splice(at, 0, contact);
  mark(state, contact);
}

/** A table kept whole has room for stale entries too, so that a ring of `routesMax` fits. */
function roomFor({ parameters }: RingState): number {
  return Math.ceil(parameters.routesMax * 1.1);
}

/** Forgets this life and older ones, as a finger too. */
export function forgetRoute(state: RingState, contact: Contact): void {
  dropFinger(state, contact);
  const at = positionOf(state.routes, contact.id);
  const present = state.routes[at];
  if (present?.id !== contact.id || present.incarnation > contact.incarnation) return;
  state.routes.splice(at, 1);
  mark(state, present);
}

/** Twice is never: it takes out what it brought in. */
function mark(state: RingState, contact: Contact): void {
  const { digests } = state.table;
  if (digests === null) return;
  const page = pageOf(contact.id);
  digests[page] = ((digests[page] as number) ^ contactMark(contact)) >>> 0;
}

/** The first route at or after `key`, clockwise, that passes. */
export function routeFrom(
  state: RingState,
  key: Identifier,
  passes: (contact: Contact) => boolean,
): Contact | null {
  const { routes } = state;
  const start = positionOf(routes, key);
  for (let i = 0; i < routes.length; i++) {
    const contact = routes[(start + i) % routes.length] as Contact;
    if (passes(contact)) return contact;
  }
  return null;
}

/** The last route before `key`, clockwise, that passes. */
export function routeBefore(
  state: RingState,
  key: Identifier,
  passes: (contact: Contact) => boolean,
): Contact | null {
  const { routes } = state;
  const start = positionOf(routes, key);
  for (let i = 1; i <= routes.length; i++) {
    const contact = routes[(start - i + routes.length) % routes.length] as Contact;
    if (passes(contact)) return contact;
  }
  return null;
}

/** Index of the first route whose id is not less than `id`, which may be the beginning of one. */
export function positionOf(routes: readonly Contact[], id: Identifier): number {
  let low = 0;
  let high = routes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((routes[middle] as Contact).id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
