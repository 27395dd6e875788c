/** One process in the simulator: the production `step`, with timers, requests and their deadlines in virtual time. */
import type { Effect, Input, LookupResult, Random, RingEvent } from '../ring/effect.ts';
import type { Contact, RingReply, RingRequest } from '../ring/message.ts';
import type { RingParameters } from '../ring/parameters.ts';
import { createRingState, type RingState } from '../ring/state.ts';
import { step } from '../ring/step.ts';
import type { Network } from './network.ts';
import type { Schedule } from './schedule.ts';
import type { Witness } from './witness.ts';

/** Connections to a process that is not there are refused after this, milliseconds. */
const REFUSED_AFTER_MS = 1;

/** How nodes find one another: by address, the process that listens there now. */
export type Directory = (address: string) => SimulatedNode | undefined;

export class SimulatedNode {
  readonly contact: Contact;
  readonly state: RingState;
  readonly events: RingEvent[] = [];
  readonly results = new Map<number, LookupResult>();
  isRunning = true;
  witness: Witness | null = null;
  readonly #schedule: Schedule;
  readonly #network: Network;
  readonly #random: Random;
  readonly #directory: Directory;
  readonly #timers = new Map<string, number>();
  #timerGeneration = 0;
  /** While paused, what happens to it waits here. */
  #backlog: (() => void)[] | null = null;
  #nextToken = 1;
  #nextLookup = 1;
  readonly #repliers = new Map<number, (reply: RingReply) => void>();

  constructor(
    contact: Contact,
    parameters: RingParameters,
    world: { schedule: Schedule; network: Network; random: Random; directory: Directory },
  ) {
    this.contact = contact;
    this.state = createRingState(contact, parameters);
    this.#schedule = world.schedule;
    this.#network = world.network;
    this.#random = world.random;
    this.#directory = world.directory;
  }

  get isPaused(): boolean {
    return this.#backlog !== null;
  }

  /** Something happens to this node: now, or when it goes on. */
  feed(input: Input): void {
    this.#whenAwake(() => {
      this.#carryOut(step(this.state, this.#schedule.now, this.#random, input));
      this.witness?.stepped(this);
    });
  }

  /** @returns the number under which `results` will hold the outcome */
  lookup(key: string, timeoutMs: number): number {
    const lookupId = this.#nextLookup++;
    const deadlineMs = this.#schedule.now + timeoutMs;
    this.feed({ type: 'lookup', lookupId, key, deadlineMs });
    return lookupId;
  }

  /** The process stands still, its sockets fill. */
  pause(): void {
    this.#backlog ??= [];
  }

  resume(): void {
    const backlog = this.#backlog ?? [];
    this.#backlog = null;
    for (const act of backlog) if (this.isRunning) act();
  }

  /** The process ends without a word. */
  kill(): void {
    if (!this.isRunning) return;
    this.isRunning = false;
    this.witness?.ended(this);
    this.#backlog = null;
  }

  #whenAwake(act: () => void): void {
    if (!this.isRunning) return;
    if (this.#backlog !== null) this.#backlog.push(act);
    else act();
  }

  #carryOut(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'send') this.#send(effect.to, effect.requestId, effect.request, effect.timeoutMs);
      else if (effect.type === 'reply') this.#reply(effect.token, effect.reply);
      else if (effect.type === 'setTimer') this.#setTimer(effect.timerId, effect.at);
      else if (effect.type === 'clearTimer') this.#timers.delete(effect.timerId);
      else if (effect.type === 'event') this.#note(effect.event);
    }
  }

  #setTimer(timerId: string, at: number): void {
    const generation = ++this.#timerGeneration;
    this.#timers.set(timerId, generation);
    this.#schedule.at(at, () =>
      this.#whenAwake(() => {
        if (this.#timers.get(timerId) !== generation) return;
        this.#timers.delete(timerId);
        this.feed({ type: 'timer', timerId });
      }),
    );
  }

  #send(to: Contact, requestId: number, request: RingRequest, timeoutMs: number): void {
    let isOpen = true;
    const settle = (input: Input): void =>
      this.#whenAwake(() => {
        if (!isOpen) return;
        isOpen = false;
        this.feed(input);
      });
    const fail = (reason: string): void => settle({ type: 'failure', requestId, reason });
    this.#schedule.after(timeoutMs, () => fail('deadline'));
    this.#network.deliver(this.contact.address, to.address, 'request', () => {
      const receiver = this.#directory(to.address);
      if (receiver === undefined) {
        this.#schedule.after(REFUSED_AFTER_MS, () => fail('refused'));
        return;
      }
      receiver.#receive(this, to.incarnation, request, (reply) => {
        settle({ type: 'reply', requestId, from: receiver.contact, reply });
      });
    });
  }

  #receive(
    sender: SimulatedNode,
    toIncarnation: number,
    request: RingRequest,
    respond: (reply: RingReply) => void,
  ): void {
    const token = this.#nextToken++;
    this.#repliers.set(token, (reply) =>
      this.#network.deliver(this.contact.address, sender.contact.address, 'answer', () => respond(reply)),
    );
    this.feed({ type: 'request', from: sender.contact, toIncarnation, token, request });
  }

  #reply(token: number, reply: RingReply): void {
    this.#repliers.get(token)?.(reply);
    this.#repliers.delete(token);
  }

  #note(event: RingEvent): void {
    if (event.type === 'lookupDone') this.results.set(event.result.lookupId, event.result);
    else this.events.push(event);
    this.witness?.told(this, event);
  }
}
