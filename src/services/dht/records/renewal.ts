/**
 * Renews this node's lease at every owner of what it asserts, one message each, with a digest of what should stand there; only
 * where digests differ are records sent again. So a content's name lives as long as one node that holds it.
 */
import type { Logger } from 'pino';
import type { RenewResponse } from '../../../generated/anillo/records/v1/records.ts';
import type { KeyRange } from '../../../records/key-range.ts';
import { isInRange } from '../../../records/key-range.ts';
import { bucketRanges, differingBuckets } from '../../../records/range-digest.ts';
import type { Random } from '../../../ring/effect.ts';
import type { Identifier } from '../../../ring/identifier.ts';
import type { Contact } from '../../../ring/message.ts';
import type { RingPort } from '../ring-port.ts';
import { asBuffer } from './bundle-writer.ts';
import type { Clock } from './clock.ts';
import type { Delivery } from './delivery.ts';
import type { LeaseBook } from './lease-book.ts';
import type { OwnedRange, OwnerMap } from './owner-map.ts';
import type { PeerCalls } from './peer-calls.ts';
import { boundsOf, entriesOf, pairsAt } from './range-sync.ts';
import type { RecordStore } from './record-store.ts';
import type { RangeSelection } from './record-tasks.ts';
import { Rhythm } from './rhythm.ts';

/** Renewals between two ends of a lease: three may be lost. */
const RENEWALS_IN_LEASE = 4;
/** A change of neighbours here may mean a new owner elsewhere: answered later than by the neighbours themselves. */
const DELAY_FACTOR = 5;
/** Answers with news, one after the other, from one owner. */
const NEWS_PAGES_MAX = 64;
/** Whether an owner still has what others published is asked again this often, in rounds: about once a day. */
const CONFIRM_EVERY = 48;
const OWNERS_REMEMBERED_MAX = 10_000;

/** What this node knows of one owner's store. */
interface OwnerMemory {
  storeId: bigint;
  /** Up to where its news is known. */
  arrival: bigint;
  range: KeyRange;
  /** Digest of others' records that were confirmed there. */
  confirmed: string;
}

export interface RenewalOptions {
  readonly ring: RingPort;
  readonly store: RecordStore;
  readonly leases: LeaseBook;
  readonly owners: OwnerMap;
  readonly calls: PeerCalls;
  readonly delivery: Delivery;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly self: string;
  readonly leaseDurationMs: number;
  readonly syncDelayMs: number;
  readonly reassertion: boolean;
}

export class Renewal {
  readonly #options: RenewalOptions;
  readonly #rhythm: Rhythm;
  readonly #memories = new Map<string, OwnerMemory>();
  #unsubscribe: () => void = () => {};
  #renewedAtMs: number;
  #rounds = 0;

  constructor(options: RenewalOptions) {
    this.#options = options;
    this.#renewedAtMs = options.clock.monotonicMs();
    this.#rhythm = new Rhythm({
      ...options,
      intervalMs: options.leaseDurationMs / RENEWALS_IN_LEASE,
      delayMs: options.syncDelayMs * DELAY_FACTOR,
      what: 'renewing the lease',
      work: (signal) => this.#round(signal),
    });
  }

  start(): void {
    this.#unsubscribe = this.#options.ring.onEvent(({ type }) => {
      if (type === 'joined' || type === 'neighboursChanged') this.#rhythm.soon();
    });
    this.#rhythm.start();
    this.#rhythm.soon();
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    await this.#rhythm.stop();
  }

  /** Tells every owner that this node goes: its providers count no more. */
  async end(signal: AbortSignal): Promise<void> {
    const lease = this.#options.leases.renewOwn(0);
    for await (const owned of this.#owners(signal)) {
      const request = { ...emptyRenewal, ...boundsOf(owned.range), lease };
      await this.#options.calls.call(owned.owner, 'renew', request).catch(() => null);
    }
  }

  async #round(signal: AbortSignal): Promise<boolean> {
    if (!this.#options.ring.neighbours().joined) return true;
    this.#renewOwn();
    this.#rounds++;
    let isWhole = true;
    for await (const owned of this.#owners(signal)) {
      isWhole = (await this.#renewAt(owned, signal)) && isWhole;
      signal.throwIfAborted();
    }
    return isWhole;
  }

  /** A new epoch at most as often as leases need it: rounds also come with every change of neighbours. */
  #renewOwn(): void {
    const { leases, leaseDurationMs, clock } = this.#options;
    const ageMs = clock.monotonicMs() - this.#renewedAtMs;
    if (ageMs < leaseDurationMs / RENEWALS_IN_LEASE / 2) return;
    leases.renewOwn();
    this.#renewedAtMs = clock.monotonicMs();
  }

  /** Each owner of something that this node asserts, once around the ring. */
  async *#owners(signal: AbortSignal): AsyncGenerator<OwnedRange> {
    const { store, owners } = this.#options;
    let after: Identifier | null = null;
    let first: KeyRange | null = null;
    while (!signal.aborted) {
      const next: { key: Identifier | null } = await store.run('nextAsserted', { after });
      if (next.key === null || (first !== null && isInRange(next.key, first))) return;
      const owned = await owners.lookup(next.key);
      first ??= owned.range;
      yield owned;
      // The last range winds past the ring's zero.
      if (owned.range.to < next.key) return;
      after = owned.range.to;
    }
  }

  /** False when it is worth trying again soon. */
  async #renewAt({ owner, range }: OwnedRange, signal: AbortSignal): Promise<boolean> {
    const { log, owners, reassertion } = this.#options;
    try {
      const memory = this.#memoryOf(owner, range);
      const own = this.#selection(range, 'own');
      const mine = await this.#options.store.run('digest', own);
      const answer = await this.#renewAndLearn(owner, range, mine.summary, memory);
      if (answer === null) {
        owners.clear();
        return false;
      }
      if (!reassertion) return true;
      const parts = answer.equal ? [] : bucketRanges(range, differingBuckets(mine.buckets, answer.buckets));
      let isWhole = true;
      for (const part of parts)
        isWhole = (await this.#reassert(owner, this.#selection(part, 'own'), signal)) && isWhole;
      return (await this.#assertForOthers(owner, range, memory, signal)) && isWhole;
    } catch (error) {
      signal.throwIfAborted();
      log.debug({ owner: owner.id, reason: String(error) }, 'the lease could not be renewed there');
      return false;
    }
  }

  /** Null when the node does not own the range. */
  async #renewAndLearn(
    owner: Contact,
    range: KeyRange,
    summary: Uint8Array,
    memory: OwnerMemory,
  ): Promise<RenewResponse | null> {
    const { calls, leases, store, reassertion } = this.#options;
    let answer: RenewResponse | null = null;
    for (let page = 0; page < NEWS_PAGES_MAX && (answer === null || answer.more); page++) {
      const request = {
        lease: leases.own,
        ...boundsOf(range),
        digest: asBuffer(summary),
        sinceArrival: memory.arrival,
        storeId: memory.storeId,
      };
      answer = await calls.call(owner, 'renew', request);
      if (answer.notOwner) return null;
      if (answer.storeId !== memory.storeId) memory.confirmed = '';
      memory.storeId = answer.storeId;
      memory.arrival = answer.arrival;
      if (answer.publications.length > 0 && reassertion)
        await store.run('learn', { bundle: answer.publications });
    }
    return answer;
  }

  /** Others' publications of contents that this node holds: asked about only where the owner, or they, changed. */
  async #assertForOthers(
    owner: Contact,
    range: KeyRange,
    memory: OwnerMemory,
    signal: AbortSignal,
  ): Promise<boolean> {
    const selection = this.#selection(range, 'foreign');
    const { summary, count } = await this.#options.store.run('digest', selection);
    const version = asBuffer(summary).toString('hex');
    if (count === 0 || memory.confirmed === version) return true;
    if (!(await this.#reassert(owner, selection, signal))) return false;
    memory.confirmed = version;
    return true;
  }

  /** Sends the owner what it lacks of the selection. False when some of it could not be brought. */
  async #reassert(owner: Contact, selection: RangeSelection, signal: AbortSignal): Promise<boolean> {
    const { store, calls, delivery } = this.#options;
    let isWhole = true;
    for await (const entries of entriesOf(store, selection)) {
      // What is superseded there is sent too: the answer tells what superseded it, and digests agree again.
      const asked = { entries: asBuffer(entries), orSuperseded: true };
      const { missing } = await calls.call(owner, 'missing', asked);
      if (missing.length === 0) continue;
      const outgoing = await store.run('outgoing', { wanted: pairsAt(entries, missing) });
      const left = await delivery.deliver(outgoing, signal);
      isWhole &&= left.length === 0;
    }
    return isWhole;
  }

  #memoryOf(owner: Contact, range: KeyRange): OwnerMemory {
    const known = this.#memories.get(owner.id);
    // Of a range that grew, news from before is not known.
    const isNews = known === undefined || !isWithin(range, known.range);
    const memory = {
      storeId: known?.storeId ?? 0n,
      arrival: isNews ? 0n : known.arrival,
      range,
      confirmed: this.#rounds % CONFIRM_EVERY === 0 ? '' : (known?.confirmed ?? ''),
    };
    this.#memories.delete(owner.id);
    if (this.#memories.size >= OWNERS_REMEMBERED_MAX) this.#memories.clear();
    this.#memories.set(owner.id, memory);
    return memory;
  }

  #selection(range: KeyRange, by: 'own' | 'foreign'): RangeSelection {
    return { table: 'asserted', range, minCopies: 0, signer: { node: this.#options.self, by } };
  }
}

/** An owner's range always ends at the owner itself. */
function isWithin(part: KeyRange, whole: KeyRange): boolean {
  if (part.from === whole.from || whole.from === whole.to) return true;
  return part.from !== part.to && isInRange(part.from, whole);
}

const emptyRenewal = { digest: Buffer.alloc(0), sinceArrival: 0n, storeId: 0n };
