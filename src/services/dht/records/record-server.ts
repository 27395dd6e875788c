/** What this node answers to other nodes about records. */
import {
  type DigestRequest,
  type DigestResponse,
  type FetchRequest,
  type FetchResponse,
  type ListRequest,
  type ListResponse,
  type MissingRequest,
  type MissingResponse,
  type RenewRequest,
  type RenewResponse,
  type ReplicateRequest,
  type ReplicateResponse,
  type RunningLease,
  StoreOutcome,
  type StoreRequest,
  type StoreResponse,
  type StoreResult,
} from '../../../generated/anillo/records/v1/records.ts';
import { Problem } from '../../../problems/problem.ts';
import { isInRange, type KeyRange } from '../../../records/key-range.ts';
import { CID_COPIES } from '../../../records/placement.ts';
import type { Random } from '../../../ring/effect.ts';
import { asBuffer } from './bundle-writer.ts';
import { emptyPage, readPage } from './fetch-page.ts';
import { encodeHolding } from './holding.ts';
import type { LeaseBook } from './lease-book.ts';
import type { Ownership } from './ownership.ts';
import type { RecordMethods } from './peer-calls.ts';
import type { RecordStore } from './record-store.ts';
import type { Outcomes } from './record-tasks.ts';
import type { ReplicaWriter } from './replica-writer.ts';

/** 512 KiB of entries. */
const LIST_ENTRIES_MAX = 6500;
const WANTED_BYTES_MAX = 64 * 1024;
const ENTRIES_BYTES_MAX = 512 * 1024;
const LEASES_MAX = 1024;

const NOT_OWNER: StoreResult = { outcome: StoreOutcome.STORE_OUTCOME_NOT_OWNER, code: '' };

export interface RecordServerParts {
  readonly networkTag: bigint;
  readonly store: RecordStore;
  readonly leases: LeaseBook;
  readonly ownership: Ownership;
  readonly replicas: ReplicaWriter;
  readonly random: Random;
}

export class RecordServer implements RecordMethods {
  readonly #parts: RecordServerParts;

  constructor(parts: RecordServerParts) {
    this.#parts = parts;
  }

  async store(request: StoreRequest): Promise<StoreResponse> {
    this.#checkTag(request.networkTag);
    const { store, replicas, ownership } = this.#parts;
    const owned = this.#ownedNow();
    const leases = this.#acceptLease(request.lease);
    const isWide = ownership.successors().length >= CID_COPIES;
    const done = await store.run('store', { bundle: request.bundle, owned, isWide });
    const { holders, wanted } = await replicas.write({ all: done.all, wide: done.wide, leases });
    // Who owns the keys by now may have pulled them before these came.
    const results = ownership.ownsAllOf(owned) ? resultsOf(done) : done.outcomes.map(() => NOT_OWNER);
    return {
      results,
      publications: asBuffer(done.news ?? new Uint8Array(0)),
      replicas: holders,
      replicasWanted: wanted,
    };
  }

  async replicate(request: ReplicateRequest): Promise<ReplicateResponse> {
    this.#checkTag(request.networkTag);
    this.#acceptRunning(request.leases);
    if (request.bundle.length === 0) return { results: [] };
    return { results: resultsOf(await this.#parts.store.run('replicate', { bundle: request.bundle })) };
  }

  async fetch(request: FetchRequest): Promise<FetchResponse> {
    this.#checkTag(request.networkTag);
    const key = checkKey(request.placementKey);
    const owned = this.#parts.ownership.owned();
    const isOwner = owned !== null && isInRange(key, owned);
    if (!isOwner && !request.anyHolder) return { ...emptyPage(), notOwner: true };
    const { ownership } = this.#parts;
    const asked = { key: request.placementKey, afterSlot: request.cursor, limit: request.limit };
    const holding = encodeHolding(ownership.holdingAt(key));
    return { ...readPage(this.#parts, asked), holding };
  }

  async digest(request: DigestRequest): Promise<DigestResponse> {
    this.#checkTag(request.networkTag);
    const range = rangeOf(request.from, request.to);
    const { minCopies, claimed, given } = request;
    const { ownership } = this.#parts;
    // Known before it is compared: what is acknowledged after it ceased to be the owner is not acknowledged here.
    const holding = encodeHolding(ownership.holdingOf(range));
    const owner = ownership.ownsSomeOf(range);
    if (given) {
      ownership.hold(range);
      return { equal: true, buckets: Buffer.alloc(0), holding, owner };
    }
    const { summary, buckets } = await this.#parts.store.run('digest', { table: 'stored', range, minCopies });
    const isEqual = Buffer.compare(summary, request.digest) === 0;
    if (isEqual && claimed && minCopies === 0) ownership.hold(range);
    return { equal: isEqual, buckets: isEqual ? Buffer.alloc(0) : asBuffer(buckets), holding, owner };
  }

  async list(request: ListRequest): Promise<ListResponse> {
    this.#checkTag(request.networkTag);
    if (request.wanted.length > 0) return await this.#listWanted(request.wanted);
    const cursor = request.cursor.length === 0 ? null : request.cursor;
    if (cursor !== null && cursor.length !== 64) throw malformed('a cursor of another length');
    const { entries, next } = await this.#parts.store.run('entries', {
      table: 'stored',
      range: rangeOf(request.from, request.to),
      minCopies: request.minCopies,
      cursor,
      limit: Math.min(Math.max(1, request.limit), LIST_ENTRIES_MAX),
    });
    const nextCursor = asBuffer(next ?? new Uint8Array(0));
    return { entries: asBuffer(entries), bundle: Buffer.alloc(0), picked: 0, leases: [], nextCursor };
  }

  async missing(request: MissingRequest): Promise<MissingResponse> {
    this.#checkTag(request.networkTag);
    if (request.entries.length > ENTRIES_BYTES_MAX) throw malformed('too many entries');
    const { entries, orSuperseded } = request;
    const { missing } = await this.#parts.store.run('missing', { table: 'stored', entries, orSuperseded });
    return { missing: [...missing] };
  }

  async renew(request: RenewRequest): Promise<RenewResponse> {
    this.#checkTag(request.networkTag);
    const { store, replicas } = this.#parts;
    const range = rangeOf(request.from, request.to);
    const owned = this.#ownedNow();
    if (request.lease === undefined) throw malformed('a renewal without a lease');
    void replicas.write({ all: null, wide: null, leases: this.#acceptLease(request.lease) });
    if (!isOwnedBy(owned, range)) return { ...emptyRenewal(store.storeId), notOwner: true };
    const since = request.storeId === store.storeId ? request.sinceArrival : 0n;
    const signer = request.lease.node.toString('hex');
    const done = await store.run('renew', { signer, range, digest: request.digest, since });
    return {
      equal: done.equal,
      notOwner: false,
      buckets: asBuffer(done.buckets),
      publications: asBuffer(done.news.bundle ?? new Uint8Array(0)),
      arrival: done.news.position,
      more: done.news.more,
      storeId: store.storeId,
    };
  }

  async #listWanted(wanted: Uint8Array): Promise<ListResponse> {
    if (wanted.length > WANTED_BYTES_MAX) throw malformed('too many wanted');
    const { bundles, providers, picked } = await this.#parts.store.run('pick', {
      table: 'stored',
      wanted,
      bundlesMax: 1,
    });
    return {
      entries: Buffer.alloc(0),
      bundle: asBuffer(bundles[0] ?? new Uint8Array(0)),
      picked,
      leases: this.#parts.leases.passedOn(providers),
      nextCursor: Buffer.alloc(0),
    };
  }

  #ownedNow(): KeyRange {
    const owned = this.#parts.ownership.owned();
    if (owned === null) throw new Problem('not_ready');
    return owned;
  }

  /** The lease as it is passed on to replicas, which may know less than this node. */
  #acceptLease(lease: StoreRequest['lease']): RunningLease[] {
    if (lease === undefined) return [];
    this.#parts.leases.accept(lease);
    const node = lease.node.toString('hex');
    return this.#parts.leases.passedOn([node]);
  }

  #acceptRunning(leases: readonly RunningLease[]): void {
    if (leases.length > LEASES_MAX) throw malformed('too many leases');
    for (const lease of leases) this.#parts.leases.acceptRunning(lease);
  }

  #checkTag(tag: bigint): void {
    if (tag === this.#parts.networkTag) return;
    throw new Problem('other_network', {
      address: 'the caller',
      theirs: tag.toString(16),
      ours: this.#parts.networkTag.toString(16),
    });
  }
}

function isOwnedBy(owned: KeyRange, range: KeyRange): boolean {
  return isInRange(range.to, owned) && (range.from === owned.from || isInRange(range.from, owned));
}

function emptyRenewal(storeId: bigint): RenewResponse {
  const nothing = Buffer.alloc(0);
  return {
    equal: false,
    notOwner: false,
    buckets: nothing,
    publications: nothing,
    arrival: 0n,
    more: false,
    storeId,
  };
}

function resultsOf({ outcomes, codes }: Outcomes): StoreResult[] {
  return outcomes.map((outcome, index) => ({ outcome, code: codes[index] ?? '' }));
}

function rangeOf(from: Buffer, to: Buffer): KeyRange {
  return { from: checkKey(from), to: checkKey(to) };
}

function checkKey(key: Buffer): string {
  if (key.length !== 32) throw malformed('a key of another length');
  return key.toString('hex');
}

function malformed(reason: string): Problem {
  return new Problem('bad_request', { reason });
}
