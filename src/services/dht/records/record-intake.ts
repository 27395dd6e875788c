/**
 * Takes bundles into the tables: each record checked, merged by slot, and answered for by an outcome. Runs in the worker,
 * one transaction a bundle.
 */
import {
  type RecordBundle,
  SignedBatch,
  StoreOutcome,
} from '../../../generated/anillo/records/v1/records.ts';
import { ProvenNodes } from '../../../records/batch.ts';
import { isInRange, type KeyRange } from '../../../records/key-range.ts';
import { linePlaceOf } from '../../../records/line.ts';
import { copiesOf, type Placement } from '../../../records/placement-keys.ts';
import type { SignedBatch as Batch, Record, RecordBody } from '../../../records/record.ts';
import {
  type Checks,
  isRefusal,
  type Refusal,
  type ValidRecord,
  validatePlacement,
  validateRecord,
} from '../../../records/validate.ts';
import type { KeyLimits } from './key-limits.ts';
import { CheckedBatches, sha256 } from './record-checks.ts';
import { batchFromWire, batchToWire, decodeRecord, kindNumber } from './record-codec.ts';
import type { PlacementRow, RecordTable } from './record-table.ts';

/** How long a tombstone, or a provider's word that it no longer has a content, is kept. */
export const TOMBSTONE_LIFE_MS = 180 * 24 * 60 * 60 * 1000;

export interface IntakeRules {
  /** What this node owns, when it answers as owner: nothing else is taken, and full keys take no new slots. */
  readonly owned: KeyRange | null;
  /** Unix milliseconds. */
  readonly nowMs: number;
  /** How long this store has lived. */
  readonly livedMs: number;
  /** Rows with an end are new here only when they last longer. */
  readonly endsAfter: number;
  /** Nodes whose providers are taken. A row that nobody's lease keeps would go round among neighbours for ever. */
  readonly kept: ReadonlySet<string>;
}

/** What became of one placed record. */
export interface Taken {
  readonly outcome: StoreOutcome;
  readonly code: string;
  /** Null where it was refused. */
  readonly row: PlacementRow | null;
  readonly body: RecordBody | null;
}

interface OpenBatch {
  readonly batch: Batch;
  readonly proven: ProvenNodes;
}

interface Checked {
  readonly record: Record;
  readonly valid: ValidRecord;
}

export class RecordIntake {
  readonly #table: RecordTable;
  readonly #limits: KeyLimits;
  readonly #checks: Checks;
  readonly #batches: CheckedBatches;

  constructor(table: RecordTable, limits: KeyLimits, checks: Checks) {
    this.#table = table;
    this.#limits = limits;
    this.#checks = checks;
    this.#batches = new CheckedBatches(checks);
  }

  /** Inside the caller's transaction. One entry for each record of the bundle, in order. */
  take(bundle: RecordBundle, rules: IntakeRules): Taken[] {
    const batches = this.#openBatches(bundle);
    const checked = new Map<string, Checked | Refusal>();
    this.#limits.begin(rules.kept);
    return bundle.records.map((placed) => {
      const key = placed.placementKey.toString('hex');
      if (rules.owned !== null && !isInRange(key, rules.owned)) return notOwner;
      const text = placed.record.toString('latin1');
      let record = checked.get(text);
      if (record === undefined) {
        record = this.#check(placed.record, batches, rules.nowMs);
        checked.set(text, record);
      }
      if (isRefusal(record)) return refused(record.code);
      const placement = validatePlacement(this.#checks, record.record, record.valid, key);
      if (isRefusal(placement)) return refused(placement.code);
      const row = rowOf(record, placement, placed.record, Number(placed.remainingMs), rules.livedMs);
      return this.#put(row, record, placement, rules);
    });
  }

  #put(row: PlacementRow, { record, valid }: Checked, placement: Placement, rules: IntakeRules): Taken {
    if (valid.body.kind === 'provider' && !hasEnd(valid.body) && !rules.kept.has(row.signer))
      return refused('no_lease');
    if (row.expires !== null && row.expires <= rules.endsAfter && !this.#stands(row)) return refused('ended');
    const code = this.#limits.refuse(row, valid.body, placement, rules.owned !== null);
    if (code !== null) return refused(code);
    const outcome = this.#table.put(row);
    if (outcome === 'stored') this.#table.putBatch(row.root, encodeBatch(record.batch));
    const isSuperseded = outcome === 'superseded';
    return {
      outcome: isSuperseded ? StoreOutcome.STORE_OUTCOME_SUPERSEDED : StoreOutcome.STORE_OUTCOME_STORED,
      code: '',
      row,
      body: valid.body,
    };
  }

  #stands({ key, slot }: PlacementRow): boolean {
    return this.#table.standing(key, slot) !== null;
  }

  #openBatches(bundle: RecordBundle): Map<string, OpenBatch | Refusal> {
    const batches = new Map<string, OpenBatch | Refusal>();
    for (const wire of bundle.batches) {
      const batch = batchFromWire(wire);
      batches.set(
        Buffer.from(batch.root).toString('hex'),
        this.#batches.refuse(batch) ?? { batch, proven: new ProvenNodes() },
      );
    }
    return batches;
  }

  #check(encoded: Uint8Array, batches: Map<string, OpenBatch | Refusal>, nowMs: number): Checked | Refusal {
    const decoded = decodeRecord(encoded);
    const open = decoded === null ? undefined : batches.get(decoded.root);
    if (decoded === null || open === undefined) {
      return { code: 'invalid_record', reason: 'it cannot be decoded, or its batch is missing' };
    }
    if (isRefusal(open)) return open;
    const record = { ...decoded, batch: open.batch };
    const valid = validateRecord(this.#checks, record, nowMs, open.proven);
    return isRefusal(valid) ? valid : { record, valid };
  }
}

const notOwner: Taken = { outcome: StoreOutcome.STORE_OUTCOME_NOT_OWNER, code: '', row: null, body: null };

function refused(code: string): Taken {
  return { outcome: StoreOutcome.STORE_OUTCOME_REFUSED, code, row: null, body: null };
}

function rowOf(
  { record, valid }: Checked,
  placement: Placement,
  encoded: Uint8Array,
  remainingMs: number,
  livedMs: number,
): PlacementRow {
  return {
    key: Buffer.from(placement.key, 'hex'),
    slot: Buffer.from(valid.slot, 'hex'),
    seq: record.seq,
    tag: valid.leaf.subarray(0, 8),
    kind: kindNumber(record.kind),
    copies: copiesOf(placement.class),
    signer: record.batch.signer,
    expires: hasEnd(valid.body) ? livedMs + lifeLeft(remainingMs) : null,
    line: linePlaceOf(sha256, record.publisher, valid.body, record.seq, placement.class),
    root: record.batch.root,
    encoded,
  };
}

/** Withdrawals have an end of their own; publications have none, and providers live by their node's lease. */
export function hasEnd(record: RecordBody): boolean {
  return record.kind === 'tombstone' || (record.kind === 'provider' && record.body.state === 'none');
}

function lifeLeft(remainingMs: number): number {
  return remainingMs > 0 ? Math.min(remainingMs, TOMBSTONE_LIFE_MS) : TOMBSTONE_LIFE_MS;
}

const encodedBatches = new WeakMap<Batch, Uint8Array>();

function encodeBatch(batch: Batch): Uint8Array {
  let encoded = encodedBatches.get(batch);
  if (encoded === undefined) {
    encoded = SignedBatch.encode(batchToWire(batch)).finish();
    encodedBatches.set(batch, encoded);
  }
  return encoded;
}
