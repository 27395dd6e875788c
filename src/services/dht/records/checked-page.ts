/**
 * What came in an answer, checked again by the reader: signature, batch, body, and that it stands under the key asked for. Not
 * when it was signed: its holders went by their clocks, and a reader whose own was set back would see nothing of what is new.
 */
import type { FetchResponse } from '../../../generated/anillo/records/v1/records.ts';
import { toHex } from '../../../records/bytes.ts';
import type { Version } from '../../../records/merge.ts';
import type { Record, RecordBody, SignedBatch } from '../../../records/record.ts';
import { type Checks, isRefusal, validatePlacement, validateRecord } from '../../../records/validate.ts';
import type { Identifier } from '../../../ring/identifier.ts';
import type { CheckedBatches } from './record-checks.ts';
import { batchFromWire, decodeRecord } from './record-codec.ts';

export interface ReadRecord extends Version {
  readonly slot: Identifier;
  readonly record: Record;
  readonly body: RecordBody;
  /** What is left of its node's lease, for providers. */
  readonly remainingMs: number;
}

/** The records of a page that hold; others are left out. */
export function openPage(
  page: FetchResponse,
  key: Identifier,
  { checks, batches: checked }: { checks: Checks; batches: CheckedBatches },
): ReadRecord[] {
  const batches = new Map<string, SignedBatch>();
  for (const wire of page.batches) {
    const batch = batchFromWire(wire);
    if (checked.refuse(batch) === null) batches.set(toHex(batch.root), batch);
  }
  const read: ReadRecord[] = [];
  page.records.forEach((encoded, index) => {
    const loose = decodeRecord(encoded);
    const batch = loose === null ? undefined : batches.get(loose.root);
    if (loose === null || batch === undefined) return;
    const record: Record = { ...loose, batch };
    const valid = validateRecord(checks, record, Number.POSITIVE_INFINITY);
    if (isRefusal(valid) || isRefusal(validatePlacement(checks, record, valid, key))) return;
    const remainingMs = Number(page.remainingMs[index] ?? 0n);
    const tag = toHex(valid.leaf.subarray(0, 8));
    read.push({ slot: valid.slot, seq: record.seq, tag, record, body: valid.body, remainingMs });
  });
  return read;
}
