/**
 * Contacts sorted by identifier, up to `routesMax`: they choose whom a lookup asks first and nothing else. A wrong entry
 * costs a redirect, never a wrong owner.
 */

import { dropFinger } from './fingers.ts';
import type { Identifier } from './identifier.ts';
import type { Contact } from './message.ts';
import type { RingState } from './state.ts';
import type { Turn } from './turn.ts';

export function learnRoute(turn: Turn, contact: Contact): void {
  const { routes, self, parameters } = turn.state;
  if (contact.id === self.id) return;
  const at = positionOf(routes, contact.id);
  const present = routes[at];
  if (present?.id === contact.id) {
    if (present.incarnation <= contact.incarnation) routes[at] = contact;
    return;
  }
  if (routes.length >= parameters.routesMax) return;
  routes.splice(at, 0, contact);
}

/** Forgets this life and older ones, as a finger too. */
export function forgetRoute(state: RingState, contact: Contact): void {
  dropFinger(state, contact);
  const at = positionOf(state.routes, contact.id);
  const present = state.routes[at];
  if (present?.id === contact.id && present.incarnation <= contact.incarnation) state.routes.splice(at, 1);
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

/** Index of the first route whose id is not less than `id`. */
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
