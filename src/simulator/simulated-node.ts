/** One process in the simulator: the production `step`, with timers, requests and their deadlines in virtual time. */

import type { Effect, Input, LookupResult, Random, RingEvent } from '../ring/effect.ts';
import { EXCHANGE_TIMER } from '../ring/exchange.ts';
import { FINGER_TIMER } from '../ring/finger-rounds.ts';
import type { Contact, MemberEntry, RingReply } from '../ring/message.ts';
import type { RingParameters } from '../ring/parameters.ts';
import { PROBE_ROUND_TIMER } from '../ring/probe-rounds.ts';
import { ROUTES_TIMER } from '../ring/route-table.ts';
import { STABILIZE_TIMER } from '../ring/stabilize.ts';
import { createRingState, type RingState } from '../ring/state.ts';
import { step } from '../ring/step.ts';
import { Call, type CallEnd, type Wires } from './call.ts';
import type { NodeClock } from './node-clock.ts';
import type { Happening } from './schedule.ts';
import { TimerDue, type TimerOwner } from './timer-due.ts';
import type { TraceHash } from './trace-hash.ts';
import type { Witness } from './witness.ts';

/** What a node `x` times as slow needs for each thing that happens to it: `x - 1` times this, milliseconds. */
const SERVICE_MS = 0.2;
/** The kind of the happening at which a slow node has done one thing. */
const WORK = 0;

/** What all nodes of a world share. */
export interface Surroundings extends Wires {
  readonly random: Random;
  readonly trace: TraceHash | null;
  witness: Witness<SimulatedNode> | null;
  /** Timers, requests, replies, failures and commands handled so far, by all nodes. */
  handled: number;
}

/** Waits at a node that is paused or slow. */
type Waiting = Input | Call | TimerDue | FailedCall | (() => void);

interface FailedCall {
  readonly call: Call;
  readonly reason: string;
}

export class SimulatedNode implements Happening, CallEnd, TimerOwner {
  readonly contact: Contact;
  /** Its place in the order of starts. */
  readonly number: number;
  readonly clock: NodeClock;
  readonly state: RingState;
  readonly events: RingEvent[] = [];
  readonly results = new Map<number, LookupResult>();
  /** By lookup, its calls to processes that had ended: what the paper counts as time-outs (ToN 2003, section V-D). */
  readonly callsToDead = new Map<number, number>();
  /** What it keeps over a restart. */
  disk: readonly MemberEntry[] = [];
  isRunning = true;
  isSilent = false;
  /** Its process ends when the core says that it left. */
  endsWhenLeft = false;
  slowness = 1;
  readonly traffic = { sent: 0, received: 0, sentBytes: 0, receivedBytes: 0 };
  readonly #world: Surroundings;
  #isPaused = false;
  #isBusy = false;
  readonly #inbox: Waiting[] = [];
  #nextToken = 1;
  #nextLookup = 1;
  /** The call being handled: most are answered at once. */
  #calledNow: Call | null = null;
  /** The timer that was due last: most set themselves anew. */
  #spareTimer: TimerDue | null = null;
  readonly #calledBefore = new Map<number, Call>();

  constructor(
    contact: Contact,
    number: number,
    parameters: RingParameters,
    clock: NodeClock,
    world: Surroundings,
  ) {
    this.contact = contact;
    this.number = number;
    this.clock = clock;
    this.state = createRingState(contact, parameters);
    this.#world = world;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Its own monotonic clock, milliseconds. */
  get nowMs(): number {
    return this.clock.monotonicMs(this.#world.schedule.now);
  }

  /** Its own wall clock, milliseconds since 1970. */
  get wallMs(): number {
    return this.clock.wallMs(this.#world.schedule.now);
  }

  /** Something happens to this node: now, or when it comes to it. */
  feed(input: Input): void {
    this.#take(input);
  }

  /** What else runs in this process does something: now, or when it comes to it; never, once it has ended. */
  act(act: () => void): void {
    this.#take(act);
  }

  /** @returns the number under which `results` will hold the outcome */
  lookup(key: string, timeoutMs: number): number {
    const lookupId = this.#nextLookup++;
    this.feed({ type: 'lookup', lookupId, key, deadlineMs: this.nowMs + timeoutMs });
    return lookupId;
  }

  /** The process stands still, its sockets fill. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    if (this.slowness > 1) this.#workSoon();
    else this.#emptyInbox();
  }

  /** From now on everything takes it `times` as long; 1 for as long as others. */
  slowDown(times: number): void {
    this.slowness = times;
    if (times === 1 && !this.#isPaused) this.#emptyInbox();
  }

  /** The process ends without a word. */
  kill(): void {
    if (!this.isRunning) return;
    this.isRunning = false;
    this.#world.witness?.ended(this);
    for (const waiting of this.#inbox) if (waiting instanceof Call) this.#world.underWay.remove(waiting);
    this.#inbox.length = 0;
  }

  /** Its periodic timers, each at a time of its interval chosen by chance, as in a ring long at rest. */
  setInMotion(random: Random): void {
    const { probeIntervalMs, stabilizeMaxMs, exchangeIntervalMs, routesIntervalMs } = this.state.parameters;
    this.#setTimer(PROBE_ROUND_TIMER, this.nowMs + random() * probeIntervalMs);
    this.#setTimer(STABILIZE_TIMER, this.nowMs + random() * stabilizeMaxMs);
    this.#setTimer(EXCHANGE_TIMER, this.nowMs + random() * exchangeIntervalMs);
    this.#setTimer(ROUTES_TIMER, this.nowMs + random() * routesIntervalMs);
    this.#setTimer(FINGER_TIMER, this.nowMs + random() * stabilizeMaxMs);
  }

  receiveRequest(call: Call): void {
    if (this.#isHeld) call.expectDeadline();
    this.#take(call);
  }

  receiveReply(call: Call): void {
    this.#take(call);
  }

  receiveFailure(call: Call, reason: string): void {
    this.#take({ call, reason });
  }

  /** A timer is due by virtual time. */
  ring(timer: TimerDue): void {
    this.#take(timer);
  }

  /** A slow node has done one thing. */
  happen(): void {
    this.#isBusy = false;
    if (!this.isRunning || this.#isPaused) return;
    const next = this.#inbox.shift();
    if (next !== undefined) this.#handle(next);
    if (this.#inbox.length > 0) this.#workSoon();
  }

  get #isHeld(): boolean {
    return this.#isPaused || this.slowness > 1 || this.#inbox.length > 0;
  }

  #take(what: Waiting): void {
    if (!this.isRunning) {
      if (what instanceof Call) this.#world.underWay.remove(what);
      return;
    }
    if (!this.#isHeld) {
      this.#handle(what);
      return;
    }
    this.#inbox.push(what);
    if (!this.#isPaused) this.#workSoon();
  }

  #workSoon(): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#world.schedule.after(SERVICE_MS * (this.slowness - 1), this, WORK);
  }

  #emptyInbox(): void {
    for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) this.#handle(next);
  }

  #handle(what: Waiting): void {
    if (typeof what === 'function') what();
    else if (what instanceof Call) this.#handleMessage(what);
    else if (what instanceof TimerDue) this.#handleTimer(what);
    else if ('reason' in what && 'call' in what) this.#handleFailure(what);
    else this.#step(what);
  }

  #handleTimer(timer: TimerDue): void {
    const { timerId, at } = timer;
    this.#spareTimer = timer;
    // Set anew, or cleared, since it was planned.
    if (this.state.timers.get(timerId) === at) this.#step({ type: 'timer', timerId });
  }

  #handleFailure({ call, reason }: FailedCall): void {
    if (call.settle()) this.#step({ type: 'failure', requestId: call.requestId, reason });
  }

  #handleMessage(call: Call): void {
    this.#world.underWay.remove(call);
    this.traffic.received++;
    this.traffic.receivedBytes += call.bytes;
    const { reply } = call;
    if (reply === null) {
      this.#handleRequest(call);
      return;
    }
    // One that is late, or the second of two, is for the core to recognise.
    call.settle();
    this.#step({ type: 'reply', requestId: call.requestId, from: call.from, reply });
  }

  #handleRequest(call: Call): void {
    const token = this.#nextToken++;
    const { from, toIncarnation, request } = call;
    this.#calledNow = call;
    this.#step({ type: 'request', from, toIncarnation, token, request });
    if (this.#calledNow === null) return;
    this.#calledNow = null;
    this.#calledBefore.set(token, call);
    call.expectDeadline();
  }

  #step(input: Input): void {
    const world = this.#world;
    world.handled++;
    world.trace?.note(world.schedule.now, this.number, input);
    const effects = step(this.state, this.nowMs, world.random, input);
    for (const effect of effects) this.#carryOut(effect);
    world.witness?.stepped(this, input);
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'send':
        if (effect.request.type === 'findOwner') this.#noteLookupCall(effect.requestId, effect.to);
        new Call(
          this.#world,
          this,
          effect.to,
          effect.requestId,
          effect.request,
          this.#world.schedule.now + effect.timeoutMs / this.clock.rate,
        ).depart();
        return;
      case 'reply':
        this.#reply(effect.token, effect.reply);
        return;
      case 'setTimer':
        this.#plan(effect.timerId, effect.at);
        return;
      case 'clearTimer':
        return;
      case 'persistMembers':
        this.disk = effect.members;
        return;
      case 'event':
        this.#note(effect.event);
        return;
    }
  }

  /** Lookups of the core's own, for its fingers, have numbers below zero. */
  #noteLookupCall(requestId: number, { address }: Contact): void {
    if (this.#world.listener(address)?.isRunning) return;
    const purpose = this.state.pending.get(requestId)?.purpose;
    if (purpose?.type !== 'lookup' || purpose.lookupId < 0) return;
    this.callsToDead.set(purpose.lookupId, (this.callsToDead.get(purpose.lookupId) ?? 0) + 1);
  }

  #setTimer(timerId: string, at: number): void {
    this.state.timers.set(timerId, at);
    this.#plan(timerId, at);
  }

  #plan(timerId: string, at: number): void {
    const timer = this.#spareTimer ?? new TimerDue(this);
    this.#spareTimer = null;
    timer.timerId = timerId;
    timer.at = at;
    this.#world.schedule.at(this.clock.virtualMs(at), timer);
  }

  #reply(token: number, reply: RingReply): void {
    let call = this.#calledNow;
    if (call !== null && token === this.#nextToken - 1) this.#calledNow = null;
    else {
      call = this.#calledBefore.get(token) ?? null;
      this.#calledBefore.delete(token);
    }
    if (call === null) return;
    call.answer(this, reply);
  }

  #note(event: RingEvent): void {
    if (event.type === 'lookupDone') this.results.set(event.result.lookupId, event.result);
    else this.events.push(event);
    this.#world.witness?.told(this, event);
    if (event.type === 'left' && this.endsWhenLeft) this.kill();
  }
}
