/** The nodes that this one talks to: a bounded pool of channels by address, and what their ends have shown of themselves. */
import type { Logger } from 'pino';
import type { RecordsServiceClient } from '../../generated/anillo/records/v1/records.ts';
import type { NodeDescriptor } from '../../identity/descriptor.ts';
import { Problem } from '../../problems/problem.ts';
import type { Contact, RingRequest } from '../../ring/message.ts';
import { DescriptorCache } from './descriptor-cache.ts';
import { contactOf } from './hello.ts';
import { LifeMarks } from './life-marks.ts';
import type { OwnDescriptor } from './own-descriptor.ts';
import { PeerChannel, wrongNode } from './peer-channel.ts';
import { type Answer, decodeAnswer, encodeBriefly, encodeExchange } from './ring-codec.ts';
import type { PeerPort } from './ring-port.ts';

/** Open channels: sockets and memory. A ring of one hop below this size never reconnects. */
const CHANNELS_MAX = 512;
const IDLE_CLOSE_MS = 5 * 60_000;
const SWEEP_MS = 60_000;
/** Connecting and Hello together; callers may give up sooner, the connection still comes for the next one. */
const HELLO_TIMEOUT_MS = 3_000;
/** A descriptor older than this is shown as it is, and asked for again in the background. */
const REFRESH_MS = 5 * 60_000;
const ANNOUNCE_PARALLEL = 8;

/** Null error and an answer, or why there is none. */
export type ExchangeDone = (error: Error | null, answer: Answer | null) => void;

export class Peers implements PeerPort {
  readonly networkId: string;
  readonly networkTag: bigint;
  /** Those that have said Hello. */
  readonly lives: LifeMarks;
  readonly #own: OwnDescriptor;
  readonly #log: Logger;
  #superseded: (by: Contact) => void = () => {};
  readonly #channels = new Map<string, PeerChannel>();
  readonly #opening = new Map<string, Promise<PeerChannel>>();
  readonly #descriptors = new DescriptorCache();
  readonly #sweep: NodeJS.Timeout;
  #stopped = false;

  constructor(own: OwnDescriptor, log: Logger) {
    this.#own = own;
    this.#log = log;
    this.networkId = own.networkId;
    this.networkTag = own.networkTag;
    this.lives = new LifeMarks(own.networkId, own.contact);
    this.#sweep = setInterval(() => this.#closeIdle(), SWEEP_MS);
    own.onChange(() => void this.#announce());
  }

  /** A later life of this very node showed itself, signed with its key. */
  onSuperseded(listener: (by: Contact) => void): void {
    this.#superseded = listener;
  }

  /** Whether a node is a ring member by its own word; null when it does not answer. */
  isMember(contact: Contact, timeoutMs: number): Promise<boolean | null> {
    const { promise, resolve } = Promise.withResolvers<boolean | null>();
    this.exchange(contact, { type: 'ping' }, timeoutMs, (_, answer) => {
      resolve(answer?.reply.type === 'pong' ? answer.reply.joined : null);
    });
    return promise;
  }

  /** Asks `to` and calls `done` once: later, or at once where another node listens at its address now. The short way, where the channel is open, has no promise on it. */
  exchange(to: Contact, request: RingRequest, timeoutMs: number, done: ExchangeDone): void {
    const channel = this.#channels.get(to.address);
    if (channel?.peer != null) {
      this.#ask(channel, to, request, timeoutMs, done);
      return;
    }
    const dueMs = performance.now() + timeoutMs;
    this.#open(to.address, timeoutMs).then(
      (opened) => this.#ask(opened, to, request, Math.max(1, dueMs - performance.now()), done),
      (error: Error) => done(error, null),
    );
  }

  /** @throws Problem `unreachable`, `deadline`, `wrong_node`, `other_network`, `other_version` */
  async records(to: Contact, timeoutMs: number): Promise<RecordsServiceClient> {
    const open = this.#channels.get(to.address);
    const channel = open?.peer == null ? await this.#open(to.address, timeoutMs) : open;
    const peer = channel.peer;
    if (peer?.id !== to.id || peer.incarnation !== to.incarnation) {
      throw wrongNode(to.address, lifeOf(peer), lifeOf(to));
    }
    channel.usedAtMs = performance.now();
    return channel.records;
  }

  /** As it was shown last, perhaps expired. */
  descriptor(id: string): NodeDescriptor | null {
    if (id === this.#own.contact.id) return this.#own.opened;
    const descriptor = this.#descriptors.get(id);
    if (descriptor !== null && this.#descriptors.ageMs(id) > REFRESH_MS) {
      this.meet(contactOf(descriptor).address, HELLO_TIMEOUT_MS).catch((error: Error) => {
        this.#log.debug({ id, reason: error.message }, 'descriptor not refreshed');
      });
    }
    return descriptor;
  }

  /** Takes in what a Hello showed. */
  learn(descriptor: NodeDescriptor): void {
    const own = this.#own.contact;
    if (descriptor.id !== own.id) {
      this.#descriptors.learn(descriptor);
      this.lives.learn(contactOf(descriptor));
    } else if (descriptor.incarnation > own.incarnation) this.#superseded(contactOf(descriptor));
  }

  /** Says Hello at an address, again where it is known: who is there now? @throws Problem as `records` */
  async meet(address: string, timeoutMs: number): Promise<NodeDescriptor> {
    const open = this.#channels.get(address);
    if (open?.peer == null) {
      const opened = (await this.#open(address, timeoutMs)).peer;
      if (opened === null) throw new Problem('unreachable', { what: 'the.node', address, hint: 'hint.node' });
      return opened;
    }
    return this.#greet(open, timeoutMs);
  }

  /** The descriptor of a life of a node: as known, else asked for where it is said to be. Null when neither helps. */
  async describe(contact: Contact, timeoutMs: number): Promise<NodeDescriptor | null> {
    const known = this.descriptor(contact.id);
    const holds = known !== null && known.expiresAtMs > Date.now();
    if (holds && known.incarnation >= contact.incarnation) return known;
    try {
      const met = await this.meet(contact.address, timeoutMs);
      return met.id === contact.id ? met : known;
    } catch {
      return known;
    }
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#sweep);
    for (const channel of [...this.#channels.values()]) channel.close();
  }

  #ask(channel: PeerChannel, to: Contact, request: RingRequest, timeoutMs: number, done: ExchangeDone): void {
    const peer = channel.peer;
    if (peer === null || peer.id !== to.id) {
      done(wrongNode(to.address, lifeOf(peer), lifeOf(to)), null);
      return;
    }
    const mark = peer.incarnation === to.incarnation ? channel.mark : null;
    const bytes =
      mark === null
        ? encodeExchange(this.networkTag, this.#own.contact, to, request)
        : encodeBriefly(this.lives.own, mark, request);
    const askedMs = performance.now();
    channel.exchange(bytes, timeoutMs, (error, bytesBack) => {
      if (error !== null || bytesBack === undefined) {
        done(error ?? new Error('no answer'), null);
        return;
      }
      if (bytesBack.length === 0 && mark !== null) {
        channel.mark = null;
        const leftMs = Math.max(1, timeoutMs - (performance.now() - askedMs));
        this.#ask(channel, to, request, leftMs, done);
        return;
      }
      try {
        const answer = decodeAnswer(bytesBack, mark === null ? null : to);
        if (answer.from.id === peer.id && answer.from.incarnation === peer.incarnation) done(null, answer);
        else throw wrongNode(to.address, lifeOf(answer.from), lifeOf(peer));
      } catch (refused) {
        channel.close();
        done(refused as Error, null);
      }
    });
  }

  /** The channel to `address` after its Hello; several callers share one attempt, each with its own patience. */
  async #open(address: string, timeoutMs: number): Promise<PeerChannel> {
    let opening = this.#opening.get(address);
    if (opening === undefined) {
      opening = this.#connect(address).finally(() => this.#opening.delete(address));
      opening.catch(() => {});
      this.#opening.set(address, opening);
    }
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Problem('deadline', { what: address, timeoutMs })),
      timeoutMs,
    );
    try {
      return await Promise.race([opening, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #connect(address: string): Promise<PeerChannel> {
    if (this.#stopped)
      throw new Problem('unreachable', { what: 'the.node', address, hint: 'hint.node-stops' });
    if (this.#channels.size >= CHANNELS_MAX) this.#closeLeastUsed();
    const channel = new PeerChannel(address, this.#own, (closed) => {
      if (this.#channels.get(address) === closed) this.#channels.delete(address);
    });
    this.#channels.set(address, channel);
    await this.#greet(channel, HELLO_TIMEOUT_MS);
    return channel;
  }

  /** From now on both ends know each other by their marks. */
  async #greet(channel: PeerChannel, timeoutMs: number): Promise<NodeDescriptor> {
    const peer = await channel.hello(timeoutMs);
    this.learn(peer);
    channel.mark = this.lives.of(peer);
    return peer;
  }

  #closeIdle(): void {
    const before = performance.now() - IDLE_CLOSE_MS;
    for (const channel of [...this.#channels.values()]) {
      if (channel.usedAtMs < before) channel.close();
    }
  }

  #closeLeastUsed(): void {
    let least: PeerChannel | null = null;
    for (const channel of this.#channels.values()) {
      if (least === null || channel.usedAtMs < least.usedAtMs) least = channel;
    }
    least?.close();
  }

  /** Shows a new descriptor of our own to those that we talk to. */
  async #announce(): Promise<void> {
    const waiting = [...this.#channels.values()].filter((channel) => channel.peer !== null);
    const tell = async (): Promise<void> => {
      for (let channel = waiting.pop(); channel !== undefined; channel = waiting.pop()) {
        await this.#greet(channel, HELLO_TIMEOUT_MS).catch(() => {});
      }
    };
    await Promise.all(Array.from({ length: ANNOUNCE_PARALLEL }, tell));
  }
}

function lifeOf(life: { readonly id: string; readonly incarnation: number } | null): string {
  return life === null ? 'nobody' : `${life.id} (life ${life.incarnation})`;
}
