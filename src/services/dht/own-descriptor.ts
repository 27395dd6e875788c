/**
 * This node's own signed descriptor: signed anew each hour, and at once when the endpoints of its services change (they
 * may run in processes of their own that start and stop).
 */
import type { SignedDescriptor } from '../../generated/anillo/ring/v1/ring.ts';
import {
  type Endpoints,
  type NodeDescriptor,
  openDescriptor,
  signDescriptor,
} from '../../identity/descriptor.ts';
import type { NodeKey } from '../../identity/node-key.ts';
import type { Contact } from '../../ring/message.ts';

/** How long others may believe it without hearing from us again. */
const LIFETIME_MS = 24 * 60 * 60 * 1000;
const RENEW_MS = 60 * 60 * 1000;

export interface OwnIdentity {
  readonly key: NodeKey;
  /** 64 hexadecimal digits. */
  readonly networkId: string;
  readonly incarnation: number;
  /** `host:port` under which peers reach the DHT service. */
  readonly address: string;
  /** Asked often; its `dht` is ignored in favour of `address`. */
  readonly endpoints: () => Endpoints;
  readonly labels: Readonly<Record<string, string>>;
  readonly version: string;
}

export class OwnDescriptor {
  readonly contact: Contact;
  readonly networkId: string;
  /** First 8 bytes of the network's id, big-endian. */
  readonly networkTag: bigint;
  readonly #identity: OwnIdentity;
  readonly #changed = new Set<() => void>();
  readonly #timers: NodeJS.Timeout[];
  #signed: SignedDescriptor;
  #opened: NodeDescriptor;
  #endpoints: string;

  /** @param pollMs how often the endpoints are compared */
  constructor(identity: OwnIdentity, pollMs: number) {
    this.#identity = identity;
    this.contact = { id: identity.key.id, incarnation: identity.incarnation, address: identity.address };
    this.networkId = identity.networkId;
    this.networkTag = Buffer.from(identity.networkId, 'hex').readBigUInt64BE();
    this.#endpoints = JSON.stringify(this.#readEndpoints());
    [this.#signed, this.#opened] = this.#sign();
    this.#timers = [setInterval(() => this.#renew(), RENEW_MS), setInterval(() => this.#poll(), pollMs)];
  }

  get signed(): SignedDescriptor {
    return this.#signed;
  }

  get opened(): NodeDescriptor {
    return this.#opened;
  }

  onChange(listener: () => void): void {
    this.#changed.add(listener);
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#changed.clear();
  }

  #poll(): void {
    const now = JSON.stringify(this.#readEndpoints());
    if (now === this.#endpoints) return;
    this.#endpoints = now;
    this.#renew();
  }

  #renew(): void {
    [this.#signed, this.#opened] = this.#sign();
    for (const listener of this.#changed) listener();
  }

  #readEndpoints(): Endpoints {
    const { index, upload, download, messaging } = this.#identity.endpoints();
    return { dht: this.#identity.address, index, upload, download, messaging };
  }

  #sign(): [SignedDescriptor, NodeDescriptor] {
    const { key, networkId, incarnation, labels, version } = this.#identity;
    const nowMs = Date.now();
    const signed = signDescriptor(key, {
      networkId,
      incarnation,
      endpoints: this.#readEndpoints(),
      labels,
      version,
      expiresAtMs: nowMs + LIFETIME_MS,
    });
    const opened = openDescriptor(signed, nowMs);
    if (opened === null)
      throw new Error('the own descriptor breaks its bounds: labels or endpoints are too long');
    return [signed, opened];
  }
}
