/**
 * One request and its reply under way between two nodes. Its deadline is planned only once it might be missed: when a
 * message was lost, is late, or waits at a node, so that a call that goes well costs two events.
 */
import type { Contact, RingReply, RingRequest } from '../ring/message.ts';
import type { MessageCodec } from './message-codec.ts';
import { LOST, type Network } from './network.ts';
import type { Happening, Schedule } from './schedule.ts';

/** Connections to a process that is not there are refused after this, milliseconds. */
const REFUSED_AFTER_MS = 1;

const REQUEST_ARRIVES = 0;
const REPLY_ARRIVES = 1;
const DEADLINE = 2;
const REFUSED = 3;

/** What the calls of all nodes go through. */
export interface Wires {
  readonly schedule: Schedule;
  readonly network: Network;
  readonly underWay: UnderWay;
  readonly codec: MessageCodec | null;
  /** The process that listens at an address now, or did last. */
  readonly listener: (address: string) => CallEnd | undefined;
}

/** A process that calls and is called. */
export interface CallEnd {
  readonly contact: Contact;
  readonly isRunning: boolean;
  /** The machine went with the process: nobody refuses connections in its name. */
  readonly isSilent: boolean;
  /** How many times as long as others it takes, for sending too; at least 1. */
  readonly slowness: number;
  readonly traffic: Traffic;
  receiveRequest(call: Call): void;
  receiveReply(call: Call): void;
  receiveFailure(call: Call, reason: string): void;
}

/** Messages and, with a codec, their bytes, both ways. */
interface Traffic {
  sent: number;
  received: number;
  sentBytes: number;
  receivedBytes: number;
}

/** A message that nobody has handled yet: on the wire, or waiting at a node that is paused or slow. */
export interface MessageUnderWay {
  readonly from: Contact;
  readonly to: Contact;
  /** Of a reply, what it answers. */
  readonly request: RingRequest;
  /** Null while the request is under way. */
  readonly reply: RingReply | null;
}

export class Call implements Happening, MessageUnderWay {
  readonly sender: CallEnd;
  readonly requestId: number;
  /** As it came out of the codec, where there is one. */
  request: RingRequest;
  reply: RingReply | null = null;
  /** The life that the sender means. */
  toIncarnation: number;
  /** Of the message under way, with a codec; else 0. */
  bytes = 0;
  /** Where it stands among the messages under way; -1 when it is not one. */
  place = -1;
  readonly #callee: Contact;
  #caller: Contact;
  #responder: Contact | null = null;
  readonly #world: Wires;
  readonly #deadlineAt: number;
  /** The call that this one is a second copy of, or itself. */
  readonly #original: Call;
  #isOpen = true;
  #isDeadlinePlanned = false;

  /** @param deadlineAt virtual time at which the sender gives up */
  constructor(
    world: Wires,
    sender: CallEnd,
    callee: Contact,
    requestId: number,
    request: RingRequest,
    deadlineAt: number,
    original: Call | null = null,
  ) {
    this.#world = world;
    this.sender = sender;
    this.#callee = callee;
    this.#caller = sender.contact;
    this.toIncarnation = callee.incarnation;
    this.requestId = requestId;
    this.request = request;
    this.#deadlineAt = deadlineAt;
    this.#original = original ?? this;
  }

  get from(): Contact {
    return this.#responder ?? this.#caller;
  }

  get to(): Contact {
    return this.reply === null ? this.#callee : this.sender.contact;
  }

  /** The sender still waits. */
  get isOpen(): boolean {
    return this.#original.#isOpen;
  }

  /** Puts the request on the wire. */
  depart(): void {
    const { codec, network } = this.#world;
    const { traffic, slowness } = this.sender;
    traffic.sent++;
    if (codec !== null) {
      const { from, toIncarnation, request, bytes } = codec.carryRequest(
        this.#caller,
        this.#callee,
        this.request,
      );
      this.#caller = from;
      this.toIncarnation = toIncarnation;
      this.request = request;
      this.bytes = bytes;
      traffic.sentBytes += bytes;
    }
    this.#travel(REQUEST_ARRIVES, slowness);
    if (network.duplicates()) this.#copy().#travel(REQUEST_ARRIVES, slowness);
  }

  /** The one called has its answer. */
  answer(responder: CallEnd, reply: RingReply): void {
    const { codec, network } = this.#world;
    const { traffic, slowness, contact } = responder;
    traffic.sent++;
    this.#responder = contact;
    this.reply = reply;
    if (codec !== null) {
      const carried = codec.carryReply(contact, reply);
      this.#responder = carried.from;
      this.reply = carried.reply;
      this.bytes = carried.bytes;
      traffic.sentBytes += carried.bytes;
    }
    this.#travel(REPLY_ARRIVES, slowness);
    if (network.duplicates()) this.#copy().#travel(REPLY_ARRIVES, slowness);
  }

  /** No answer can be counted on: from now on the deadline is watched. */
  expectDeadline(): void {
    const original = this.#original;
    if (original.#isDeadlinePlanned || !original.#isOpen) return;
    original.#isDeadlinePlanned = true;
    this.#world.schedule.at(this.#deadlineAt, original, DEADLINE);
  }

  /** The sender waits no more. Returns whether it did until now. */
  settle(): boolean {
    const wasOpen = this.#original.#isOpen;
    this.#original.#isOpen = false;
    return wasOpen;
  }

  happen(kind: number): void {
    if (kind === REQUEST_ARRIVES) this.#arriveAtCallee();
    else if (kind === REPLY_ARRIVES) this.sender.receiveReply(this);
    else if (this.isOpen) this.sender.receiveFailure(this, kind === REFUSED ? 'refused' : 'deadline');
  }

  #arriveAtCallee(): void {
    const { schedule, underWay, listener } = this.#world;
    const receiver = listener(this.#callee.address);
    if (receiver?.isRunning) {
      receiver.receiveRequest(this);
      return;
    }
    underWay.remove(this);
    const refusedAt = schedule.now + REFUSED_AFTER_MS;
    // A machine that is off says nothing; only a process that ended leaves somebody who refuses.
    if (receiver?.isSilent || refusedAt >= this.#deadlineAt) this.expectDeadline();
    else schedule.at(refusedAt, this, REFUSED);
  }

  #travel(kind: number, slowness: number): void {
    const { network, schedule, underWay } = this.#world;
    const caller = this.sender.contact.address;
    const callee = this.#callee.address;
    const delayMs =
      kind === REQUEST_ARRIVES
        ? network.delayMs(caller, callee, true)
        : network.delayMs(callee, caller, false);
    if (delayMs === LOST) {
      this.expectDeadline();
      return;
    }
    const arrivesAt = schedule.now + delayMs * slowness;
    if (arrivesAt >= this.#deadlineAt) this.expectDeadline();
    underWay.add(this);
    schedule.at(arrivesAt, this, kind);
  }

  #copy(): Call {
    const { sender, requestId, request, bytes } = this;
    const copy = new Call(
      this.#world,
      sender,
      this.#callee,
      requestId,
      request,
      this.#deadlineAt,
      this.#original,
    );
    copy.#caller = this.#caller;
    copy.#responder = this.#responder;
    copy.toIncarnation = this.toIncarnation;
    copy.reply = this.reply;
    copy.bytes = bytes;
    return copy;
  }
}

/** The messages under way, in no order that means anything. */
export class UnderWay {
  readonly #calls: Call[] = [];

  add(call: Call): void {
    call.place = this.#calls.length;
    this.#calls.push(call);
  }

  /** Handled, or lost with the node where it waited. */
  remove(call: Call): void {
    if (call.place < 0) return;
    const last = this.#calls.pop() as Call;
    if (last !== call) {
      this.#calls[call.place] = last;
      last.place = call.place;
    }
    call.place = -1;
  }

  all(): readonly MessageUnderWay[] {
    return this.#calls;
  }
}
