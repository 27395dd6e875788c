/** One set of record tables in the worker: opened, written in transactions, read by ranges. */
import type { DatabaseSync } from 'node:sqlite';
import { isInRange, type KeyRange } from '../../../records/key-range.ts';
import { isSameVersion, supersedes } from '../../../records/merge.ts';
import type { Identifier } from '../../../ring/identifier.ts';
import { openDatabase, transact } from '../../../storage/database.ts';
import { asBuffer, BundleWriter } from './bundle-writer.ts';
import { RangeSums } from './range-sums.ts';
import { kindNumber } from './record-codec.ts';
import { type PickedRecord, RecordScan, type Selection } from './record-scan.ts';
import { RECORD_MIGRATIONS } from './record-schema.ts';
import { RecordTable } from './record-table.ts';
import type { EntryCursor, EntryPage, RangeSelection, RangeSummary } from './record-tasks.ts';

const ENTRY_BYTES = 80;
export const PAIR_BYTES = 64;
/**
 * Before its end, a row is no longer compared, given or taken: nodes count time from different moments, and what one has
 * forgotten another would give it again, for ever.
 */
const UNSHARED_LIFE_MS = 6 * 60 * 60 * 1000;
/** Keys are hashes, so writes fall everywhere: the index of 100,000 files stays in memory. */
const CACHE_KIB = 16 * 1024;
const CHECKPOINT_PAGES = 4000;
const PROVIDER = kindNumber('provider');

export interface Pair {
  readonly key: Uint8Array;
  readonly slot: Uint8Array;
}

export class StoredRecords {
  readonly database: DatabaseSync;
  readonly table: RecordTable;
  readonly scan: RecordScan;
  readonly #sums = new RangeSums();
  #livedMs: number;

  constructor(file: string, synchronous: 'normal' | 'full') {
    this.database = openDatabase(file, RECORD_MIGRATIONS, { synchronous });
    this.database.exec(`PRAGMA cache_size = -${CACHE_KIB}; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    this.table = new RecordTable(this.database, this.#sums);
    this.scan = new RecordScan(this.database);
    this.#livedMs = Number(this.fact('lived_ms'));
    this.#sums.setEndsAfter(this.#endsAfter, true);
  }

  transact<Result>(work: () => Result): Result {
    try {
      return transact(this.database, () => {
        const result = work();
        this.table.flush();
        return result;
      });
    } catch (error) {
      this.table.forget();
      this.#sums.clear();
      throw error;
    }
  }

  fact(name: string): bigint {
    const statement = this.database.prepare('SELECT value FROM facts WHERE name = ?');
    statement.setReadBigInts(true);
    return (statement.get(name)?.value as bigint | undefined) ?? 0n;
  }

  setFact(name: string, value: bigint): void {
    this.database.prepare('UPDATE facts SET value = ? WHERE name = ?').run(value, name);
  }

  /** Milliseconds that this store was open, over all its lives. */
  get livedMs(): number {
    return this.#livedMs;
  }

  /** What the intake of records goes by. */
  get times(): { readonly livedMs: number; readonly endsAfter: number } {
    return { livedMs: this.#livedMs, endsAfter: this.#endsAfter };
  }

  /** Inside a transaction. */
  live(elapsedMs: number): void {
    this.#livedMs += Math.max(0, Math.round(elapsedMs));
    this.setFact('lived_ms', BigInt(this.#livedMs));
    const until = this.#endsAfter;
    const crossed = this.database.prepare(
      'SELECT 1 FROM placements WHERE expires > ? AND expires <= ? LIMIT 1',
    );
    this.#sums.setEndsAfter(until, crossed.get(this.#sums.endsAfter, until) !== undefined);
  }

  /** A row that ends no later than this is not shared any more. */
  get #endsAfter(): number {
    return this.#livedMs + UNSHARED_LIFE_MS;
  }

  /** Placements whose own end has come. */
  expired(limit: number): Pair[] {
    const statement = this.database.prepare('SELECT key, slot FROM placements WHERE expires <= ? LIMIT ?');
    return statement.all(this.livedMs, limit) as unknown as Pair[];
  }

  digest(selection: RangeSelection): RangeSummary {
    const { range } = selection;
    const read = () => this.scan.rows(range, this.#endsAfter);
    const digest = this.#sums.digest(range, this.#selection(selection), read);
    return { summary: digest.summary(), buckets: digest.buckets(), count: digest.count };
  }

  /** The first key after `after` in ring order, where that is still in the range. */
  nextKey(after: Identifier, range: KeyRange): Identifier | null {
    // Beyond its end the range would begin again.
    if (after === range.to) return null;
    const left = { from: after, to: range.to };
    const above = this.scan.nextKey(after);
    const key =
      above !== null && isInRange(above, left) ? above : after > range.to ? this.scan.nextKey(null) : null;
    return key !== null && isInRange(key, left) ? key : null;
  }

  entries(selection: RangeSelection, cursor: EntryCursor, limit: number): EntryPage {
    const at = cursor === null ? null : { key: hexOf(cursor, 0), slot: hexOf(cursor, 32) };
    const rows = this.scan.entries(selection.range, this.#selection(selection), at, limit);
    const entries = Buffer.alloc(rows.length * ENTRY_BYTES);
    rows.forEach((row, index) => {
      const offset = index * ENTRY_BYTES;
      entries.set(row.key, offset);
      entries.set(row.slot, offset + 32);
      entries.writeBigUInt64BE(row.seq, offset + 64);
      entries.set(row.tag, offset + 72);
    });
    const isLast = rows.length < limit;
    const next = isLast ? null : entries.subarray(-ENTRY_BYTES, entries.length - ENTRY_BYTES + PAIR_BYTES);
    return { entries, next: next === null ? null : new Uint8Array(next) };
  }

  /** Indexes of the entries of which neither this version nor a newer one stands here; with `orSuperseded`, not this version. */
  missing(entries: Uint8Array, orSuperseded: boolean): number[] {
    const bytes = asBuffer(entries);
    const missing: number[] = [];
    for (let offset = 0; offset + ENTRY_BYTES <= bytes.length; offset += ENTRY_BYTES) {
      const there = this.table.standing(
        bytes.subarray(offset, offset + 32),
        bytes.subarray(offset + 32, offset + 64),
      );
      const asked = { seq: bytes.readBigUInt64BE(offset + 64), tag: hexOf(bytes, offset + 72, 8) };
      const standing = there === null ? null : { seq: there.seq, tag: hexOf(there.tag, 0, 8) };
      const isThere =
        standing !== null &&
        (isSameVersion(standing, asked) || (!orSuperseded && supersedes(standing, asked)));
      if (!isThere) missing.push(offset / ENTRY_BYTES);
    }
    return missing;
  }

  /** The records at the pairs, in bundles, until `bundlesMax` are full. */
  pick(
    wanted: Uint8Array,
    bundlesMax: number,
  ): { bundles: Uint8Array[]; providers: string[]; picked: number } {
    const bundles: Uint8Array[] = [];
    const providers = new Set<string>();
    let writer = new BundleWriter();
    let picked = 0;
    for (const record of this.picked(wanted)) {
      if (record !== null && !this.write(writer, record)) {
        bundles.push(writer.finish());
        writer = new BundleWriter();
        if (bundles.length >= bundlesMax) return { bundles, providers: [...providers], picked };
        this.write(writer, record);
      }
      if (record?.kind === PROVIDER) providers.add(hexOf(record.signer, 0));
      picked++;
    }
    if (writer.length > 0) bundles.push(writer.finish());
    return { bundles, providers: [...providers], picked };
  }

  /** Null for those that are not here, or not shared any more. */
  *picked(wanted: Uint8Array): Generator<PickedRecord | null> {
    for (let offset = 0; offset + PAIR_BYTES <= wanted.length; offset += PAIR_BYTES) {
      yield this.pickShared(wanted.subarray(offset, offset + 32), wanted.subarray(offset + 32, offset + 64));
    }
  }

  /** Null when it is not here, or not shared any more. */
  pickShared(key: Uint8Array, slot: Uint8Array): PickedRecord | null {
    const record = this.scan.pick(key, slot);
    return record === null || this.isShared(record.expires) ? record : null;
  }

  /** Is it still compared with others, given to them and taken from them? */
  isShared(expires: number | null): boolean {
    return expires === null || expires > this.#endsAfter;
  }

  /** False when the bundle is full. */
  write(writer: BundleWriter, record: PickedRecord): boolean {
    const batch = this.table.batch(record.root);
    // Rows and batches are written in one transaction: a row without its batch would be a damaged file.
    if (batch === null) throw new Error('a record without its batch');
    return writer.add(
      {
        placementKey: record.key,
        root: record.root,
        record: record.encoded,
        remainingMs: this.remainingOf(record.expires),
      },
      batch,
    );
  }

  /** Of a row that is shared; 0 where it has no end. */
  remainingOf(expires: number | null): number {
    return expires === null ? 0 : Math.max(1, expires - this.livedMs);
  }

  #selection({ minCopies, maxCopies, signer }: RangeSelection): Selection {
    const rows = { minCopies, endsAfter: this.#endsAfter, ...(maxCopies === undefined ? {} : { maxCopies }) };
    if (signer === undefined) return rows;
    return { ...rows, signer: this.table.signerId(signer.node), by: signer.by };
  }
}

function hexOf(bytes: Uint8Array, offset: number, length = 32): string {
  return asBuffer(bytes).toString('hex', offset, offset + length);
}
