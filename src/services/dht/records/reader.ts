/**
 * Reads what stands under a key: from its owner, beside it from a replica; and from further nodes in ring order where the owner
 * does not answer or says that it may not know all, until nothing acknowledged can be missing. Everything is checked and united
 * here, so no single node can invent a record, nor one alone hide it.
 */
import type { FetchResponse } from '../../../generated/anillo/records/v1/records.ts';
import { Problem } from '../../../problems/problem.ts';
import { baseShardKey } from '../../../records/keys.ts';
import { mergeBySlot } from '../../../records/merge.ts';
import { readQuorum } from '../../../records/placement.ts';
import { SHARD_LEVELS_MAX } from '../../../records/placement-keys.ts';
import type { Checks } from '../../../records/validate.ts';
import type { Identifier } from '../../../ring/identifier.ts';
import type { Contact } from '../../../ring/message.ts';
import { openPage, type ReadRecord } from './checked-page.ts';
import { type Clock, wait } from './clock.ts';
import { assembleFound } from './found-assembly.ts';
import type { FoundRecords } from './found-records.ts';
import { GatheredKey, type KeyAnswer } from './gathered-key.ts';
import { decodeHolding, type Holding, lesserHolding } from './holding.ts';
import type { OwnedRange, OwnerMap } from './owner-map.ts';
import type { PeerCalls } from './peer-calls.ts';
import { CheckedBatches, sha256 } from './record-checks.ts';
import { Slots } from './slots.ts';
import { successionOf } from './succession.ts';

/** How long a found answer waits for the replica asked beside the owner. */
const REPLICA_GRACE_MS = 25;
/** A paused node is not waited for where others have an answer. */
const PATIENCE_MS = 800;
/** Between two tries of one read; grows with each. */
const RETRY_MS = 50;
const RETRY_MAX_MS = 800;
const PAGE_ENTRIES = 500;
/** Of one key: 16 full pages. */
const PAGES_MAX = 32;
const SHARDS = '0123456789abcdef';
const SHARD_READS_AT_ONCE = 4;

interface KeyRead {
  readonly records: Map<Identifier, ReadRecord>;
  readonly asked: number;
  readonly agreed: number;
  truncated: boolean;
}

/** Of a key that could not be read in time. */
const UNREAD: KeyRead = { records: new Map(), asked: 0, agreed: 0, truncated: true };

interface Wanted {
  readonly key: Identifier;
  readonly limit: number;
  /** On the monotonic clock. */
  readonly deadlineMs: number;
}

export interface ReaderOptions {
  readonly owners: OwnerMap;
  readonly calls: PeerCalls;
  readonly checks: Checks;
  readonly clock: Clock;
  readonly callTimeoutMs: number;
  readonly findTimeoutMs: number;
}

export class Reader {
  readonly #options: ReaderOptions;
  readonly #batches: CheckedBatches;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#batches = new CheckedBatches(options.checks);
  }

  /**
   * Everything acknowledged that stands under a key. `truncated` where there is more than the limit, or where not everybody who
   * may know more answered in time. @throws Problem `not_ready`, `deadline`, `unreachable` when nothing is known in time
   */
  async find(key: Identifier, limit: number): Promise<FoundRecords> {
    const { clock, findTimeoutMs } = this.#options;
    const deadlineMs = clock.monotonicMs() + findTimeoutMs;
    const whole = await this.#readKey({ key, limit, deadlineMs });
    await this.#readShards(whole, { key, limit, deadlineMs });
    return assembleFound([...whole.records.values()], { ...whole, limit });
  }

  /** The shards of a base key that was split, and theirs. */
  async #readShards(whole: KeyRead, wanted: Wanted): Promise<void> {
    const slots = new Slots(SHARD_READS_AT_ONCE);
    let open = splitsAt([...whole.records.values()], null);
    while (open.length > 0) {
      const shards = open.flatMap(({ base, shard }) =>
        [...SHARDS].map((digit) => ({ base, shard: shard + digit })),
      );
      const reads = shards.map(({ base, shard }) =>
        // One that cannot be read in time hides no other.
        slots
          .run(() => this.#readKey({ ...wanted, key: baseShardKey(sha256, base, shard) }))
          .catch(() => UNREAD),
      );
      const read = await Promise.all(reads);
      for (const one of read) {
        mergeBySlot(whole.records, one.records.values());
        whole.truncated ||= one.truncated;
      }
      open = read.flatMap((one, index) => splitsAt([...one.records.values()], shards[index]?.shard ?? null));
    }
  }

  /** Again and again until it is complete or the time is over. */
  async #readKey(wanted: Wanted): Promise<KeyRead> {
    const { clock, findTimeoutMs } = this.#options;
    let known = new GatheredKey(0);
    let failure: unknown = new Problem('deadline', {
      what: 'the.entries',
      timeoutMs: findTimeoutMs,
    });
    for (let waitMs = RETRY_MS; ; waitMs = Math.min(2 * waitMs, RETRY_MAX_MS)) {
      try {
        const read = await this.#readOnce(wanted);
        if (read?.isComplete) return toKeyRead(read, false);
        if (read !== null && read.records.size > known.records.size) known = read;
      } catch (error) {
        failure = error;
      }
      if (this.#leftMs(wanted) <= waitMs) break;
      await wait(clock, waitMs);
    }
    if (known.records.size > 0) return toKeyRead(known, true);
    throw failure;
  }

  /** Null when the node asked is not the owner. */
  async #readOnce(wanted: Wanted): Promise<GatheredKey | null> {
    const { owners } = this.#options;
    const place = await owners.find(wanted.key, this.#leftMs(wanted));
    const gathered = new GatheredKey(readQuorum(place.successors.length));
    const owner = this.#readFrom(place.owner, wanted, false);
    const [replica] = place.successors;
    const beside = replica === undefined ? null : this.#readFrom(replica, wanted, true);
    const first = await this.#within(PATIENCE_MS, owner);
    if (first === 'notOwner') {
      owners.forget(place);
      return null;
    }
    if (first !== 'late') gathered.add(first);
    if (gathered.isComplete) await this.#addSecond(gathered, beside);
    else {
      const isClosed = await this.#readAround(gathered, wanted, place, beside);
      if (first === 'late' && !gathered.isComplete) gathered.add(answerOf(await owner));
      if (isClosed) gathered.close();
    }
    if (!gathered.isComplete) owners.forget(place);
    return gathered;
  }

  /** The nodes after the owner, one after the other: replicas, and who owned the key before. True when none is left to ask. */
  async #readAround(
    gathered: GatheredKey,
    wanted: Wanted,
    { owner, successors }: OwnedRange,
    beside: Promise<KeyAnswer | 'notOwner' | null> | null,
  ): Promise<boolean> {
    const { owners } = this.#options;
    let isFirst = beside !== null;
    for await (const node of successionOf(owner, successors, owners)) {
      gathered.add(
        answerOf(await (isFirst && beside !== null ? beside : this.#readFrom(node, wanted, true))),
      );
      isFirst = false;
      if (gathered.isComplete || this.#leftMs(wanted) <= 0) return false;
    }
    return true;
  }

  /** All pages up to the limit. Null when it does not answer. */
  async #readFrom(
    from: Contact,
    { key, limit, deadlineMs }: Wanted,
    anyHolder: boolean,
  ): Promise<KeyAnswer | 'notOwner' | null> {
    const { calls, checks, clock, callTimeoutMs } = this.#options;
    const records = new Map<Identifier, ReadRecord>();
    let holding: Holding = 'whole';
    let truncated = false;
    let cursor: Buffer = Buffer.alloc(0);
    for (let page = 0; page < PAGES_MAX; page++) {
      const request = { placementKey: Buffer.from(key, 'hex'), limit: PAGE_ENTRIES, cursor, anyHolder };
      const timeoutMs = Math.min(callTimeoutMs, Math.max(1, deadlineMs - clock.monotonicMs()));
      const answer: FetchResponse | null = await calls
        .call(from, 'fetch', request, timeoutMs)
        .catch(() => null);
      if (answer === null) return null;
      if (answer.notOwner) return 'notOwner';
      holding = lesserHolding(holding, decodeHolding(answer.holding));
      mergeBySlot(records, openPage(answer, key, { checks, batches: this.#batches }));
      truncated ||= answer.truncated;
      cursor = answer.nextCursor;
      if (cursor.length === 0) return { records, holding, truncated };
      // Splits stand among the entries, so a key that has them is read to its end.
      if (records.size >= limit + PAGE_ENTRIES) break;
    }
    return { records, holding, truncated: true };
  }

  /** What is there can be shown; that nothing is there is worth a second opinion. */
  async #addSecond(
    gathered: GatheredKey,
    beside: Promise<KeyAnswer | 'notOwner' | null> | null,
  ): Promise<void> {
    if (beside === null) return;
    const second = await this.#within(gathered.records.size > 0 ? REPLICA_GRACE_MS : PATIENCE_MS, beside);
    gathered.add(second === 'late' ? null : answerOf(second));
  }

  #within<Result>(ms: number, work: Promise<Result>): Promise<Result | 'late'> {
    return Promise.race([work, wait(this.#options.clock, ms).then(() => 'late' as const)]);
  }

  #leftMs({ deadlineMs }: Wanted): number {
    return Math.max(0, deadlineMs - this.#options.clock.monotonicMs());
  }
}

function answerOf(answer: KeyAnswer | 'notOwner' | null): KeyAnswer | null {
  return answer === 'notOwner' ? null : answer;
}

function toKeyRead({ records, asked, agreed, truncated }: GatheredKey, isPartial: boolean): KeyRead {
  return { records, asked, agreed, truncated: truncated || isPartial };
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
