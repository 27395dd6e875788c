/** What one key and one publisher may take up in a store. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Placement } from '../../../records/placement-keys.ts';
import type { RecordBody } from '../../../records/record.ts';
import { kindNumber } from './record-codec.ts';
import type { PlacementRow, RecordTable } from './record-table.ts';

/** Entries under a base key before it is split; a page of answers. Split records may go beyond. */
const BASE_ENTRIES_MAX = 500;
/** Providers under a cid: more are never needed to find one that answers. */
const PROVIDERS_MAX = 256;
/** Placements of one publisher on one node: keeps one member from filling everybody's disk. */
const PUBLISHER_PLACEMENTS_MAX = 4_000_000;

export type LimitCode = 'split' | 'full' | 'quota';

export class KeyLimits {
  readonly #table: RecordTable;
  readonly #count: StatementSync;
  readonly #counted = new Map<string, number>();

  constructor(database: DatabaseSync, table: RecordTable) {
    this.#table = table;
    this.#count = database.prepare(
      'SELECT count(*) AS count FROM placements WHERE key = ? AND kind IN (?, ?)',
    );
  }

  /** Before each bundle: counts are remembered within it. */
  begin(): void {
    this.#counted.clear();
  }

  /** Null when there is room. Records that are there already, in any version, always have it. */
  refuse(row: PlacementRow, record: RecordBody, placement: Placement, asOwner: boolean): LimitCode | null {
    const isBase = placement.class === 'base' && record.kind !== 'split';
    const isProvider = record.kind === 'provider';
    if (this.#table.placementsOf(row.signer) >= PUBLISHER_PLACEMENTS_MAX && this.#isNew(row)) return 'quota';
    // Copies are taken as they come: only the owner says when a key is full.
    if (!asOwner || !(isBase || isProvider) || !this.#isNew(row)) return null;
    const count = this.#entries(row.key, isProvider);
    if (count >= (isProvider ? PROVIDERS_MAX : BASE_ENTRIES_MAX)) return isProvider ? 'full' : 'split';
    this.#counted.set(counterOf(row.key, isProvider), count + 1);
    return null;
  }

  #isNew(row: PlacementRow): boolean {
    return this.#table.standing(row.key, row.slot) === null;
  }

  #entries(key: Uint8Array, providers: boolean): number {
    const counter = counterOf(key, providers);
    const known = this.#counted.get(counter);
    if (known !== undefined) return known;
    const kinds = providers ? (['provider', 'provider'] as const) : (['publication', 'tombstone'] as const);
    const row = this.#count.get(key, kindNumber(kinds[0]), kindNumber(kinds[1]));
    const count = Number(row?.count ?? 0);
    this.#counted.set(counter, count);
    return count;
  }
}

function counterOf(key: Uint8Array, providers: boolean): string {
  return `${providers ? 'p' : 'b'}${Buffer.from(key).toString('hex')}`;
}
