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
const PROVIDER = kindNumber('provider');

export type LimitCode = 'split' | 'full' | 'quota';

interface StandingProvider {
  readonly slot: Uint8Array;
  readonly node: string;
  /** Null for one that has the content, as long as its node lives. */
  readonly expires: number | null;
}

export class KeyLimits {
  readonly #table: RecordTable;
  readonly #entries: StatementSync;
  readonly #providers: StatementSync;
  readonly #counted = new Map<string, number>();
  #kept: ReadonlySet<string> = new Set();

  constructor(database: DatabaseSync, table: RecordTable) {
    this.#table = table;
    this.#entries = database.prepare(
      'SELECT count(*) AS count FROM placements WHERE key = ? AND kind IN (?, ?)',
    );
    // Withdrawn ones first, and of these the one that would go first.
    this.#providers = database.prepare(
      `SELECT p.slot, p.expires, lower(hex(s.node)) AS node FROM placements p JOIN signers s ON s.id = p.signer
       WHERE p.key = ? AND p.kind = ${PROVIDER} ORDER BY p.expires IS NULL, p.expires, p.slot`,
    );
  }

  /** Before each bundle: counts are remembered within it. @param kept nodes that live, or did not long ago */
  begin(kept: ReadonlySet<string>): void {
    this.#counted.clear();
    this.#kept = kept;
  }

  /**
   * Null when there is room, or when room was made. Records that are there already, in any version, always have it.
   * @param asOwner does this node say when a key is full? Copies of what lives are taken as they come.
   */
  refuse(row: PlacementRow, record: RecordBody, placement: Placement, asOwner: boolean): LimitCode | null {
    if (this.#table.standing(row.key, row.slot) !== null) return null;
    if (this.#table.placementsOf(row.signer) >= PUBLISHER_PLACEMENTS_MAX) return 'quota';
    if (record.kind === 'provider') return this.#refuseProvider(row, asOwner);
    const isBase = placement.class === 'base' && record.kind !== 'split';
    if (!asOwner || !isBase || this.#table.isLineFull(row)) return null;
    const count = this.#countOf(row.key);
    if (count >= BASE_ENTRIES_MAX) return 'split';
    this.#counted.set(nameOf(row.key), count + 1);
    return null;
  }

  /** A full key gives up who has the content no more, then who is dead; never one that lives. */
  #refuseProvider({ key, expires }: PlacementRow, asOwner: boolean): LimitCode | null {
    const standing = this.#providers.all(key) as unknown as StandingProvider[];
    if (standing.length < PROVIDERS_MAX) return null;
    if (expires !== null) return 'full';
    const victim = standing.find((one) => one.expires !== null || !this.#kept.has(one.node));
    if (victim === undefined) return asOwner ? 'full' : null;
    this.#table.remove(key, victim.slot);
    return null;
  }

  #countOf(key: Uint8Array): number {
    const known = this.#counted.get(nameOf(key));
    if (known !== undefined) return known;
    const row = this.#entries.get(key, kindNumber('publication'), kindNumber('tombstone'));
    return Number(row?.count ?? 0);
  }
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key).toString('latin1');
}
