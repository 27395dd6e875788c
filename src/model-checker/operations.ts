/**
 * What can happen to one node, each carried out by the production step function. Where the model takes several of its steps
 * as one (to find a death, to probe one member), the inputs that make them up are fed here one after the other.
 */
import { settleCallBack } from '../ring/call-back.ts';
import { DOUBT_TIMER } from '../ring/doubt.ts';
import type { Effect, Input } from '../ring/effect.ts';
import { EXCHANGE_TIMER, PUSH_TIMER } from '../ring/exchange.ts';
import type { Contact } from '../ring/message.ts';
import { PROBE_ROUND_TIMER } from '../ring/probe-rounds.ts';
import { STABILIZE_TIMER } from '../ring/stabilize.ts';
import type { RingState } from '../ring/state.ts';
import { step } from '../ring/step.ts';
import { lifeOf } from './clone.ts';
import { NOW } from './projection.ts';

const TIMERS = {
  stabilize: STABILIZE_TIMER,
  doubt: DOUBT_TIMER,
  push: PUSH_TIMER,
  exchange: EXCHANGE_TIMER,
  probe: PROBE_ROUND_TIMER,
} as const;

/** Silence long enough for any probe. */
const LONG_AGO = NOW - 100_000;
/** More than the misses to death and the calls under way together. */
const FAILURES_MAX = 50;
const SUSPECT_TIMER = 'suspect:';

const middle = (): number => 0.5;

function feed(state: RingState, input: Input, random = middle): Effect[] {
  return step(state, NOW, random, input);
}

function fire(state: RingState, timerId: string, random = middle): Effect[] {
  state.timers.set(timerId, NOW);
  return feed(state, { type: 'timer', timerId }, random);
}

export function fireTimer(state: RingState, timer: 'stabilize' | 'doubt' | 'push'): Effect[] {
  return fire(state, TIMERS[timer]);
}

/** Doubt lasted so long that it ends by itself. */
export function expireDoubt(state: RingState): Effect[] {
  if (state.doubt === null) return [];
  state.doubt = { ...state.doubt, since: NOW - state.parameters.doubtMaxMs };
  return fire(state, TIMERS.doubt);
}

/** Exchanges members with the one at `place` among those it may choose. */
export function exchangeWith(state: RingState, place: number, of: number): Effect[] {
  return fire(state, TIMERS.exchange, () => (place + 0.5) / of);
}

/** A probe round in which nobody but `id` was silent for long. */
export function probeMember(state: RingState, id: string): Effect[] {
  const member = state.members.get(id);
  if (member === undefined) return [];
  prepareProbe(state, id);
  member.reviveAt = NOW;
  return fire(state, TIMERS.probe);
}

function prepareProbe(state: RingState, id: string): void {
  const { members, successors } = state;
  const member = members.get(id);
  if (member === undefined) return;
  member.heardAt = LONG_AGO;
  if (member.answeredAt !== Number.NEGATIVE_INFINITY) member.answeredAt = LONG_AGO;
  const place = successors.findIndex((contact) => contact.id === id);
  if (place > 0) state.probeTurn = place - 1;
}

export function startJoin(state: RingState, seed: Contact): Effect[] {
  return [...feed(state, { type: 'boot', remembered: [] }), ...feed(state, { type: 'join', seeds: [seed] })];
}

export function receive(
  state: RingState,
  from: Contact,
  toIncarnation: number,
  request: Extract<Input, { type: 'request' }>['request'],
): Effect[] {
  return feed(state, { type: 'request', from, toIncarnation, token: 0, request });
}

export function hear(
  state: RingState,
  requestId: number,
  from: Contact,
  reply: Extract<Input, { type: 'reply' }>['reply'],
): Effect[] {
  return feed(state, { type: 'reply', requestId, from, reply });
}

/** A ping to the dead is as if it had not been sent: deaths are found by `findDead`, at any time. */
export function forgetRequest(state: RingState, requestId: number): Effect[] {
  const pending = state.pending.get(requestId);
  if (pending === undefined) return [];
  if (pending.purpose.type === 'orphanProbe')
    return feed(state, { type: 'failure', requestId, reason: 'dead' });
  state.pending.delete(requestId);
  settleCallBack({ state, now: NOW, random: middle, effects: [], facts: [] }, pending);
  return [];
}

/**
 * Finds out that a life is over: its requests fail, its probes fail, and those asked to ping it say that it does not answer,
 * until it is declared dead.
 */
export function findDead(state: RingState, dead: Contact): Effect[] {
  const effects: Effect[] = [];
  if (!isAwaited(state, dead)) {
    prepareProbe(state, dead.id);
    effects.push(...fire(state, TIMERS.probe));
  }
  for (let i = 0; i < FAILURES_MAX; i++) {
    const next = nextFailure(state, dead);
    if (next === null) break;
    effects.push(...next);
  }
  return effects.filter((effect) => !isAbout(effect, dead));
}

function isAwaited(state: RingState, contact: Contact): boolean {
  for (const { to } of state.pending.values()) if (lifeOf(to) === lifeOf(contact)) return true;
  return false;
}

function nextFailure(state: RingState, dead: Contact): Effect[] | null {
  for (const [requestId, { to, purpose }] of state.pending) {
    if (lifeOf(to) === lifeOf(dead)) return feed(state, { type: 'failure', requestId, reason: 'dead' });
    if (purpose.type === 'indirectProbe' && lifeOf(purpose.target) === lifeOf(dead))
      return hear(state, requestId, to, { type: 'pongVia', answered: false });
  }
  const member = state.members.get(dead.id);
  const isSuspect = member?.health === 'suspect' && lifeOf(member.contact) === lifeOf(dead);
  return isSuspect ? fire(state, SUSPECT_TIMER + dead.id) : null;
}

function isAbout(effect: Effect, dead: Contact): boolean {
  if (effect.type !== 'send') return false;
  if (lifeOf(effect.to) === lifeOf(dead)) return true;
  return effect.request.type === 'pingVia' && lifeOf(effect.request.target) === lifeOf(dead);
}
