/**
 * One call of `step`: the state, the moment, chance, and what comes out. An operation that finds out something that
 * concerns others posts a fact; `step` decides who acts on it.
 */
import type { Effect, MonotonicMs, Random, RingEvent } from './effect.ts';
import type { Contact, RingReply, RingRequest } from './message.ts';
import type { Purpose } from './pending.ts';
import type { RingState } from './state.ts';

export type Fact =
  /** This life has no place in the ring any more: dead, left, followed by another, or not a member by its own word. */
  | { readonly type: 'gone'; readonly contact: Contact }
  /** A newer life of this node answered: every older one is gone. */
  | { readonly type: 'outlived'; readonly by: Contact }
  /** A node that was thought dead answered. */
  | { readonly type: 'returned'; readonly contact: Contact }
  /** A node that had no place in the ring has one. */
  | { readonly type: 'placed'; readonly contact: Contact }
  /** Something speaks against this life: it is to be asked itself. */
  | { readonly type: 'questioned'; readonly contact: Contact }
  /** A contact worth trying as a new head. */
  | { readonly type: 'candidate'; readonly contact: Contact }
  /** A lookup of a finger's slot ended. */
  | {
      readonly type: 'slotLookedUp';
      readonly slot: number;
      readonly owner: Contact | null;
      readonly successors: readonly Contact[];
      readonly roundTripMs: number;
    }
  | { readonly type: 'neighboursChanged' }
  /** The predecessor of a node that joined just now is in doubt too. */
  | { readonly type: 'bothJoined' }
  | { readonly type: 'joined' }
  | { readonly type: 'orphaned' }
  /** Head or predecessor did not answer: others may have fallen silent with it. */
  | { readonly type: 'neighbourSuspected'; readonly since: MonotonicMs }
  /** The node owns (predecessor, self] now, for all it can know: lookups that waited go on. */
  | { readonly type: 'doubtEnded' }
  | { readonly type: 'superseded'; readonly by: Contact };

export interface Turn {
  readonly state: RingState;
  readonly now: MonotonicMs;
  readonly random: Random;
  readonly effects: Effect[];
  readonly facts: Fact[];
}

/** Sends a request whose answer, or failure, comes back to `purpose`. Returns its requestId. */
export function send(
  turn: Turn,
  to: Contact,
  request: RingRequest,
  timeoutMs: number,
  purpose: Purpose,
): number {
  const requestId = turn.state.nextRequestId++;
  turn.state.pending.set(requestId, { to, sentAt: turn.now, timeoutMs, purpose });
  turn.effects.push({ type: 'send', to, requestId, request, timeoutMs });
  return requestId;
}

export function answer(turn: Turn, token: number, reply: RingReply): void {
  turn.effects.push({ type: 'reply', token, reply });
}

export function emit(turn: Turn, event: RingEvent): void {
  turn.effects.push({ type: 'event', event });
}

export function post(turn: Turn, fact: Fact): void {
  turn.facts.push(fact);
}

export function setTimer(turn: Turn, timerId: string, delayMs: number): void {
  const at = turn.now + delayMs;
  turn.state.timers.set(timerId, at);
  turn.effects.push({ type: 'setTimer', timerId, at });
}

/** Like setTimer, but an earlier time already set stays. */
export function setTimerBy(turn: Turn, timerId: string, delayMs: number): void {
  const at = turn.state.timers.get(timerId);
  if (at === undefined || at > turn.now + delayMs) setTimer(turn, timerId, delayMs);
}

export function clearTimer(turn: Turn, timerId: string): void {
  if (turn.state.timers.delete(timerId)) turn.effects.push({ type: 'clearTimer', timerId });
}

/** `baseMs`, varied to either side. */
export function jittered(turn: Turn, baseMs: number): number {
  return baseMs * (1 + turn.state.parameters.jitter * (2 * turn.random() - 1));
}
