/**
 * What a renewal tells a node: others' publications of contents that it provides, in the order in which they, or its word that it
 * provides the content, came here. Runs in the worker.
 */
import type { StatementSync } from 'node:sqlite';
import type { KeyRange } from '../../../records/key-range.ts';
import { BundleWriter } from './bundle-writer.ts';
import { kindNumber } from './record-codec.ts';
import type { News } from './record-tasks.ts';
import type { StoredRecords } from './stored-records.ts';

/** Rows looked at for one answer: more than a bundle takes. */
const ROWS_MAX = 1000;
const PROVIDER = kindNumber('provider');
const PUBLICATION = kindNumber('publication');
const TOMBSTONE = kindNumber('tombstone');
/** A position is the number of an arrival and how many of its rows were told: a provider may come to thousands of publications. */
const TOLD_BITS = 24n;
const TOLD_MAX = (1n << TOLD_BITS) - 1n;

interface Row {
  readonly key: Uint8Array;
  readonly slot: Uint8Array;
  readonly came: bigint;
}

export class RenewalNews {
  readonly #stored: StoredRecords;
  readonly #rows: StatementSync;

  constructor(stored: StoredRecords) {
    this.#stored = stored;
    // Both stand under the key of the cid: a row of another is found where the provider is.
    this.#rows = stored.database.prepare(
      `SELECT o.key, o.slot, max(o.arrival, p.arrival) AS came
       FROM placements p INDEXED BY providers_by_signer JOIN placements o ON o.key = p.key
       WHERE p.kind = ${PROVIDER} AND p.expires IS NULL AND p.signer = :signer
         AND ((p.key > :from AND p.key <= :to) OR (:from >= :to AND (p.key > :from OR p.key <= :to)))
         AND o.kind IN (${PUBLICATION}, ${TOMBSTONE}) AND o.signer <> :signer
         AND (o.arrival >= :since OR p.arrival >= :since)
       ORDER BY came, o.key, o.slot LIMIT :limit`,
    );
    this.#rows.setReadBigInts(true);
  }

  /** @param signer who renews, 64 hexadecimal digits @param position what the last answer said, or 0 */
  after(signer: string, range: KeyRange, position: bigint): News {
    const next = (this.#stored.table.lastArrival + 1n) << TOLD_BITS;
    if (position === next) return { bundle: null, position, more: false };
    // A position beyond all that ever came is that of a file since brought back from a backup.
    const start = position > next ? 0n : position;
    const rows = this.#rowsFrom(signer, range, start);
    const writer = new BundleWriter();
    let at = start;
    for (const row of rows) {
      const record = this.#stored.pickShared(row.key, row.slot);
      if (record !== null && !this.#stored.write(writer, record)) return newsOf(writer, at, true);
      at = (row.came === at >> TOLD_BITS ? at : row.came << TOLD_BITS) + 1n;
    }
    const isLast = rows.length < ROWS_MAX;
    return newsOf(writer, isLast ? next : at, !isLast);
  }

  #rowsFrom(signer: string, { from, to }: KeyRange, position: bigint): Row[] {
    const since = position >> TOLD_BITS;
    const told = Number(position & TOLD_MAX);
    const rows = this.#rows.all({
      signer: this.#stored.table.signerId(signer),
      from: Buffer.from(from, 'hex'),
      to: Buffer.from(to, 'hex'),
      since,
      limit: told + ROWS_MAX,
    }) as unknown as Row[];
    const first = rows.findIndex(({ came }, index) => index >= told || came > since);
    return first < 0 ? [] : rows.slice(first);
  }
}

function newsOf(writer: BundleWriter, position: bigint, more: boolean): News {
  return { bundle: writer.length > 0 ? writer.finish() : null, position, more };
}
