/**
 * The states that single nodes can be in, each kept once, and what happens to them: the same operation on the same state
 * is carried out once, and looked up after that. So a world is a few small numbers.
 */
import type { Effect } from '../ring/effect.ts';
import type { Contact, RingReply } from '../ring/message.ts';
import type { RingParameters } from '../ring/parameters.ts';
import { createRingState, type RingState } from '../ring/state.ts';
import { cloneState, lifeOf } from './clone.ts';
import { Intern } from './intern.ts';
import { MessageTable, type Request } from './message-table.ts';
import { type Life, type NodeView, Places, viewOf, viewOfGone } from './node-view.ts';
import {
  exchangeWith,
  expireDoubt,
  findDead,
  fireTimer,
  forgetRequest,
  hear,
  probeMember,
  receive,
  startJoin,
} from './operations.ts';
import { meaningOf, project, settle } from './projection.ts';

/** What may be done to a node; each has one argument, a place, a life, a request or a message. */
export const Operation = {
  STABILIZE: 0,
  DOUBT: 1,
  PUSH: 2,
  EXPIRE: 3,
  EXCHANGE: 4,
  PROBE: 5,
  FIND_DEAD: 6,
  JOIN: 7,
  RECEIVE: 8,
  HEAR: 9,
  FORGET: 10,
} as const;
export type Operation = (typeof Operation)[keyof typeof Operation];
const OPERATIONS = 16;

export interface Outcome {
  readonly next: number;
  /** Requests sent, by their numbers as messages. */
  readonly sent: readonly number[];
  /** The answer to a request received, 0 when there is none. */
  readonly reply: number;
  /** An assertion of the ring that broke. */
  readonly broken: string | null;
}

export class NodeTable {
  readonly places: Places;
  readonly messages: MessageTable;
  readonly parameters: RingParameters;
  private readonly nodes = new Intern<RingState | null>();
  /** What is asked of most often, by number. */
  private readonly views: NodeView[] = [];
  private readonly outcomes: Map<number, Outcome>[] = [];
  /** Calls of operations that had to be carried out. */
  operationsRun = 0;

  constructor(placeCount: number, parameters: RingParameters, messages = new MessageTable()) {
    this.messages = messages;
    this.places = new Places(placeCount);
    this.parameters = parameters;
  }

  get size(): number {
    return this.nodes.size;
  }

  view(node: number): NodeView {
    return this.views[node] as NodeView;
  }

  /** Null for a life that is over. */
  state(node: number): RingState | null {
    return this.nodes.get(node);
  }

  gone(life: Life): number {
    return this.nodes.numberFor(`gone ${life}`, (node) => this.enter(node, null, viewOfGone(life)));
  }

  /** A life that runs and has not begun to join. */
  idle(life: Life): number {
    return this.keep(createRingState(this.places.contact(life), this.parameters));
  }

  keep(state: RingState): number {
    settle(state, this.messages);
    return this.nodes.numberFor(project(state), (node) =>
      this.enter(node, state, viewOf(state, this.places)),
    );
  }

  private enter(node: number, state: RingState | null, view: NodeView): RingState | null {
    this.views[node] = view;
    this.outcomes[node] = new Map();
    return state;
  }

  outcome(node: number, operation: Operation, argument = 0): Outcome {
    const outcomes = this.outcomes[node] as Map<number, Outcome>;
    const code = argument * OPERATIONS + operation;
    const known = outcomes.get(code);
    if (known !== undefined) return known;
    const state = this.nodes.get(node);
    if (state === null) throw new RangeError('nothing happens to a life that is over');
    const outcome = this.run(node, cloneState(state), operation, argument);
    outcomes.set(code, outcome);
    return outcome;
  }

  private run(node: number, state: RingState, operation: Operation, argument: number): Outcome {
    this.operationsRun++;
    let effects: Effect[];
    try {
      effects = this.carryOut(state, operation, argument);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'InvariantViolation') throw error;
      return { next: node, sent: [], reply: 0, broken: error.message };
    }
    const before = this.view(node).awaited;
    const sent: number[] = [];
    let said: RingReply | null = null;
    for (const effect of effects) {
      if (effect.type === 'reply' && said === null) said = effect.reply;
      if (effect.type !== 'send') continue;
      const pending = state.pending.get(effect.requestId);
      if (pending === undefined) continue;
      const requestId = this.messages.numberOf(meaningOf(pending));
      if (before.has(requestId)) continue;
      const message = this.messages.request(state.self, effect.to, requestId, effect.request);
      if (!sent.includes(message)) sent.push(message);
    }
    const reply = said === null ? 0 : this.replyTo(this.requestAt(argument), state.self, said);
    return { next: this.keepAfter(state), sent, reply, broken: null };
  }

  /** A join that waits to be tried again is one that was not begun. */
  private keepAfter(state: RingState): number {
    if (state.phase === 'joining' && state.joinRequestId === 0)
      return this.idle(this.places.life(state.self));
    return this.keep(state);
  }

  private replyTo(request: Request, from: Contact, reply: RingReply): number {
    return this.messages.reply(from, request.from, request.requestId, reply);
  }

  private requestAt(number: number): Request {
    const message = this.messages.get(number);
    if (message.kind !== 'request') throw new TypeError('a reply is not answered');
    return message;
  }

  private carryOut(state: RingState, operation: Operation, argument: number): Effect[] {
    switch (operation) {
      case Operation.STABILIZE:
        return fireTimer(state, 'stabilize');
      case Operation.DOUBT:
        return fireTimer(state, 'doubt');
      case Operation.PUSH:
        return fireTimer(state, 'push');
      case Operation.EXPIRE:
        return expireDoubt(state);
      case Operation.EXCHANGE:
        return this.exchange(state, argument);
      case Operation.PROBE:
        return probeMember(state, this.places.ids[argument] as string);
      case Operation.FIND_DEAD:
        return findDead(state, this.places.contact(argument));
      case Operation.JOIN:
        return startJoin(state, this.places.contact(argument));
      case Operation.RECEIVE: {
        const { from, to, request } = this.requestAt(argument);
        return receive(state, from, to.incarnation, request);
      }
      case Operation.HEAR: {
        const message = this.messages.get(argument);
        if (message.kind !== 'reply') throw new TypeError('only replies are heard');
        return hear(state, message.requestId, message.from, message.reply);
      }
      case Operation.FORGET:
        return forgetRequest(state, argument);
    }
  }

  /** Partners stand in the order of the member list. */
  private exchange(state: RingState, life: Life): Effect[] {
    const partners = [...state.members.values()].filter(({ health, joined }) => health === 'alive' && joined);
    const wanted = lifeOf(this.places.contact(life));
    const place = partners.findIndex(({ contact }) => lifeOf(contact) === wanted);
    return place < 0 ? [] : exchangeWith(state, place, partners.length);
  }
}
