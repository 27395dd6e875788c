/**
 * Who is known to live, and for how long: provider records count while their node's lease runs. Lifetimes are counted on this
 * node's monotonic clock, so no clock that jumps expires anything; a lease is renewed only by a newer epoch of its node.
 */
import { Lease, type RunningLease } from '../../../generated/anillo/records/v1/records.ts';
import { type NodeKey, nodeIdOf, verifySignature } from '../../../identity/node-key.ts';
import { type Clock, MACHINE_CLOCK } from './clock.ts';
import type { StoredLease } from './record-tasks.ts';

const LEASE_DOMAIN = 'anillo-lease-v1\0';
/** No node is believed to live longer than a day unheard. */
const DURATION_MAX_MS = 24 * 60 * 60 * 1000;
/** Far beyond any ring that this version is meant for. */
const LEASES_MAX = 100_000;

interface Entry {
  readonly lease: Lease;
  /** On the monotonic clock. */
  readonly expiresAtMs: number;
}

export class LeaseBook {
  readonly #key: NodeKey;
  readonly #networkId: Buffer;
  readonly #incarnation: bigint;
  readonly #durationMs: number;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #changed = new Set<string>();
  #epoch = 0n;
  #own: Lease;
  /** Called when a node is kept that was not before. */
  onKept: () => void = () => {};

  constructor(
    key: NodeKey,
    networkId: string,
    incarnation: number,
    durationMs: number,
    clock: Clock = MACHINE_CLOCK,
  ) {
    this.#clock = clock;
    this.#key = key;
    this.#networkId = Buffer.from(networkId, 'hex');
    this.#incarnation = BigInt(incarnation);
    this.#durationMs = durationMs;
    this.#own = this.renewOwn();
  }

  /** This node's lease as last renewed. */
  get own(): Lease {
    return this.#own;
  }

  /** A lease of a new epoch. */
  renewOwn(durationMs = this.#durationMs): Lease {
    const lease: Lease = {
      node: Buffer.from(this.#key.id, 'hex'),
      incarnation: this.#incarnation,
      epoch: ++this.#epoch,
      durationMs: BigInt(durationMs),
      nodeKey: Buffer.from(this.#key.publicKey),
      signature: Buffer.alloc(0),
    };
    lease.signature = Buffer.from(this.#key.sign(LEASE_DOMAIN, this.#signed(lease)));
    this.#own = lease;
    this.accept(lease);
    return lease;
  }

  /** True when it is newer than what was known of its node, and holds. */
  accept(lease: Lease): boolean {
    return this.#adopt(lease, Number(lease.durationMs));
  }

  /** A lease passed on by another: it runs out, or ran out, when it does there. */
  acceptRunning({ lease, remainingMs }: RunningLease): boolean {
    return lease !== undefined && this.#adopt(lease, Math.min(Number(lease.durationMs), Number(remainingMs)));
  }

  /** Milliseconds; 0 when it has run out or the node is not known. */
  remainingMs(node: string): number {
    const entry = this.#entries.get(node);
    return entry === undefined ? 0 : Math.max(0, this.#leftOf(entry));
  }

  /**
   * The leases of those of these nodes whose records are kept, to be passed on. Those that ran out not long ago too: whoever
   * takes such a node's records would otherwise know of no lease that they are kept by.
   */
  passedOn(nodes: Iterable<string>): RunningLease[] {
    const nowMs = this.#clock.monotonicMs();
    const leases: RunningLease[] = [];
    for (const node of nodes) {
      const entry = this.#entries.get(node);
      if (entry !== undefined && isKept(entry, nowMs, this.#durationMs))
        leases.push({ lease: entry.lease, remainingMs: BigInt(this.#leftOf(entry)) });
    }
    return leases;
  }

  /**
   * Nodes whose records are kept: those that live, and those whose lease ran out less than its own length ago, because a node
   * that comes back finds its records still there.
   */
  kept(): string[] {
    const nowMs = this.#clock.monotonicMs();
    return [...this.#entries].flatMap(([node, entry]) =>
      isKept(entry, nowMs, this.#durationMs) ? [node] : [],
    );
  }

  /** What to write down since the last call: renewed leases, and nodes to be forgotten. */
  takeChanges(): { leases: StoredLease[]; ended: string[] } {
    const nowMs = this.#clock.monotonicMs();
    const ended: string[] = [];
    for (const [node, entry] of this.#entries) {
      if (isKept(entry, nowMs, this.#durationMs)) continue;
      this.#entries.delete(node);
      this.#changed.delete(node);
      ended.push(node);
    }
    const leases = [...this.#changed].map((node) => this.#toStored(node)).filter((stored) => stored !== null);
    this.#changed.clear();
    return { leases, ended };
  }

  /** Everything as it stands now, for the next life. */
  snapshot(): StoredLease[] {
    return [...this.#entries.keys()].map((node) => this.#toStored(node)).filter((stored) => stored !== null);
  }

  /** While this node was off no time passed for a lease: it lives at most what was left of it. */
  restore(stored: readonly StoredLease[]): void {
    for (const { lease, remainingMs } of stored) {
      const decoded = Lease.decode(lease);
      this.#adopt(decoded, Math.min(Number(decoded.durationMs), remainingMs));
    }
    this.#changed.clear();
  }

  #toStored(node: string): StoredLease | null {
    const entry = this.#entries.get(node);
    if (entry === undefined) return null;
    return { node, remainingMs: this.#leftOf(entry), lease: Lease.encode(entry.lease).finish() };
  }

  #adopt(lease: Lease, lifetimeMs: number): boolean {
    const node = lease.node.toString('hex');
    const known = this.#entries.get(node)?.lease;
    if (known !== undefined && !isNewer(lease, known)) return false;
    if (known === undefined && this.#entries.size >= LEASES_MAX) return false;
    if (nodeIdOf(lease.nodeKey) !== node) return false;
    if (!verifySignature(lease.nodeKey, lease.signature, LEASE_DOMAIN, this.#signed(lease))) return false;
    const expiresAtMs = this.#clock.monotonicMs() + Math.min(lifetimeMs, DURATION_MAX_MS);
    this.#entries.set(node, { lease, expiresAtMs });
    this.#changed.add(node);
    if (known === undefined) this.onKept();
    return true;
  }

  /** Milliseconds; below 0 how long ago it ran out. */
  #leftOf({ expiresAtMs }: Entry): number {
    return Math.floor(expiresAtMs - this.#clock.monotonicMs());
  }

  #signed({ node, incarnation, epoch, durationMs }: Lease): Buffer {
    const numbers = Buffer.alloc(24);
    numbers.writeBigUInt64BE(incarnation, 0);
    numbers.writeBigUInt64BE(epoch, 8);
    numbers.writeBigUInt64BE(durationMs, 16);
    return Buffer.concat([this.#networkId, node, numbers]);
  }
}

function isNewer(left: Lease, right: Lease): boolean {
  return left.incarnation === right.incarnation
    ? left.epoch > right.epoch
    : left.incarnation > right.incarnation;
}

/** By the length that the node signed, so that all holders forget it at the same time. */
function isKept({ lease, expiresAtMs }: Entry, nowMs: number, graceMinMs: number): boolean {
  const graceMs = Math.min(Number(lease.durationMs), DURATION_MAX_MS);
  return nowMs < expiresAtMs + Math.max(graceMinMs, graceMs);
}
