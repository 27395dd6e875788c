/**
 * The instants at which this node signs (hybrid logical clock, `src/records/clock.ts`). They never fall below what it knows to
 * stand in a record's slot or its path's line, even when the wall clock is set back: a newer version stays the newer one.
 * Where the last instant lies in the future of the wall clock, paths that nobody published yet go by the wall clock all the
 * same, because other nodes refuse the future. Runs in the worker.
 */
import { nextInstant } from '../../../records/clock.ts';
import { nameKey } from '../../../records/keys.ts';
import { linePlaceOf } from '../../../records/line.ts';
import { firstKey } from '../../../records/placement-keys.ts';
import type { RecordBody } from '../../../records/record.ts';
import { CLOCK_SKEW_MAX_MS } from '../../../records/validate.ts';
import { sha256 } from './record-checks.ts';
import type { StoredRecords } from './stored-records.ts';

export interface Slotted {
  readonly record: RecordBody;
  readonly slot: string;
}

export class VersionClock {
  readonly #asserted: StoredRecords;
  readonly #self: string;

  constructor(asserted: StoredRecords, self: string) {
    this.#asserted = asserted;
    this.#self = self;
  }

  /**
   * One instant for each, in order, inside the caller's transaction.
   * @param nowMs Unix milliseconds
   * @param until what stands later is passed over: it was signed by a clock that was wrong
   */
  take(records: readonly Slotted[], nowMs: number, until: bigint): bigint[] {
    const last = this.#asserted.fact('last_seq');
    let next = last > lastTaken(nowMs) ? 0n : last;
    const lines = new Map<string | null, bigint>();
    const instants = records.map((item) => {
      next = nextInstant(next, nowMs);
      const path = pathOf(item.record);
      const instant = latest(next, this.#newest(item, until) + 1n, (lines.get(path) ?? 0n) + 1n);
      if (path !== null) lines.set(path, instant);
      return instant;
    });
    this.#asserted.setFact('last_seq', next);
    return instants;
  }

  /** The newest that stands in the slot or in the line of the path; 0 where nothing does. */
  #newest({ record, slot }: Slotted, until: bigint): bigint {
    const { table } = this.#asserted;
    const standing = table.standing(bytes(firstKey(sha256, record)), bytes(slot))?.seq ?? 0n;
    const inSlot = standing > until ? 0n : standing;
    const path = pathOf(record);
    const line = linePlaceOf(sha256, this.#self, record, 0n, 'name')?.line;
    if (path === null || line === undefined) return inSlot;
    return latest(inSlot, table.newestPlace(bytes(nameKey(sha256, path)), line, until) ?? 0n);
  }
}

/** The last instant that a node whose clock is right takes. @param nowMs Unix milliseconds */
export function lastTaken(nowMs: number): bigint {
  return nextInstant(0n, nowMs + CLOCK_SKEW_MAX_MS);
}

function latest(...instants: readonly bigint[]): bigint {
  let last = 0n;
  for (const instant of instants) if (instant > last) last = instant;
  return last;
}

/** Of what has versions; null for all else. */
function pathOf(record: RecordBody): string | null {
  return record.kind === 'publication' || record.kind === 'tombstone' ? record.body.path : null;
}

function bytes(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex');
}
