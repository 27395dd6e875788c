/**
 * Reads what stands under a key: from its owner, beside it from a replica, and from the replicas alone when the owner does not
 * answer. Everything is checked and merged here, so no single node can invent a record, nor one alone hide it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { FetchResponse } from '../../../generated/anillo/records/v1/records.ts';
import { Problem } from '../../../problems/problem.ts';
import { baseShardKey } from '../../../records/keys.ts';
import { mergeBySlot } from '../../../records/merge.ts';
import { SHARD_LEVELS_MAX } from '../../../records/placement-keys.ts';
import type { Checks } from '../../../records/validate.ts';
import type { Identifier } from '../../../ring/identifier.ts';
import type { Contact } from '../../../ring/message.ts';
import { openPage, type ReadRecord } from './checked-page.ts';
import { assembleFound } from './found-assembly.ts';
import type { FoundRecords } from './found-records.ts';
import type { OwnedRange, OwnerMap } from './owner-map.ts';
import type { PeerCalls } from './peer-calls.ts';
import { CheckedBatches, sha256 } from './record-checks.ts';
import { Slots } from './slots.ts';

/** How long a found answer waits for the replica asked beside the owner. */
const REPLICA_GRACE_MS = 25;
/** A paused owner is not waited for where a replica has an answer. */
const OWNER_PATIENCE_MS = 800;
const REPLICAS_TRIED_MAX = 4;
const PAGE_ENTRIES = 500;
/** Of one key: 16 full pages. */
const PAGES_MAX = 32;
const SHARDS = '0123456789abcdef';
const SHARD_READS_AT_ONCE = 4;
const ROUNDS = 2;

interface KeyRead {
  readonly records: Map<Identifier, ReadRecord>;
  asked: number;
  agreed: number;
  truncated: boolean;
}

export interface ReaderOptions {
  readonly owners: OwnerMap;
  readonly calls: PeerCalls;
  readonly checks: Checks;
}

export class Reader {
  readonly #options: ReaderOptions;
  readonly #batches: CheckedBatches;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#batches = new CheckedBatches(options.checks);
  }

  /** @throws Problem `not_ready`, `deadline`, `unreachable` */
  async find(key: Identifier, limit: number): Promise<FoundRecords> {
    const whole = await this.#readKey(key, limit);
    await this.#readShards(whole, limit);
    return assembleFound([...whole.records.values()], { ...whole, limit });
  }

  /** The shards of a base key that was split, and theirs. */
  async #readShards(whole: KeyRead, limit: number): Promise<void> {
    const slots = new Slots(SHARD_READS_AT_ONCE);
    let open = splitsAt([...whole.records.values()], null);
    while (open.length > 0) {
      const shards = open.flatMap(({ base, shard }) =>
        [...SHARDS].map((digit) => ({ base, shard: shard + digit })),
      );
      const reads = shards.map((shard) =>
        slots.run(() => this.#readKey(baseShardKey(sha256, shard.base, shard.shard), limit)),
      );
      const read = await Promise.all(reads);
      for (const one of read) {
        mergeBySlot(whole.records, one.records.values());
        whole.truncated ||= one.truncated;
      }
      open = read.flatMap((one, index) => splitsAt([...one.records.values()], shards[index]?.shard ?? null));
    }
  }

  async #readKey(key: Identifier, limit: number): Promise<KeyRead> {
    let failure: unknown = null;
    for (let round = 0; round < ROUNDS; round++) {
      const owner = await this.#options.owners.find(key);
      try {
        const read = await this.#readBeside(key, owner, limit);
        if (read !== null) return read;
      } catch (error) {
        failure = error;
      }
      // Its owner is another by now, or does not answer.
      this.#options.owners.forget(owner);
      const replicas = failure === null ? null : await this.#readReplicas(key, owner, limit);
      if (replicas !== null) return replicas;
    }
    throw failure ?? new Problem('not_ready');
  }

  /** Null when the node asked is not the owner. */
  async #readBeside(
    key: Identifier,
    { owner, successors }: OwnedRange,
    limit: number,
  ): Promise<KeyRead | null> {
    const replica = successors[0];
    const first = this.#readFrom(owner, key, limit, false);
    if (replica === undefined) return await first;
    const beside = this.#readFrom(replica, key, limit, true).catch(() => null);
    const read = await Promise.race([first, this.#insteadOf(beside)]);
    if (read === null) return null;
    // What is there can be shown; that nothing is there is worth a second opinion.
    const isUrgent = read.records.size > 0;
    const second = await (isUrgent
      ? Promise.race([beside, pause(REPLICA_GRACE_MS, null, { ref: false })])
      : beside);
    return second === null || second === read ? { ...read, asked: 2 } : unite(read, second);
  }

  /** What the replica has, once the owner was waited for long enough; never anything when it has nothing. */
  async #insteadOf(beside: Promise<KeyRead | null>): Promise<KeyRead> {
    const [read] = await Promise.all([beside, pause(OWNER_PATIENCE_MS, null, { ref: false })]);
    return read !== null && read.records.size > 0 ? read : await new Promise<never>(() => {});
  }

  async #readReplicas(key: Identifier, { successors }: OwnedRange, limit: number): Promise<KeyRead | null> {
    for (const replica of successors.slice(0, REPLICAS_TRIED_MAX)) {
      const read = await this.#readFrom(replica, key, limit, true).catch(() => null);
      if (read !== null) return { ...read, asked: read.asked + 1 };
    }
    return null;
  }

  /** All pages up to the limit. Null when the node says that it does not own the key. */
  async #readFrom(
    from: Contact,
    key: Identifier,
    limit: number,
    anyHolder: boolean,
  ): Promise<KeyRead | null> {
    const read: KeyRead = { records: new Map(), asked: 1, agreed: 1, truncated: false };
    const { calls, checks } = this.#options;
    let cursor: Buffer = Buffer.alloc(0);
    for (let page = 0; page < PAGES_MAX; page++) {
      const request = { placementKey: Buffer.from(key, 'hex'), limit: PAGE_ENTRIES, cursor, anyHolder };
      const answer: FetchResponse = await calls.call(from, 'fetch', request);
      if (answer.notOwner) return null;
      mergeBySlot(read.records, openPage(answer, key, { checks, batches: this.#batches, nowMs: Date.now() }));
      read.truncated ||= answer.truncated;
      cursor = answer.nextCursor;
      if (cursor.length === 0) return read;
      // Splits stand among the entries, so a key that has them is read to its end.
      if (read.records.size >= limit + PAGE_ENTRIES) break;
    }
    return { ...read, truncated: true };
  }
}

function unite(left: KeyRead, right: KeyRead): KeyRead {
  const before = new Map([...left.records].map(([slot, { tag }]) => [slot, tag]));
  const isSame =
    left.records.size === right.records.size &&
    [...right.records].every(([slot, { tag }]) => before.get(slot) === tag);
  return {
    records: mergeBySlot(left.records, right.records.values()),
    asked: 2,
    agreed: isSame ? 2 : 1,
    truncated: left.truncated || right.truncated,
  };
}

/** The splits among the records that speak of the key read: of `shard`, or of a base key. */
function splitsAt(records: readonly ReadRecord[], shard: string | null): { base: string; shard: string }[] {
  const found = new Map<string, { base: string; shard: string }>();
  for (const { body } of records) {
    if (body.kind !== 'split' || (shard !== null && body.body.shard !== shard)) continue;
    if (body.body.shard.length < SHARD_LEVELS_MAX) found.set(body.body.shard, body.body);
  }
  return [...found.values()];
}
