/** For tests: one node, told one thing at a time, on identifiers of two digits. */
import assert from 'node:assert/strict';
import type { Effect, Input, LookupResult } from './effect.ts';
import type { Contact, RingReply, RingRequest } from './message.ts';
import { DEFAULT_PARAMETERS } from './parameters.ts';
import { createRingState, type RingState } from './state.ts';
import { step } from './step.ts';

export const contact = (id: string, incarnation = 1): Contact => ({
  id,
  incarnation,
  address: `${id}:${incarnation}`,
});
export const A = contact('10');
export const B = contact('20');
export const C = contact('30');
export const D = contact('40');

/** A node with its clock, its open requests and what it answered. */
export class Bench {
  readonly state: RingState;
  readonly events: string[] = [];
  readonly found: LookupResult[] = [];
  now = 0;
  #open: Extract<Effect, { type: 'send' }>[] = [];
  #token = 0;

  constructor(self: Contact, parameters = DEFAULT_PARAMETERS) {
    this.state = createRingState(self, parameters);
    this.feed({ type: 'boot', remembered: [] });
  }

  feed(input: Input): Effect[] {
    this.now += 1;
    const effects = step(this.state, this.now, () => 0.5, input);
    for (const effect of effects) {
      if (effect.type === 'send') this.#open.push(effect);
      if (effect.type === 'event') this.events.push(effect.event.type);
      if (effect.type === 'event' && effect.event.type === 'lookupDone') this.found.push(effect.event.result);
    }
    return effects;
  }

  ask(
    from: Contact,
    request: RingRequest,
    toIncarnation = this.state.self.incarnation,
  ): RingReply | undefined {
    const token = ++this.#token;
    const effects = this.feed({ type: 'request', from, toIncarnation, token, request });
    for (const effect of effects) if (effect.type === 'reply' && effect.token === token) return effect.reply;
    return undefined;
  }

  /** The oldest open request of this kind to that node. */
  requested(to: Contact, type: RingRequest['type']): number | undefined {
    return this.#open.find((sent) => sent.to.id === to.id && sent.request.type === type)?.requestId;
  }

  /** The same as it was asked. */
  sent(to: Contact, type: RingRequest['type']): RingRequest | undefined {
    return this.#open.find((sent) => sent.to.id === to.id && sent.request.type === type)?.request;
  }

  /** That node answers the oldest open request of this kind. */
  reply(from: Contact, type: RingRequest['type'], reply: RingReply): void {
    this.feed({ type: 'reply', requestId: this.#take(from, type), from, reply });
  }

  fail(to: Contact, type: RingRequest['type']): void {
    this.feed({ type: 'failure', requestId: this.#take(to, type), reason: 'deadline' });
  }

  /** The same for whoever is asked at this address. */
  failAt(address: string, type: RingRequest['type']): void {
    const sent = this.#open.find(({ to, request }) => to.address === address && request.type === type);
    assert.ok(sent, `no ${type} at ${address} is open`);
    this.#open = this.#open.filter((other) => other !== sent);
    this.feed({ type: 'failure', requestId: sent.requestId, reason: 'deadline' });
  }

  /** That node answers with a refusal. */
  refuse(to: Contact, type: RingRequest['type']): void {
    this.feed({ type: 'failure', requestId: this.#take(to, type), reason: 'busy', answered: true });
  }

  /** Time passes in which these do not answer, and the others answer pings. */
  fallSilent(ids: readonly string[], forMs: number): void {
    const end = this.now + forMs;
    for (;;) {
      const open = this.#open;
      this.#open = [];
      for (const { to, requestId, request } of open) {
        if (ids.includes(to.id)) this.feed({ type: 'failure', requestId, reason: 'deadline' });
        else if (request.type === 'ping')
          this.feed({ type: 'reply', requestId, from: to, reply: { type: 'pong', joined: true } });
        else this.feed({ type: 'failure', requestId, reason: 'busy', answered: true });
      }
      if (this.#open.length > 0) continue;
      const next = [...this.state.timers].sort(([, a], [, b]) => a - b)[0];
      if (next === undefined || next[1] > end) break;
      this.timer(next[0]);
    }
    this.now = end;
  }

  timer(timerId: string): void {
    this.now = Math.max(this.now, this.state.timers.get(timerId) ?? this.now);
    this.feed({ type: 'timer', timerId });
  }

  get list(): string[] {
    return this.state.successors.map(({ id }) => id);
  }

  #take(to: Contact, type: RingRequest['type']): number {
    const requestId = this.requested(to, type);
    assert.notEqual(requestId, undefined, `no ${type} to ${to.id} is open`);
    this.#open = this.#open.filter((sent) => sent.requestId !== requestId);
    return requestId as number;
  }
}

export const list = (predecessor: Contact | null, ...successors: Contact[]): RingReply => ({
  type: 'neighbours',
  predecessor,
  candidate: null,
  successors,
  listHash: successors.map(({ id }) => id).join(''),
});

/** B, joined between A and D, its first round done. */
export function joined(parameters = DEFAULT_PARAMETERS): Bench {
  const bench = new Bench(B, parameters);
  bench.feed({ type: 'join', seeds: [A] });
  bench.reply(A, 'bestPredecessor', { type: 'bestPredecessor', best: A, successors: [D] });
  bench.reply(D, 'neighbours', list(A, A));
  return bench;
}

/** D took it for its predecessor, and says so in the next round. */
export function handedOver(parameters = DEFAULT_PARAMETERS): Bench {
  const bench = joined(parameters);
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', list(B, A));
  return bench;
}

/** The same in no doubt any more. */
export function settled(parameters = DEFAULT_PARAMETERS): Bench {
  const bench = handedOver(parameters);
  bench.ask(A, { type: 'notify', standing: 'settled' });
  while (bench.requested(A, 'findOwner') !== undefined) {
    bench.reply(A, 'findOwner', { type: 'owner', predecessor: D, successors: [B, D] });
  }
  while (bench.requested(A, 'ping') !== undefined) bench.reply(A, 'ping', { type: 'pong', joined: true });
  assert.equal(bench.state.doubt, null);
  return bench;
}
