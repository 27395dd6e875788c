/**
 * Keeping the fingers: one slot at a time. An empty one is filled from what is known, else by a lookup of its start (Chord 4.4,
 * fix_fingers); a full one needs a ping only if its entry was not heard of for a whole sweep. Of those near a slot's start the one with
 * the shortest round trip stays (proximity neighbour selection), found by comparing with a few of them each time.
 */

import { slotStart } from './finger-slots.ts';
import { choicesFor, fits, layOut, putFinger } from './fingers.ts';
import { startLookup } from './lookup.ts';
import { isUsable } from './members.ts';
import type { Contact } from './message.ts';
import { settleMode } from './route-exchange.ts';
import { ageCache, routeFrom } from './routes.ts';
import { estimatedSize } from './state.ts';
import { jittered, send, setTimer, type Turn } from './turn.ts';

export const FINGER_TIMER = 'fingers';
/** Compared by round trip when a slot was filled by a lookup; later one at each check. */
const SAMPLES = 3;
const LOOKUP_DEADLINE_MS = 5_000;

export function startFingers(turn: Turn): void {
  const { fingerBase, fingerFillMs } = turn.state.parameters;
  if (fingerBase > 0) setTimer(turn, FINGER_TIMER, jittered(turn, fingerFillMs));
}

export function onFingerTimer(turn: Turn): void {
  const { state } = turn;
  const { fingers, parameters } = state;
  if (state.phase !== 'member') return;
  if (turn.now - state.changedAt < parameters.settleMs) {
    // Among many that join at once lookups come after places.
    setTimer(turn, FINGER_TIMER, parameters.settleMs);
    return;
  }
  settleMode(state);
  if (state.table.mode !== 'part') {
    // Where the routing table has everybody it shows the way.
    setTimer(turn, FINGER_TIMER, jittered(turn, parameters.stabilizeMaxMs));
    return;
  }
  ageCache(turn);
  layOut(state);
  const at = nextDue(turn);
  if (at >= 0) check(turn, at);
  const isFilling = fingers.checkedAt.some((time) => time === Number.NEGATIVE_INFINITY);
  const sweepMs = parameters.fingerSweepMs / Math.max(1, fingers.slots.length);
  const waitMs = isFilling ? parameters.fingerFillMs : Math.min(parameters.stabilizeMaxMs, sweepMs);
  setTimer(turn, FINGER_TIMER, jittered(turn, waitMs));
}

/** The slot whose turn it is, farthest first; those never filled before others. -1 when there are none. */
function nextDue({ state, now }: Turn): number {
  const { fingers, parameters } = state;
  const { length } = fingers.slots;
  const unfilled = fingers.checkedAt.lastIndexOf(Number.NEGATIVE_INFINITY);
  if (unfilled >= 0) return unfilled;
  for (let i = 0; i < length; i++) {
    fingers.turn = (fingers.turn + length - 1) % length;
    if (now - (fingers.checkedAt[fingers.turn] as number) > parameters.fingerSweepMs / 2) return fingers.turn;
  }
  return -1;
}

function check(turn: Turn, at: number): void {
  const { state, now } = turn;
  const { fingers } = state;
  fingers.checkedAt[at] = now;
  const slot = fingers.slots[at] as number;
  const contact = fingers.contacts[at] ?? null;
  if (contact === null || !isUsable(state, contact)) {
    if (!fillFromKnown(turn, at, slot)) lookUpSlot(turn, slot);
    return;
  }
  const other = sampleOf(turn, fingers.others.get(slot) ?? []);
  if (other !== null) ping(turn, other, slot);
  const member = state.members.get(contact.id);
  if (member !== undefined && now - member.answeredAt < state.parameters.fingerSweepMs / 2) return;
  ping(turn, contact, slot);
}

/** Somebody known stands near enough to the slot's start. */
function fillFromKnown(turn: Turn, at: number, slot: number): boolean {
  const { state } = turn;
  const known = routeFrom(state, slotStart(state.self.id, slot), (contact) => isUsable(state, contact));
  if (known === null || !fits(state, slot, known, estimatedSize(state))) return false;
  putFinger(state, at, known, Number.POSITIVE_INFINITY);
  return true;
}

function lookUpSlot(turn: Turn, slot: number): void {
  const { state, now } = turn;
  startLookup(turn, -state.nextRequestId++, slotStart(state.self.id, slot), now + LOOKUP_DEADLINE_MS, slot);
}

/** The owner of a slot's start was found, with those behind it; null when nobody was. */
export function onSlotFound(
  turn: Turn,
  slot: number,
  owner: Contact | null,
  successors: readonly Contact[],
  roundTripMs: number,
): void {
  const { state, now } = turn;
  const { fingers } = state;
  const at = fingers.slots.indexOf(slot);
  if (at < 0 || owner === null) return;
  const [first = null, ...others] = choicesFor(state, slot, [owner, ...successors], estimatedSize(state));
  fingers.checkedAt[at] = now;
  putFinger(state, at, first, roundTripMs);
  fingers.others.set(slot, others);
  const asked = new Set<Contact>();
  for (let i = 0; i < SAMPLES; i++) {
    const other = sampleOf(turn, others);
    if (other !== null) asked.add(other);
  }
  for (const other of asked) ping(turn, other, slot);
}

/** One that may stand in a slot answered; the nearer one stays. */
export function onFingerAnswered(turn: Turn, slot: number, from: Contact, roundTripMs: number): void {
  const { state, now } = turn;
  const { fingers, parameters } = state;
  const at = fingers.slots.indexOf(slot);
  if (at < 0 || !isUsable(state, from) || !fits(state, slot, from, estimatedSize(state))) return;
  const present = fingers.contacts[at] ?? null;
  const presentMs = fingers.roundTripsMs[at] as number;
  if (present?.id === from.id) {
    fingers.checkedAt[at] = now;
    fingers.roundTripsMs[at] = roundTripMs;
    return;
  }
  if (present !== null && roundTripMs >= presentMs * parameters.fingerGain) return;
  const others = (fingers.others.get(slot) ?? []).filter(({ id }) => id !== from.id);
  fingers.others.set(slot, present === null ? others : [...others, present]);
  putFinger(state, at, from, roundTripMs);
}

function ping(turn: Turn, to: Contact, slot: number): void {
  send(turn, to, { type: 'ping' }, turn.state.parameters.probeTimeoutMs, { type: 'finger', slot });
}

function sampleOf(turn: Turn, contacts: readonly Contact[]): Contact | null {
  return contacts[Math.floor(turn.random() * contacts.length)] ?? null;
}
