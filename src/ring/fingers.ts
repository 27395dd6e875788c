/**
 * Fingers (Chord 4.3): one contact for each slot that reaches beyond the successor list. It lies in its slot and near its start, so
 * that nobody can be everywhere in a node's table. Fingers choose whom to ask next; nothing is ever believed because of them.
 */

import type { MonotonicMs } from './effect.ts';
import { type Fingers, slotEnd, slotStart, slotsBeyond } from './finger-slots.ts';
import { clockwiseFraction, type Identifier } from './identifier.ts';
import { isBetweenOpenClosed, isBetweenOpenOpen, isIncludedIn } from './interval.ts';
import type { Contact } from './message.ts';
import type { RingState } from './state.ts';

/** Nodes on average in the least stretch from a slot's start in which its entry may stand: hardly ever nobody stands there. */
const REACH_MIN = 16;

/** Lays the slots out for the successor list as it is now; what is known of those that stay is kept. */
export function layOut(state: RingState): void {
  const { fingers, self, parameters } = state;
  const last = (parameters.listRouting ? state.successors.at(-1) : state.successors[0])?.id ?? self.id;
  if (last === fingers.beyond) return;
  const before = new Map(fingers.slots.map((slot, i) => [slot, i]));
  const { contacts, roundTripsMs, checkedAt } = fingers;
  const kept = (slot: number): number => before.get(slot) ?? -1;
  fingers.beyond = last;
  fingers.slots = last === self.id ? [] : slotsBeyond(self.id, last, parameters.fingerBase);
  fingers.contacts = fingers.slots.map((slot) => contacts[kept(slot)] ?? null);
  fingers.roundTripsMs = fingers.slots.map((slot) => roundTripsMs[kept(slot)] ?? Number.POSITIVE_INFINITY);
  fingers.checkedAt = fingers.slots.map((slot) => checkedAt[kept(slot)] ?? Number.NEGATIVE_INFINITY);
  for (const slot of fingers.others.keys()) if (!fingers.slots.includes(slot)) fingers.others.delete(slot);
  fingers.turn = 0;
}

/** Whether a contact may stand in a slot: in it, and among the first `fingerCandidates` from its start by the ring's density. */
export function fits(state: RingState, slot: number, contact: Contact, size: number): boolean {
  if (contact.id === state.self.id) return false;
  const start = slotStart(state.self.id, slot);
  const end = slotEnd(state.self.id, slot);
  if (!isIncludedIn(start, contact.id, end) || contact.id === end) return false;
  // Twice as far as so many nodes stand on average, or in the first half of a slot that hardly holds more.
  const reach = Math.max(2 * state.parameters.fingerCandidates, REACH_MIN) / Math.max(1, size);
  return clockwiseFraction(start, contact.id) <= Math.max(reach, clockwiseFraction(start, end) / 2);
}

/**
 * Of the nodes from a slot's start on those that the slot's entry is chosen from: at most `fingerCandidates`, and at most a quarter of
 * those in the slot, for keys before the entry go a longer way (measured: 0.2 % more hops at 1,000 nodes). The list may come from
 * anybody: it ends where it is out of order, or at one that does not fit.
 */
export function choicesFor(
  state: RingState,
  slot: number,
  from: readonly Contact[],
  size: number,
): readonly Contact[] {
  const start = slotStart(state.self.id, slot);
  const end = slotEnd(state.self.id, slot);
  const share = clockwiseFraction(start, end) || 1;
  const most = Math.min(state.parameters.fingerCandidates, Math.max(1, Math.floor((share * size) / 4)));
  const choices: Contact[] = [];
  for (const contact of from) {
    const last = choices.at(-1);
    if (choices.length >= most || !fits(state, slot, contact, size)) break;
    if (last !== undefined && !isBetweenOpenOpen(last.id, contact.id, end)) break;
    choices.push(contact);
  }
  return choices;
}

export function putFinger(state: RingState, at: number, contact: Contact | null, roundTripMs: number): void {
  const { fingers } = state;
  fingers.contacts[at] = contact;
  fingers.roundTripsMs[at] = roundTripMs;
}

/** The last finger before `key`, clockwise, that passes. */
export function fingerBefore(
  state: RingState,
  key: Identifier,
  passes: (contact: Contact) => boolean,
): Contact | null {
  const { contacts } = state.fingers;
  for (let i = contacts.length - 1; i >= 0; i--) {
    const contact = contacts[i];
    if (contact && isBetweenOpenOpen(state.self.id, contact.id, key) && passes(contact)) return contact;
  }
  return null;
}

/** A finger that answered: its slot needs no other check. */
export function fingerAnswered(
  state: RingState,
  contact: Contact,
  elapsedMs: number,
  now: MonotonicMs,
): void {
  const { fingers } = state;
  const at = positionOf(fingers, contact);
  if (at < 0) return;
  fingers.checkedAt[at] = now;
  fingers.roundTripsMs[at] = Math.min(elapsedMs, fingers.roundTripsMs[at] as number);
}

/** The first finger at or after `key`, clockwise, and before this node, that passes. */
export function fingerFrom(
  state: RingState,
  key: Identifier,
  passes: (contact: Contact) => boolean,
): Contact | null {
  for (const contact of state.fingers.contacts) {
    if (contact && isBetweenOpenClosed(state.self.id, key, contact.id) && passes(contact)) return contact;
  }
  return null;
}

/** This life is not to be asked again. Its slot is empty, and due, until somebody is found for it. */
export function dropFinger(state: RingState, contact: Contact): void {
  const { fingers } = state;
  const at = positionOf(fingers, contact);
  if (at < 0 || (fingers.contacts[at] as Contact).incarnation > contact.incarnation) return;
  const slot = fingers.slots[at] as number;
  const others = (fingers.others.get(slot) ?? []).filter(({ id }) => id !== contact.id);
  putFinger(state, at, others[0] ?? null, Number.POSITIVE_INFINITY);
  fingers.checkedAt[at] = Number.NEGATIVE_INFINITY;
  fingers.others.set(slot, others.slice(1));
}

function positionOf({ contacts }: Fingers, { id }: Contact): number {
  for (let i = 0; i < contacts.length; i++) if (contacts[i]?.id === id) return i;
  return -1;
}
