/**
 * What this node asserts on the ring: its own publications, withdrawals and providers, and others' publications of contents
 * that it holds. Runs in the worker.
 */
import type { RecordBundle } from '../../../generated/anillo/records/v1/records.ts';
import { encodeBody, parseBody } from '../../../records/body.ts';
import { cidKey } from '../../../records/keys.ts';
import { linePlaceOf } from '../../../records/line.ts';
import {
  allKeys,
  basePlacement,
  copiesOf,
  placementKeys,
  SHARD_LEVELS_MAX,
} from '../../../records/placement-keys.ts';
import type { RecordBody } from '../../../records/record.ts';
import { type Assertion, type BatchSigner, splitBody } from './batch-signer.ts';
import type { PendingChange, PendingFile, RefusedChange } from './pending-source.ts';
import { sha256 } from './record-checks.ts';
import { decodeRecord } from './record-codec.ts';
import type { RecordIntake } from './record-intake.ts';
import type { Outgoing, OutgoingBatch, TaskOutput } from './record-tasks.ts';
import type { StoredRecords } from './stored-records.ts';
import { provides } from './unasserted-files.ts';

const SWEEP_ROWS_MAX = 500;
/** Only publications and withdrawals are learned from others. */
const NOBODY: ReadonlySet<string> = new Set();

interface Refused {
  readonly key: string;
  readonly slot: string;
  readonly changes: readonly number[];
}

interface Asserted {
  readonly publisher: string;
  readonly body: RecordBody;
}

export class AssertedRecords {
  readonly #stored: StoredRecords;
  readonly #signer: BatchSigner;
  readonly #intake: RecordIntake;
  readonly #self: string;

  constructor(stored: StoredRecords, signer: BatchSigner, intake: RecordIntake, self: string) {
    this.#stored = stored;
    this.#signer = signer;
    this.#intake = intake;
    this.#self = self;
  }

  /** Signs the changes in one batch. Of several for one slot the last counts. */
  sign(changes: readonly PendingChange[], nowMs: number): TaskOutput<'sign'> {
    return this.#stored.transact(() => {
      const assertions = new Map<string, Assertion>();
      const refused: RefusedChange[] = [];
      for (const change of changes) {
        const records = this.#recordsOf(change);
        const reason = refusalOf(records);
        // A withdrawal of what nobody would take has nothing to withdraw.
        const isWithdrawal = change.act === 'withdraw' || change.act === 'unprovide';
        if (reason !== null && !isWithdrawal) refused.push({ id: change.id, reason });
        if (reason === null) for (const record of records) this.#assert(record, change.id, assertions);
        if (isWithdrawal && change.lastCopy) this.#forgetOthers(change.file.cid);
      }
      return { ...this.#signer.sign([...assertions.values()], nowMs), refused };
    });
  }

  #assert(record: RecordBody, change: number, assertions: Map<string, Assertion>): void {
    const slot = this.#signer.slotOf(record);
    const ids = assertions.get(slot)?.changes ?? [];
    // A record's place in the batch is its place in time: that of the last change of its slot.
    assertions.delete(slot);
    assertions.set(slot, { record, slot, changes: [...ids, change] });
  }

  /** Moves assertions whose base key is full one level deeper, and says so at the full key. */
  shard(refused: readonly Refused[], nowMs: number): TaskOutput<'shard'> {
    return this.#stored.transact(() => {
      const splits = new Map<string, Assertion>();
      const moved: Outgoing[] = [];
      const stuck: number[] = [];
      for (const [index, placed] of refused.entries()) {
        const deeper = this.#deepen(placed, splits);
        if (deeper === null) stuck.push(index);
        else moved.push(...deeper);
      }
      const signed = this.#signer.sign([...splits.values()], nowMs);
      return {
        outgoing: [...signed.outgoing, ...moved],
        batches: [...signed.batches, ...this.#batchesOf(moved)],
        stuck,
      };
    });
  }

  /** The asserted records at (key, slot) pairs. */
  outgoing(wanted: Uint8Array): OutgoingBatch {
    const outgoing: Outgoing[] = [];
    for (const record of this.#stored.picked(wanted)) {
      if (record === null) continue;
      outgoing.push({
        key: Buffer.from(record.key).toString('hex'),
        slot: Buffer.from(record.slot).toString('hex'),
        root: record.root,
        record: record.encoded,
        remainingMs: this.#stored.remainingOf(record.expires),
        changes: [],
      });
    }
    return { outgoing, batches: this.#batchesOf(outgoing) };
  }

  /** Takes what an owner told: others' publications of contents that this node provides, under all of their keys. */
  learn(bundle: RecordBundle, nowMs: number): number {
    return this.#stored.transact(() => {
      const rules = { owned: null, nowMs, ...this.#stored.times, kept: NOBODY };
      const spread = this.#spread(bundle);
      const taken = this.#intake.take(spread, rules);
      return taken.filter(({ row }) => row !== null).length;
    });
  }

  /** Counts the time as lived, and forgets some of the withdrawals that have been kept long enough. */
  sweep(elapsedMs: number): void {
    this.#stored.transact(() => {
      this.#stored.live(elapsedMs);
      for (const { key, slot } of this.#stored.expired(SWEEP_ROWS_MAX)) this.#stored.table.remove(key, slot);
    });
  }

  #recordsOf({ act, file, lastCopy }: PendingChange): RecordBody[] {
    const provided = [providerOf(file.cid, 'complete')];
    const unprovided = lastCopy ? [providerOf(file.cid, 'none')] : [];
    switch (act) {
      case 'publish':
        return [publicationOf(file), ...provided];
      case 'withdraw':
        return [this.#tombstoneOf(file), ...unprovided];
      case 'provide':
        return provided;
      case 'unprovide':
        return unprovided;
    }
  }

  #tombstoneOf({ cid, path }: PendingFile): RecordBody {
    const body = { cid, path, withdrawn: null };
    const slot = bytes(this.#signer.slotOf({ kind: 'tombstone', body }));
    const key = bytes(cidKey(sha256, cid));
    const standing = this.#stored.table.standing(key, slot);
    const said = this.#bodyAt(key, slot)?.body;
    // A withdrawal that is signed again says what it said: its own seq is not that of a publication.
    if (standing === null || said?.kind === 'tombstone') return said ?? { kind: 'tombstone', body };
    return { kind: 'tombstone', body: { cid, path, withdrawn: standing.seq.toString() } };
  }

  /** This node no longer holds the content: others' publications of it are for others to assert. */
  #forgetOthers(cid: string): void {
    const key = cidKey(sha256, cid);
    const others = this.#stored.scan.entries(
      { from: previousKey(key), to: key },
      { minCopies: 0, signer: this.#stored.table.signerId(this.#self), by: 'foreign' },
      null,
      Number.MAX_SAFE_INTEGER,
    );
    for (const { slot } of others) {
      const record = this.#bodyAt(bytes(key), slot);
      if (record === null) continue;
      for (const placed of allKeys(sha256, record.publisher, record.body))
        this.#stored.table.remove(bytes(placed), slot);
    }
  }

  /** Null when there is no deeper level. */
  #deepen(placed: Refused, splits: Map<string, Assertion>): Outgoing[] | null {
    const record = this.#bodyAt(bytes(placed.key), bytes(placed.slot));
    const body = record?.body;
    if (record === null || body === undefined || (body.kind !== 'publication' && body.kind !== 'tombstone'))
      return [];
    const { path } = body.body;
    const level = levelOf(path, record.publisher, placed.key);
    if (level === null || level >= SHARD_LEVELS_MAX) return null;
    const split = splitBody(path, record.publisher, level);
    const slot = this.#signer.slotOf(split);
    splits.set(slot, {
      record: split,
      slot,
      changes: [...(splits.get(slot)?.changes ?? []), ...placed.changes],
    });
    const { key } = basePlacement(sha256, path, record.publisher, level + 1);
    return this.#move(placed, key, record);
  }

  #move(placed: Refused, key: string, { publisher, body }: Asserted): Outgoing[] {
    const [from, slot] = [bytes(placed.key), bytes(placed.slot)];
    const picked = this.#stored.scan.pick(from, slot);
    const standing = this.#stored.table.standing(from, slot);
    if (picked === null || standing === null) return [];
    this.#stored.table.put({
      key: bytes(key),
      slot,
      seq: standing.seq,
      tag: standing.tag,
      kind: picked.kind,
      copies: copiesOf('base'),
      signer: Buffer.from(picked.signer).toString('hex'),
      expires: picked.expires,
      line: linePlaceOf(sha256, publisher, body, standing.seq, 'base'),
      root: picked.root,
      encoded: picked.encoded,
    });
    this.#stored.table.remove(from, slot);
    const remainingMs = this.#stored.remainingOf(picked.expires);
    return [
      {
        key,
        slot: placed.slot,
        root: picked.root,
        record: picked.encoded,
        remainingMs,
        changes: placed.changes,
      },
    ];
  }

  #bodyAt(key: Uint8Array, slot: Uint8Array): Asserted | null {
    const picked = this.#stored.scan.pick(key, slot);
    const record = picked === null ? null : decodeRecord(picked.encoded);
    if (record === null) return null;
    const parsed = parseBody(record.kind, record.body);
    return 'record' in parsed ? { publisher: record.publisher, body: parsed.record } : null;
  }

  /** Each publication under all its keys; nothing of contents that this node does not provide. */
  #spread(bundle: RecordBundle): RecordBundle {
    const records = bundle.records.flatMap((placed) => {
      const record = decodeRecord(placed.record);
      const parsed = record === null ? null : parseBody(record.kind, record.body);
      if (record === null || parsed === null || 'refused' in parsed) return [];
      const body = parsed.record;
      if (body.kind !== 'publication' && body.kind !== 'tombstone') return [];
      if (record.publisher !== this.#self && !provides(this.#stored, this.#self, body.body.cid)) return [];
      return placementKeys(sha256, record.publisher, body).map(({ key }) => ({
        placementKey: Buffer.from(key, 'hex'),
        record: placed.record,
        remainingMs: placed.remainingMs,
      }));
    });
    return { batches: bundle.batches, records };
  }

  #batchesOf(outgoing: readonly Outgoing[]): { root: Uint8Array; encoded: Uint8Array }[] {
    const batches = new Map<string, { root: Uint8Array; encoded: Uint8Array }>();
    for (const { root } of outgoing) {
      const name = Buffer.from(root).toString('hex');
      const encoded = batches.has(name) ? null : this.#stored.table.batch(root);
      if (encoded !== null) batches.set(name, { root, encoded });
    }
    return [...batches.values()];
  }
}

/** Why a receiver would refuse one of them, or null. */
function refusalOf(records: readonly RecordBody[]): string | null {
  for (const record of records) {
    const parsed = parseBody(record.kind, encodeBody(record));
    if ('refused' in parsed) return parsed.refused;
  }
  return null;
}

function publicationOf(file: PendingFile): RecordBody {
  const { cid, path, size, type, tags, copies, previous } = file;
  const modified = Math.max(0, Math.round(file.modifiedMs));
  return {
    kind: 'publication',
    body: { cid, path, size, type, modified, tags, copies, labels: {}, previous },
  };
}

function providerOf(cid: string, state: 'complete' | 'none'): RecordBody {
  return { kind: 'provider', body: { cid, state } };
}

function levelOf(path: string, publisher: string, key: string): number | null {
  for (let level = 0; level <= SHARD_LEVELS_MAX; level++) {
    if (basePlacement(sha256, path, publisher, level).key === key) return level;
  }
  return null;
}

/** The key just before: the range (it, key] is that one key. */
function previousKey(key: string): string {
  return BigInt.asUintN(256, BigInt(`0x${key}`) - 1n)
    .toString(16)
    .padStart(64, '0');
}

function bytes(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex');
}
