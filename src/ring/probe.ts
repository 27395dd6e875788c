/** Pings: of a member, through neighbours where it is suspected, for another that asks, and of whom was not heard of lately. */
import { isSameLife } from './contact.ts';
import type { MonotonicMs } from './effect.ts';
import { addMember, isNeighbour, neighboursOf } from './members.ts';
import type { Contact } from './message.ts';
import type { Purpose } from './pending.ts';
import { patienceForNamed } from './round-trips.ts';
import type { Member, RingState } from './state.ts';
import { answer, send, type Turn } from './turn.ts';

const PROBE: Purpose = { type: 'probe' };

/**
 * Heard of within this share of the interval, a neighbour needs no probe. Of two that probe each other the lower leads: it
 * asks first, and that it asked tells the other enough. Between the shares there is room for a round trip.
 */
export const LEADING_SHARE = 0.75;
const FOLLOWING_SHARE = 0.85;

/** Pings a member and waits `patienceMs`, unless a ping is under way; a suspect's last ping goes through neighbours too. */
export function probe(turn: Turn, member: Member, patienceMs = probePatience(turn, member)): void {
  const { state, now } = turn;
  if (member.probesOut > 0) return;
  member.lastProbeAt = now;
  member.probesOut = 1;
  send(turn, member.contact, { type: 'ping' }, patienceMs, PROBE);
  if (member.health !== 'suspect' || member.misses < state.parameters.missesToDeath - 1) return;
  // Only of a neighbour it matters: any other is found again.
  if (!isNeighbour(state, member.contact)) return;
  const purpose: Purpose = { type: 'indirectProbe', target: member.contact };
  for (const relay of relaysFor(state, member)) {
    member.probesOut++;
    send(turn, relay, { type: 'pingVia', target: member.contact }, state.parameters.probeTimeoutMs, purpose);
  }
}

/** A suspect's last ping is waited for until its silence has lasted long enough for a death. */
function probePatience({ state, now }: Turn, member: Member): number {
  const { probeTimeoutMs, missesToDeath, deathMs } = state.parameters;
  if (member.health !== 'suspect') return patienceForNamed(state, member.contact);
  if (member.misses < missesToDeath - 1) return probeTimeoutMs;
  return Math.max(probeTimeoutMs, member.silentSince + deathMs - now);
}

function relaysFor(state: RingState, target: Member): Contact[] {
  const relays: Contact[] = [];
  for (const contact of neighboursOf(state)) {
    if (relays.length >= state.parameters.indirectProbes) break;
    if (contact.id === target.contact.id || relays.some((relay) => relay.id === contact.id)) continue;
    if (state.members.get(contact.id)?.health === 'alive') relays.push(contact);
  }
  return relays;
}

export function probeContact(turn: Turn, contact: Contact): void {
  const member = turn.state.members.get(contact.id);
  if (member !== undefined && isSameLife(member.contact, contact)) probe(turn, member);
}

export function probeUnlessHeard(turn: Turn, contact: Contact, since = quietSince(turn, contact)): void {
  const { state, now } = turn;
  const member = addMember(turn, contact);
  if (member === null || !isSameLife(member.contact, contact)) return;
  const isQuiet = member.heardAt <= since;
  if (isQuiet || now - member.answeredAt >= state.parameters.reachIntervalMs) probe(turn, member);
}

export function quietSince({ state, now }: Turn, contact: Contact | null | undefined): MonotonicMs {
  const share = contact != null && state.self.id < contact.id ? LEADING_SHARE : FOLLOWING_SHARE;
  return now - state.parameters.probeIntervalMs * share;
}

/** An answer or failure to a probe came, before what it shows is taken in. */
export function settleProbe(turn: Turn, target: Contact): Member | null {
  const member = turn.state.members.get(target.id);
  if (member === undefined || !isSameLife(member.contact, target)) return null;
  if (member.probesOut > 0) member.probesOut--;
  return member;
}

/** Pings `target` for the one who asked. */
export function relayPing(turn: Turn, token: number, target: Contact): void {
  const { state } = turn;
  if (target.id === state.self.id || state.relays >= state.parameters.relaysMax) {
    answer(turn, token, { type: 'pongVia', answered: isSameLife(target, state.self) });
    return;
  }
  state.relays++;
  send(turn, target, { type: 'ping' }, state.parameters.relayTimeoutMs, { type: 'relay', token });
}

export function onRelayed(turn: Turn, token: number, answered: boolean): void {
  turn.state.relays--;
  answer(turn, token, { type: 'pongVia', answered });
}
