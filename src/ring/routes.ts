/**
 * Contacts sorted by identifier: they choose whom a lookup asks and nothing else. A wrong entry costs a redirect, never a wrong
 * owner. Of a ring of up to `routesMax` nodes the table holds all.
 */
import { contactMark } from './digest.ts';
import type { MonotonicMs } from './effect.ts';
import { dropFinger } from './fingers.ts';
import type { Identifier } from './identifier.ts';
import type { Contact } from './message.ts';
import { doubtRoute, isRememberedGone, reconsider, rememberGone } from './route-doubts.ts';
import { pageOf } from './route-table.ts';
import type { RingState } from './state.ts';
import type { Turn } from './turn.ts';

/** A contact with its identifier and address, its place and what is known of its life. */
const CACHE_ENTRY_BYTES = 256;
/** Nobody met just now was born just now: nodes found at all have lived for about so long. */
const PRIOR_AGE_MS = 600_000;
/** Entries looked at when one must go, and in one round of ageing. */
const SAMPLE = 8;

/** A contact named by others, unless it is known to be gone. */
export function learnRoute(turn: Turn, contact: Contact): void {
  const { state } = turn;
  if (isRememberedGone(state, contact)) {
    reconsider(turn, contact);
    return;
  }
  // A later life of a route: the one known is asked first whether it is over.
  const present = routeOf(state, contact.id);
  if (state.table.mode === 'whole' && present !== null && present.incarnation < contact.incarnation)
    doubtRoute(turn, present, 0, contact);
  else addRoute(turn, contact);
}

export function routeOf({ routes }: RingState, id: Identifier): Contact | null {
  const present = routes[positionOf(routes, id)];
  return present?.id === id ? present : null;
}

/** It has just answered that it has its place. */
export function confirmRoute(turn: Turn, contact: Contact): void {
  turn.state.table.gone.delete(contact.id);
  addRoute(turn, contact);
}

function addRoute(turn: Turn, contact: Contact): void {
  const { state } = turn;
  const { routes, self } = state;
  if (contact.id === self.id) return;
  let at = positionOf(routes, contact.id);
  const present = routes[at];
  if (present?.id === contact.id) {
    noteHeard(state, contact, turn.now);
    if (present.incarnation > contact.incarnation) return;
    if (present.incarnation === contact.incarnation && present.address === contact.address) return;
    routes[at] = contact;
    mark(state, present);
    mark(state, contact);
    return;
  }
  if (routes.length >= roomFor(state)) {
    if (state.table.mode !== 'part' || !makeRoom(turn)) return;
    at = positionOf(routes, contact.id);
  }
  routes.splice(at, 0, contact);
  mark(state, contact);
  if (state.table.mode === 'part') state.table.heard.set(contact.id, { since: turn.now, lastAt: turn.now });
}

/** A table kept whole has room for stale entries too, so that a ring of `routesMax` fits; a cache for what its bytes hold. */
function roomFor({ parameters, table }: RingState): number {
  const { routesMax, cacheBytesMax } = parameters;
  if (table.mode !== 'part' || routesMax === 0) return Math.ceil(routesMax * 1.1);
  return Math.floor(cacheBytesMax / CACHE_ENTRY_BYTES);
}

/** This node found out itself that it is gone. */
export function endRoute(turn: Turn, contact: Contact): void {
  if (turn.state.table.mode === 'whole') rememberGone(turn, contact);
  forgetRoute(turn.state, contact);
}

/** It did not answer once, and nobody keeps account of it: nobody is sent there until it is known whether it lives. */
export function shunRoute(turn: Turn, contact: Contact): void {
  const isRoute = routeOf(turn.state, contact.id) !== null;
  forgetRoute(turn.state, contact);
  if (isRoute && turn.state.table.mode === 'whole') doubtRoute(turn, contact, 0);
}

/** Forgets this life and older ones, as a finger too. */
export function forgetRoute(state: RingState, contact: Contact): void {
  dropFinger(state, contact);
  dropRoute(state, contact);
}

function dropRoute(state: RingState, contact: Contact): void {
  const at = positionOf(state.routes, contact.id);
  const present = state.routes[at];
  if (present?.id !== contact.id || present.incarnation > contact.incarnation) return;
  state.routes.splice(at, 1);
  state.table.heard.delete(contact.id);
  mark(state, present);
}

/** An entry of the cache was heard of. */
export function noteHeard({ table }: RingState, contact: Contact, now: MonotonicMs): void {
  const heard = table.heard.get(contact.id);
  if (heard !== undefined) heard.lastAt = now;
}

/** That it still lives, by how long it was seen to and how long ago that was (Li et al., Accordion, NSDI 2005). */
function chanceAlive({ table }: RingState, contact: Contact, now: MonotonicMs): number {
  const heard = table.heard.get(contact.id);
  if (heard === undefined) return 0;
  const ageMs = heard.lastAt - heard.since + PRIOR_AGE_MS;
  return ageMs / (ageMs + now - heard.lastAt);
}

/** The least likely to live of some goes. */
function makeRoom(turn: Turn): boolean {
  const { state, now } = turn;
  let least: Contact | null = null;
  for (let i = 0; i < SAMPLE; i++) {
    const contact = state.routes[Math.floor(turn.random() * state.routes.length)] ?? null;
    if (
      contact !== null &&
      (least === null || chanceAlive(state, contact, now) < chanceAlive(state, least, now))
    )
      least = contact;
  }
  if (least === null) return false;
  dropRoute(state, least);
  return true;
}

/** Some of the cache are looked at: those that live less likely than `cacheAliveMin` go. */
export function ageCache(turn: Turn): void {
  const { state, now } = turn;
  if (state.table.mode !== 'part') return;
  for (let i = 0; i < SAMPLE; i++) {
    const contact = state.routes[Math.floor(turn.random() * state.routes.length)];
    if (contact !== undefined && chanceAlive(state, contact, now) < state.parameters.cacheAliveMin)
      dropRoute(state, contact);
  }
}

/** From a table of all to a cache: one in so many stays. */
export function thinOut(state: RingState, now: MonotonicMs): void {
  const room = roomFor(state);
  const { routes, table } = state;
  const every = Math.max(1, Math.ceil(routes.length / Math.max(1, room)));
  const kept = room === 0 ? [] : routes.filter((_, i) => i % every === 0);
  routes.length = 0;
  routes.push(...kept);
  for (const { id } of kept) table.heard.set(id, { since: now, lastAt: now });
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
