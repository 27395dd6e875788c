/**
 * What this node signed while its clock was far ahead: no node takes it until that time has come. Once the clock is right, and
 * others have refused such records, it is signed again in the same order with the time of now. Runs in the worker.
 */
import { parseBody } from '../../../records/body.ts';
import { allKeys } from '../../../records/placement-keys.ts';
import type { RecordBody } from '../../../records/record.ts';
import type { Assertion, BatchSigner } from './batch-signer.ts';
import { sha256 } from './record-checks.ts';
import { decodeRecord } from './record-codec.ts';
import type { TaskOutput } from './record-tasks.ts';
import type { StoredRecords } from './stored-records.ts';
import { lastTaken } from './version-clock.ts';

/** Records of one transaction: a few tenths of a second of the worker. */
const SLOTS_MAX = 500;

export class FutureRecords {
  readonly #asserted: StoredRecords;
  readonly #stored: StoredRecords;
  readonly #signer: BatchSigner;
  readonly #self: string;

  /** @param stored what the node stores for the ring: of what it signed it took its own part, by the same clock */
  constructor(asserted: StoredRecords, stored: StoredRecords, signer: BatchSigner, self: string) {
    this.#asserted = asserted;
    this.#stored = stored;
    this.#signer = signer;
    this.#self = self;
  }

  /** Signs some of them again, oldest first; `more` while some may be left. */
  resign(nowMs: number): TaskOutput<'resign'> {
    return this.#asserted.transact(() => {
      const limit = lastTaken(nowMs);
      const assertions = this.#oldest(limit);
      this.#stored.transact(() => {
        for (const assertion of assertions) this.#forget(assertion, limit);
      });
      return { ...this.#signer.sign(assertions, nowMs, limit), more: assertions.length > 0 };
    });
  }

  /** In the order in which they stand in their lines. */
  #oldest(limit: bigint): Assertion[] {
    const statement = this.#asserted.database.prepare(
      `SELECT slot, min(key) AS key FROM placements WHERE signer = ? AND seq > ?
       GROUP BY slot ORDER BY coalesce(max(place), max(seq)), max(seq) LIMIT ?`,
    );
    const rows = statement.all(this.#asserted.table.signerId(this.#self), limit, SLOTS_MAX);
    return rows.flatMap(({ key, slot }) => {
      const record = this.#bodyAt(key as Uint8Array, slot as Uint8Array);
      if (record === null) return [];
      return [
        {
          record: withoutFuture(record, limit),
          slot: Buffer.from(slot as Uint8Array).toString('hex'),
          changes: [],
        },
      ];
    });
  }

  #bodyAt(key: Uint8Array, slot: Uint8Array): RecordBody | null {
    const picked = this.#asserted.scan.pick(key, slot);
    const decoded = picked === null ? null : decodeRecord(picked.encoded);
    const parsed = decoded === null ? null : parseBody(decoded.kind, decoded.body);
    return parsed !== null && 'record' in parsed ? parsed.record : null;
  }

  /** The newer seq would stand. */
  #forget({ record, slot }: Assertion, limit: bigint): void {
    for (const key of allKeys(sha256, this.#self, record)) {
      const pair = [Buffer.from(key, 'hex'), Buffer.from(slot, 'hex')] as const;
      for (const { table } of [this.#asserted, this.#stored]) {
        const standing = table.standing(...pair);
        if (standing !== null && standing.seq > limit) table.remove(...pair);
      }
    }
  }
}

/** What was withdrawn has another seq now, or none: the withdrawal takes its own place, as it did before. */
function withoutFuture(record: RecordBody, limit: bigint): RecordBody {
  if (record.kind !== 'tombstone' || BigInt(record.body.withdrawn ?? 0) <= limit) return record;
  return { kind: 'tombstone', body: { ...record.body, withdrawn: null } };
}
