/**
 * Brings two nodes' copies of a range together: first a digest of twenty bytes, then 256 buckets, then the entries of those that
 * differ, then the records. Each gives the other what it lacks; nothing is taken away.
 */
import { Problem } from '../../../problems/problem.ts';
import type { KeyRange } from '../../../records/key-range.ts';
import { bucketRanges, differingBuckets, holdsAny } from '../../../records/range-digest.ts';
import type { Contact } from '../../../ring/message.ts';
import { asBuffer } from './bundle-writer.ts';
import type { Clock } from './clock.ts';
import { decodeHolding, type Holding } from './holding.ts';
import type { LeaseBook } from './lease-book.ts';
import type { PeerCalls } from './peer-calls.ts';
import type { RecordStore } from './record-store.ts';
import type { EntryCursor, EntryPage, RangeSelection } from './record-tasks.ts';

const ENTRY_BYTES = 80;
const PAIR_BYTES = 64;
/** 160 KiB of entries: a page that neither side notices. */
const ENTRIES_IN_PAGE = 2000;
/** Of a range with no more than a page of entries. */
const PARTS_OF_FEW_MAX = 4;
/** Pages of one list: some ten million records. */
const PAGES_MAX = 100_000;
const PAIRS_IN_REQUEST = 512;
/** Refused for this a record is missing: by a clock that was set back, or because its signer has too many there. */
const LACKING: ReadonlySet<string> = new Set(['clock_skew', 'quota']);

export interface SyncParts {
  readonly store: RecordStore;
  readonly leases: LeaseBook;
  readonly calls: PeerCalls;
  readonly clock: Clock;
}

/** What two nodes bring together. */
export interface Share {
  readonly range: KeyRange;
  /** Only records that stand on at least so many nodes; 0 for all. */
  readonly minCopies: number;
  /** Does this node hold the range whole now? Then the peer knows afterwards that it has a copy. */
  readonly isClaimed: () => boolean;
}

/** What a peer said of itself and the range. */
export interface Source {
  readonly holding: Holding;
  /** It takes itself for the owner of some of it. */
  readonly isOwner: boolean;
  /** All that it gave stands here. */
  readonly isTaken: boolean;
}

export class RangeSync {
  readonly #parts: SyncParts;

  constructor(parts: SyncParts) {
    this.#parts = parts;
  }

  /** Both ways. @throws Problem when the peer does not answer */
  async sync(peer: Contact, share: Share, signal: AbortSignal): Promise<void> {
    const { parts } = await this.#compare(peer, share);
    let isGiven = parts.length > 0;
    for (const part of parts) {
      await this.#pull(peer, part, share.minCopies, signal);
      isGiven = (await this.#push(peer, part, share.minCopies, signal)) && isGiven;
    }
    if (isGiven) await this.#tellGiven(peer, share);
  }

  /** Only gives, for a node that leaves. @throws Problem when the peer does not answer */
  async give(peer: Contact, share: Share, signal: AbortSignal): Promise<void> {
    const { parts } = await this.#compare(peer, share);
    let isGiven = parts.length > 0;
    for (const part of parts) isGiven = (await this.#push(peer, part, share.minCopies, signal)) && isGiven;
    if (isGiven) await this.#tellGiven(peer, share);
  }

  /** Only takes. What is known of the peer is from before. @throws Problem when the peer does not answer */
  async take(peer: Contact, range: KeyRange, signal: AbortSignal): Promise<Source> {
    const { parts, source } = await this.#compare(
      peer,
      { range, minCopies: 0, isClaimed: () => false },
      holdsAny,
    );
    let isTaken = true;
    for (const part of parts) isTaken = (await this.#pull(peer, part, 0, signal)) && isTaken;
    return { ...source, isTaken };
  }

  /** Gives the peer what it lacks of these entries; true when it takes all of that. @throws Problem when the peer does not answer */
  async pushEntries(peer: Contact, entries: Uint8Array, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    const asked = { entries: asBuffer(entries), orSuperseded: false };
    const { missing } = await this.#parts.calls.call(peer, 'missing', asked);
    return await this.#send(peer, pairsAt(entries, missing));
  }

  /** @throws Problem `not_ready` when the peer does not hold all of these entries, or newer ones */
  async confirm(peer: Contact, entries: Uint8Array): Promise<void> {
    const asked = { entries: asBuffer(entries), orSuperseded: false };
    const { missing } = await this.#parts.calls.call(peer, 'missing', asked);
    if (missing.length > 0) throw new Problem('not_ready');
  }

  /** True when the peer takes all of it. */
  async #push(peer: Contact, range: KeyRange, minCopies: number, signal: AbortSignal): Promise<boolean> {
    const selection = { table: 'stored', range, minCopies } as const;
    let isTaken = true;
    for await (const entries of entriesOf(this.#parts.store, selection)) {
      isTaken = (await this.pushEntries(peer, entries, signal)) && isTaken;
    }
    return isTaken;
  }

  /** The parts of the range where the peer's copy differs, and is worth a look. */
  async #compare(
    peer: Contact,
    { range, minCopies, isClaimed }: Share,
    isWorth: typeof holdsAny = () => true,
  ): Promise<{ parts: KeyRange[]; source: Omit<Source, 'isTaken'> }> {
    const claimed = isClaimed();
    const mine = await this.#parts.store.run('digest', { table: 'stored', range, minCopies });
    const digest = asBuffer(mine.summary);
    const asked = { ...boundsOf(range), digest, minCopies, claimed, given: false };
    const theirs = await this.#parts.calls.call(peer, 'digest', asked);
    const differing = theirs.equal ? [] : differingBuckets(mine.buckets, theirs.buckets);
    const source = { holding: decodeHolding(theirs.holding), isOwner: theirs.owner };
    const worth = differing.filter((bucket) => isWorth(theirs.buckets, bucket));
    const parts = bucketRanges(range, worth);
    // A few records in many parts are compared at once, not one by one.
    const isSparse = parts.length > PARTS_OF_FEW_MAX && mine.count <= ENTRIES_IN_PAGE;
    return { parts: isSparse ? [range] : parts, source };
  }

  /** Some of the records are no copy of the range. */
  async #tellGiven(peer: Contact, { range, minCopies, isClaimed }: Share): Promise<void> {
    if (minCopies > 0 || !isClaimed()) return;
    const asked = { ...boundsOf(range), digest: Buffer.alloc(0), minCopies, claimed: true, given: true };
    await this.#parts.calls.call(peer, 'digest', asked);
  }

  /** True when all of it stands here. */
  async #pull(peer: Contact, range: KeyRange, minCopies: number, signal: AbortSignal): Promise<boolean> {
    let isTaken = true;
    let cursor: Buffer = Buffer.alloc(0);
    let pages = 0;
    do {
      signal.throwIfAborted();
      const asked = {
        ...boundsOf(range),
        cursor,
        limit: ENTRIES_IN_PAGE,
        minCopies,
        wanted: Buffer.alloc(0),
      };
      const page = await this.#parts.calls.call(peer, 'list', asked);
      const listed = { table: 'stored', entries: page.entries, orSuperseded: false } as const;
      const { missing } = await this.#parts.store.run('missing', listed);
      isTaken = (await this.#takeRecords(peer, range, pairsAt(page.entries, missing), signal)) && isTaken;
      // A peer that leads nowhere would be asked for ever.
      if (page.nextCursor.length > 0 && (page.nextCursor.equals(cursor) || ++pages >= PAGES_MAX)) {
        throw new Error(`${peer.id} lists without end`);
      }
      cursor = page.nextCursor;
    } while (cursor.length > 0);
    return isTaken;
  }

  async #takeRecords(
    peer: Contact,
    range: KeyRange,
    pairs: Uint8Array,
    signal: AbortSignal,
  ): Promise<boolean> {
    let isTaken = true;
    for (let offset = 0; offset < pairs.length; ) {
      signal.throwIfAborted();
      const wanted = asBuffer(pairs.subarray(offset, offset + PAIRS_IN_REQUEST * PAIR_BYTES));
      const asked = { ...boundsOf(range), cursor: Buffer.alloc(0), limit: 0, minCopies: 0, wanted };
      const { bundle, picked, leases } = await this.#parts.calls.call(peer, 'list', asked);
      for (const lease of leases) this.#parts.leases.acceptRunning(lease);
      if (bundle.length > 0) {
        const { codes } = await this.#parts.store.run('replicate', { bundle });
        isTaken &&= !codes.some((code) => LACKING.has(code));
      }
      // A peer that answers for none would be asked for ever.
      if (picked === 0) return isTaken;
      offset += picked * PAIR_BYTES;
      await this.#parts.clock.nextTurn();
    }
    return isTaken;
  }

  async #send(peer: Contact, pairs: Uint8Array): Promise<boolean> {
    const { store, calls, leases } = this.#parts;
    let isTaken = true;
    for (let offset = 0; offset < pairs.length; ) {
      const wanted = pairs.slice(offset, offset + PAIRS_IN_REQUEST * PAIR_BYTES);
      const { bundles, providers, picked } = await store.run('pick', {
        table: 'stored',
        wanted,
        bundlesMax: 1,
      });
      const [bundle] = bundles;
      if (bundle !== undefined) {
        const asked = { bundle: asBuffer(bundle), leases: leases.passedOn(providers) };
        const { results } = await calls.call(peer, 'replicate', asked);
        isTaken &&= !results.some(({ code }) => LACKING.has(code));
      }
      if (picked === 0) return isTaken;
      offset += picked * PAIR_BYTES;
      await this.#parts.clock.nextTurn();
    }
    return isTaken;
  }
}

/** All entries of a selection, page by page. */
export async function* entriesOf(store: RecordStore, selection: RangeSelection): AsyncGenerator<Uint8Array> {
  let cursor: EntryCursor = null;
  do {
    const page: EntryPage = await store.run('entries', { ...selection, cursor, limit: ENTRIES_IN_PAGE });
    if (page.entries.length > 0) yield page.entries;
    cursor = page.next;
  } while (cursor !== null);
}

/** The (key, slot) pairs of the entries at these indexes; null for all. */
export function pairsAt(entries: Uint8Array, indexes: readonly number[] | null): Uint8Array {
  const count = Math.floor(entries.length / ENTRY_BYTES);
  const chosen = indexes ?? Array.from({ length: count }, (_, index) => index);
  const pairs = new Uint8Array(chosen.length * PAIR_BYTES);
  chosen.forEach((index, at) => {
    pairs.set(entries.subarray(index * ENTRY_BYTES, index * ENTRY_BYTES + PAIR_BYTES), at * PAIR_BYTES);
  });
  return pairs;
}

export function boundsOf({ from, to }: KeyRange): { from: Buffer; to: Buffer } {
  return { from: Buffer.from(from, 'hex'), to: Buffer.from(to, 'hex') };
}
