/** How long answers take, for each member (RFC 6298), and how long one is waited for. Retries are new requests: all may be repeated. */
import type { Contact, RingRequest } from './message.ts';
import type { Pending, Purpose } from './pending.ts';
import type { Member, RingState } from './state.ts';
import { send, type Turn } from './turn.ts';

/** RFC 6298, section 2: the weights of a new measure in the mean and in its variation, and the variations waited for. */
const ALPHA = 1 / 8;
const BETA = 1 / 4;
const VARIATIONS = 4;

/** An answer came. A ping through another and a farewell wait for a third node: they tell nothing about the way. */
export function measureRoundTrip(member: Member, { purpose, sentAt }: Pending, now: number): void {
  if (purpose.type === 'indirectProbe' || purpose.type === 'leave') return;
  const tookMs = now - sentAt;
  if (member.roundTripMs < 0) {
    member.roundTripMs = tookMs;
    member.variationMs = tookMs / 2;
    return;
  }
  member.variationMs += BETA * (Math.abs(member.roundTripMs - tookMs) - member.variationMs);
  member.roundTripMs += ALPHA * (tookMs - member.roundTripMs);
}

/** Milliseconds to wait for this node's answer. The first one may have to wait for a connection. */
export function patienceFor(state: RingState, to: Contact): number {
  const { timeoutMinMs, timeoutMaxMs, firstContactTimeoutMs } = state.parameters;
  const member = state.members.get(to.id);
  if (member === undefined || member.roundTripMs < 0) return firstContactTimeoutMs;
  const waitMs = member.roundTripMs + VARIATIONS * member.variationMs;
  return Math.min(timeoutMaxMs, Math.max(timeoutMinMs, waitMs));
}

/** The same for one that others named: if it never answered, no longer than for a ping. */
export function patienceForNamed(state: RingState, to: Contact): number {
  const member = state.members.get(to.id);
  const isUnmeasured = member === undefined || member.roundTripMs < 0;
  return isUnmeasured ? state.parameters.probeTimeoutMs : patienceFor(state, to);
}

/** Sends a request that is waited for as long as the one asked usually takes. Returns its requestId. */
export function askPatiently(turn: Turn, to: Contact, request: RingRequest, purpose: Purpose): number {
  return send(turn, to, request, patienceFor(turn.state, to), purpose);
}
