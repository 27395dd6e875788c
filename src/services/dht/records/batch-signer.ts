/**
 * Signs what this node asserts: one signature over the Merkle root of a publishing run. What is signed is written down in
 * the same transaction, before it is sent: whatever dies, the next renewal knows what the ring should hold.
 */
import { SignedBatch as WireBatchCodec } from '../../../generated/anillo/records/v1/records.ts';
import type { NodeKey } from '../../../identity/node-key.ts';
import { BATCH_DOMAIN, buildBatch } from '../../../records/batch.ts';
import { encodeBody } from '../../../records/body.ts';
import { INSTANT_MAX } from '../../../records/clock.ts';
import { leafHash } from '../../../records/encoding.ts';
import { baseOf, shardOf } from '../../../records/keys.ts';
import { linePlaceOf } from '../../../records/line.ts';
import {
  basePlacement,
  copiesOf,
  firstKey,
  type Placement,
  placementKeys,
  SHARD_LEVELS_MAX,
} from '../../../records/placement-keys.ts';
import { RECORD_VERSION, type Record, type RecordBody, type SignedBatch } from '../../../records/record.ts';
import { slotOf } from '../../../records/slot.ts';
import { sha256 } from './record-checks.ts';
import { batchToWire, encodeRecord, kindNumber } from './record-codec.ts';
import { hasEnd, TOMBSTONE_LIFE_MS } from './record-intake.ts';
import type { Outgoing, OutgoingBatch } from './record-tasks.ts';
import type { StoredRecords } from './stored-records.ts';
import { VersionClock } from './version-clock.ts';

/** A body to sign, and which pending changes wait for it. */
export interface Assertion {
  readonly record: RecordBody;
  readonly slot: string;
  readonly changes: number[];
}

export class BatchSigner {
  readonly #clock: VersionClock;
  readonly #asserted: StoredRecords;
  readonly #key: NodeKey;
  readonly #networkId: string;

  constructor(asserted: StoredRecords, key: NodeKey, networkId: string) {
    this.#asserted = asserted;
    this.#clock = new VersionClock(asserted, key.id);
    this.#key = key;
    this.#networkId = networkId;
  }

  slotOf(record: RecordBody): string {
    return slotOf(sha256, this.#key.id, this.#key.id, record);
  }

  /** Inside the caller's transaction. @param nowMs Unix milliseconds @param until as `VersionClock.take` has it */
  sign(assertions: readonly Assertion[], nowMs: number, until = INSTANT_MAX): OutgoingBatch {
    if (assertions.length === 0) return { outgoing: [], batches: [] };
    const { batch, records } = this.#signBatch(assertions, nowMs, until);
    const encoded = WireBatchCodec.encode(batchToWire(batch)).finish();
    const outgoing = records.flatMap(({ record, leaf }, index) => {
      const assertion = assertions[index];
      return assertion === undefined ? [] : this.#assert(assertion, record, leaf);
    });
    this.#asserted.table.putBatch(batch.root, encoded);
    return { outgoing, batches: [{ root: batch.root, encoded }] };
  }

  /** Level of the shard where (path, publisher) stands: as asserted before, else the first that is not known to be full. */
  baseLevel(path: string, publisher: string, slot: string): number {
    for (let level = 0; level < SHARD_LEVELS_MAX; level++) {
      const placement = basePlacement(sha256, path, publisher, level);
      if (this.#stands(placement.key, slot)) return level;
      const split = splitBody(path, publisher, level);
      if (!this.#stands(firstKey(sha256, split), this.slotOf(split))) return level;
    }
    return SHARD_LEVELS_MAX;
  }

  #signBatch(assertions: readonly Assertion[], nowMs: number, until: bigint) {
    const instants = this.#clock.take(assertions, nowMs, until);
    const context = {
      networkId: this.#networkId,
      version: RECORD_VERSION,
      signer: this.#key.id,
      credential: new Uint8Array(0),
    };
    const drafts = assertions.map(({ record }, index) => ({
      kind: record.kind,
      key: firstKey(sha256, record),
      publisher: this.#key.id,
      seq: instants[index] ?? 0n,
      issuedAtMs: nowMs,
      body: encodeBody(record),
    }));
    const leaves = drafts.map((draft) => leafHash(sha256, context, draft));
    const tree = buildBatch(sha256, leaves);
    const signature = this.#key.sign(BATCH_DOMAIN, Buffer.from(this.#networkId, 'hex'), tree.root);
    const batch: SignedBatch = { ...context, signerKey: this.#key.publicKey, root: tree.root, signature };
    const records = drafts.map((draft, index) => ({
      record: { ...draft, batch, batchPath: tree.path(index), batchIndex: index } satisfies Record,
      leaf: leaves[index] ?? tree.root,
    }));
    return { batch, records };
  }

  #assert(assertion: Assertion, record: Record, leaf: Uint8Array): Outgoing[] {
    const encoded = encodeRecord(record);
    const isEnding = hasEnd(assertion.record);
    return this.#placementsOf(assertion, record.publisher).map((placement) => {
      this.#asserted.table.put({
        key: Buffer.from(placement.key, 'hex'),
        slot: Buffer.from(assertion.slot, 'hex'),
        seq: record.seq,
        tag: leaf.subarray(0, 8),
        kind: kindNumber(record.kind),
        copies: copiesOf(placement.class),
        signer: record.batch.signer,
        expires: isEnding ? this.#asserted.livedMs + TOMBSTONE_LIFE_MS : null,
        line: linePlaceOf(sha256, record.publisher, assertion.record, record.seq, placement.class),
        root: record.batch.root,
        encoded,
      });
      return {
        key: placement.key,
        slot: assertion.slot,
        root: record.batch.root,
        record: encoded,
        remainingMs: isEnding ? TOMBSTONE_LIFE_MS : 0,
        changes: assertion.changes,
      };
    });
  }

  #placementsOf({ record, slot }: Assertion, publisher: string): Placement[] {
    return placementKeys(sha256, publisher, record).map((placement) => {
      const isSharded =
        placement.class === 'base' && (record.kind === 'publication' || record.kind === 'tombstone');
      if (!isSharded) return placement;
      return basePlacement(
        sha256,
        record.body.path,
        publisher,
        this.baseLevel(record.body.path, publisher, slot),
      );
    });
  }

  #stands(key: string, slot: string): boolean {
    return this.#asserted.table.standing(Buffer.from(key, 'hex'), Buffer.from(slot, 'hex')) !== null;
  }
}

/** Says that the key where (path, publisher) would stand at `level` is full. */
export function splitBody(path: string, publisher: string, level: number): RecordBody {
  return { kind: 'split', body: { base: baseOf(path), shard: shardOf(sha256, path, publisher, level) } };
}
