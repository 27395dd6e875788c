/** Reads of ranges in the tables of records: digests, entries, and the records picked from them. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { intervalsOf, type KeyRange } from '../../../records/key-range.ts';
import type { Identifier } from '../../../ring/identifier.ts';
import type { CountedRow } from './record-table.ts';

/** Whose records: `own` are those that `signer` signed, `foreign` all others. */
export interface Selection {
  readonly minCopies: number;
  readonly maxCopies?: number;
  readonly signer?: number;
  readonly by?: 'own' | 'foreign';
  /** Of rows that have an end, only those that end later, in milliseconds that the store has lived. */
  readonly endsAfter?: number;
}

export interface ScanEntry {
  readonly key: Uint8Array;
  readonly slot: Uint8Array;
  readonly seq: bigint;
  readonly tag: Uint8Array;
}

export interface PickedRecord {
  readonly key: Uint8Array;
  readonly slot: Uint8Array;
  readonly kind: number;
  readonly root: Uint8Array;
  readonly encoded: Uint8Array;
  readonly expires: number | null;
  /** Who signed it, 32 bytes. */
  readonly signer: Uint8Array;
}

/** A place in ring order within a range: after this (key, slot). */
export interface ScanCursor {
  readonly key: Identifier;
  readonly slot: Identifier;
}

const COPIES_MAX = 1000;
const FIRST = new Uint8Array(0);
const BEYOND = new Uint8Array(33).fill(0xff);

const UNENDED = '(expires IS NULL OR expires > :endsAfter)';
const FILTER = `copies BETWEEN :copies AND :copiesMax AND ${UNENDED}
  AND (:by = 0 OR (:by = 1 AND signer = :signer) OR (:by = 2 AND signer <> :signer))`;

export class RecordScan {
  readonly #rows: StatementSync;
  readonly #entries: StatementSync;
  readonly #pick: StatementSync;
  readonly #next: StatementSync;

  constructor(database: DatabaseSync) {
    this.#rows = database.prepare(
      `SELECT key, tag, signer, copies, expires FROM placements
       WHERE key > :after AND key <= :upTo AND ${UNENDED}`,
    );
    this.#entries = database.prepare(
      `SELECT key, slot, seq, tag FROM placements
       WHERE (key, slot) > (:after, :slot) AND key <= :upTo AND ${FILTER} ORDER BY key, slot LIMIT :limit`,
    );
    this.#entries.setReadBigInts(true);
    this.#pick = database.prepare(
      `SELECT p.key, p.slot, p.kind, p.expires, r.root, r.encoded, s.node AS signer
       FROM placements p JOIN records r ON r.id = p.record JOIN signers s ON s.id = p.signer
       WHERE p.key = ? AND p.slot = ?`,
    );
    this.#next = database.prepare('SELECT key FROM placements WHERE key > ? ORDER BY key LIMIT 1');
  }

  /** All rows of a range but those that ended by `endsAfter`. */
  *rows(range: KeyRange, endsAfter: number): Generator<CountedRow> {
    for (const { after, upTo } of intervalsOf(range)) {
      const bounds = { after: lower(after), upTo: upper(upTo), endsAfter };
      yield* this.#rows.iterate(bounds) as Iterable<unknown> as Iterable<CountedRow>;
    }
  }

  /** At most `limit` entries in ring order from `range.from`, or from `cursor`. */
  entries(range: KeyRange, selection: Selection, cursor: ScanCursor | null, limit: number): ScanEntry[] {
    const found: ScanEntry[] = [];
    for (const { after, upTo } of remaining(range, cursor)) {
      const left = limit - found.length;
      if (left <= 0) break;
      const slot =
        cursor !== null && after === cursor.key ? bytesOf(cursor.slot) : after === null ? FIRST : BEYOND;
      const bounds = { after: lower(after), slot, upTo: upper(upTo), limit: left, ...filterOf(selection) };
      found.push(...(this.#entries.all(bounds) as unknown as ScanEntry[]));
    }
    return found;
  }

  pick(key: Uint8Array, slot: Uint8Array): PickedRecord | null {
    return (this.#pick.get(key, slot) as PickedRecord | undefined) ?? null;
  }

  /** The first key after `key` in the order of the ring from 0 up, or null. */
  nextKey(key: Identifier | null): Identifier | null {
    const row = this.#next.get(key === null ? FIRST : bytesOf(key));
    return row === undefined ? null : Buffer.from(row.key as Uint8Array).toString('hex');
  }
}

/** The intervals of a range that lie behind a cursor. */
function remaining(
  range: KeyRange,
  cursor: ScanCursor | null,
): { after: Identifier | null; upTo: Identifier | null }[] {
  const intervals = intervalsOf(range);
  if (cursor === null) return intervals;
  const at = intervals.findIndex(
    ({ after, upTo }) => (after === null || cursor.key > after) && (upTo === null || cursor.key <= upTo),
  );
  if (at < 0) return [];
  return intervals
    .slice(at)
    .map((interval, index) => (index === 0 ? { ...interval, after: cursor.key } : interval));
}

function filterOf({ minCopies, maxCopies, signer, by, endsAfter }: Selection) {
  return {
    copies: minCopies,
    copiesMax: maxCopies ?? COPIES_MAX,
    endsAfter: endsAfter ?? 0,
    by: by === undefined ? 0 : by === 'own' ? 1 : 2,
    signer: signer ?? 0,
  };
}

function lower(after: Identifier | null): Uint8Array {
  return after === null ? FIRST : bytesOf(after);
}

function upper(upTo: Identifier | null): Uint8Array {
  return upTo === null ? BEYOND : bytesOf(upTo);
}

function bytesOf(identifier: Identifier): Uint8Array {
  return Buffer.from(identifier, 'hex');
}
