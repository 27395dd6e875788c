/**
 * Runs the pure ring core over real time and real peers: feeds `step` one input at a time and carries out its effects.
 * Nothing here decides anything about the ring.
 */
import type { Logger } from 'pino';
import { Problem } from '../../problems/problem.ts';
import type { Effect, Input, LookupResult, RingEvent } from '../../ring/effect.ts';
import type { Identifier } from '../../ring/identifier.ts';
import type { Contact, MemberEntry, RingReply, RingRequest } from '../../ring/message.ts';
import type { RingParameters } from '../../ring/parameters.ts';
import { createRingState, estimatedSize, membersView, neighbours, type RingState } from '../../ring/state.ts';
import { step } from '../../ring/step.ts';
import { BootClock } from './boot-clock.ts';
import { isRefusal } from './grpc-problems.ts';
import type { Answer, Exchange } from './ring-codec.ts';
import type { Neighbours, RingPort } from './ring-port.ts';
import type { RingAnswers } from './ring-server.ts';
import { awayCount, type KnownNode, knownNode, ringView, suspects } from './ring-view.ts';
import { type RingFigures, RingWatch } from './ring-watch.ts';

/** Lookups at once; beyond this a caller is told to come back. */
const LOOKUPS_MAX = 4_096;
/** Requests of others that wait for an answer (a rectify that pings, a ping on another's behalf). */
const REQUESTS_MAX = 1_024;

export interface DriverParts {
  readonly self: Contact;
  readonly parameters: RingParameters;
  readonly exchange: (
    to: Contact,
    request: RingRequest,
    timeoutMs: number,
    done: (error: Error | null, answer: Answer | null) => void,
  ) => void;
  readonly remember: (members: readonly MemberEntry[]) => void;
  readonly log: Logger;
}

export class RingDriver implements RingPort, RingAnswers {
  readonly self: Contact;
  readonly #parts: DriverParts;
  readonly #state: RingState;
  readonly #clock = new BootClock();
  readonly #watch = new RingWatch();
  readonly #queue: Input[] = [];
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #lookups = new Map<number, PromiseWithResolvers<LookupResult>>();
  readonly #requests = new Map<number, (reply: RingReply) => void>();
  readonly #listeners = new Set<(event: RingEvent) => void>();
  #running = false;
  #stopped = false;
  /** Names lookups and requests. */
  #last = 0;

  constructor(parts: DriverParts) {
    this.self = parts.self;
    this.#state = createRingState(parts.self, parts.parameters);
    this.#parts = parts;
  }

  /** Takes one input; those that arise meanwhile wait their turn. */
  dispatch(input: Input): void {
    if (this.#stopped) return;
    this.#queue.push(input);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        const effects = step(this.#state, this.#clock.now(), Math.random, next);
        for (const effect of effects) this.#apply(effect);
      }
    } finally {
      this.#running = false;
    }
  }

  neighbours(): Neighbours {
    // Whoever asks may be the first to run after a pause: the ring notices it before it answers.
    const silentMs = this.#clock.now() - this.#state.lastStepAt;
    if (silentMs > this.#parts.parameters.pauseMs) this.dispatch({ type: 'timer', timerId: '' });
    return neighbours(this.#state);
  }

  /** In ring order, this node first. */
  view(): KnownNode[] {
    return ringView(this.#state);
  }

  known(id: Identifier): KnownNode | null {
    return knownNode(this.#state, id);
  }

  awayCount(): number {
    return awayCount(this.#state);
  }

  estimatedSize(): number {
    return estimatedSize(this.#state);
  }

  /** Neighbours and members that do not answer now. */
  suspects(): Contact[] {
    return suspects(this.#state);
  }

  /** How the ring looks from here, and what it went through since the start. */
  figures(): RingFigures {
    return this.#watch.read(this.#state);
  }

  lookup(key: Identifier, timeoutMs: number): Promise<LookupResult> {
    if (this.#stopped) return Promise.reject(new Problem('not_ready'));
    if (this.#lookups.size >= LOOKUPS_MAX) return Promise.reject(new Problem('busy', { seconds: 1 }));
    const lookupId = ++this.#last;
    const waiting = Promise.withResolvers<LookupResult>();
    this.#lookups.set(lookupId, waiting);
    this.dispatch({ type: 'lookup', lookupId, key, deadlineMs: this.#clock.now() + timeoutMs });
    return waiting.promise;
  }

  onEvent(listener: (event: RingEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  answer(asked: Exchange, done: (reply: RingReply) => void): number {
    if (this.#stopped) throw new Problem('not_ready');
    if (this.#requests.size >= REQUESTS_MAX) throw new Problem('busy', { seconds: 1 });
    const token = ++this.#last;
    this.#requests.set(token, done);
    const { from, toIncarnation, request } = asked;
    this.dispatch({ type: 'request', from, toIncarnation, token, request });
    return token;
  }

  forget(token: number): void {
    this.#requests.delete(token);
  }

  /** Resolves when no lookup is under way. */
  async lookupsEnded(): Promise<void> {
    await Promise.allSettled([...this.#lookups.values()].map(({ promise }) => promise));
  }

  /** No further input is taken; what waits is refused, and the members known are remembered. */
  stop(): void {
    if (this.#stopped) return;
    this.#parts.remember(membersView(this.#state));
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    for (const waiting of this.#lookups.values()) waiting.reject(new Problem('not_ready'));
    this.#lookups.clear();
    this.#listeners.clear();
  }

  #apply(effect: Effect): void {
    switch (effect.type) {
      case 'send':
        this.#send(effect);
        return;
      case 'reply':
        this.#requests.get(effect.token)?.(effect.reply);
        this.#requests.delete(effect.token);
        return;
      case 'setTimer':
        this.#setTimer(effect.timerId, effect.at);
        return;
      case 'clearTimer':
        clearTimeout(this.#timers.get(effect.timerId));
        this.#timers.delete(effect.timerId);
        return;
      case 'persistMembers':
        this.#parts.remember(effect.members);
        return;
      case 'event':
        this.#tell(effect.event);
    }
  }

  #send({ to, requestId, request, timeoutMs }: Effect & { type: 'send' }): void {
    this.#parts.exchange(to, request, timeoutMs, (error, answer) => {
      if (answer !== null) {
        this.dispatch({ type: 'reply', requestId, from: answer.from, reply: answer.reply });
        this.#watch.hear(answer.from, answer.reply, this.#state.successors[0]);
      } else {
        const answered = error !== null && isRefusal(error);
        this.dispatch({ type: 'failure', requestId, reason: error?.message ?? 'no answer', answered });
      }
    });
  }

  #setTimer(timerId: string, at: number): void {
    clearTimeout(this.#timers.get(timerId));
    const fire = () => {
      this.#timers.delete(timerId);
      this.dispatch({ type: 'timer', timerId });
    };
    this.#timers.set(timerId, setTimeout(fire, Math.max(0, at - this.#clock.now())));
  }

  #tell(event: RingEvent): void {
    this.#watch.note(event);
    if (event.type === 'lookupDone') {
      this.#lookups.get(event.result.lookupId)?.resolve(event.result);
      this.#lookups.delete(event.result.lookupId);
      return;
    }
    this.#parts.log.debug({ event }, 'ring');
    for (const listener of this.#listeners) listener(event);
  }
}
