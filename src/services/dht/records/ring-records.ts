/** What this node stores for the ring: as owner, as replica, and on the way to others. Runs in the worker. */
import type { StatementSync } from 'node:sqlite';
import { RecordBundle, StoreOutcome } from '../../../generated/anillo/records/v1/records.ts';
import type { KeyRange } from '../../../records/key-range.ts';
import { NAME_COPIES } from '../../../records/placement.ts';
import { decodeBundle, kindNumber } from './record-codec.ts';
import type { RecordIntake, Taken } from './record-intake.ts';
import type { Outcomes, RenewDone, RenewTask, StoreDone } from './record-tasks.ts';
import { RenewalNews } from './renewal-news.ts';
import { PAIR_BYTES, type Pair, type StoredRecords } from './stored-records.ts';

/** Publications that one answer tells a provider of. */
const NEWS_MAX = 256;
const SWEEP_ROWS_MAX = 500;
const PROVIDER = kindNumber('provider');
const PUBLICATION = kindNumber('publication');
const TOMBSTONE = kindNumber('tombstone');

export class RingRecords {
  readonly #stored: StoredRecords;
  readonly #intake: RecordIntake;
  readonly #others: StatementSync;
  readonly #providersOf: StatementSync;
  readonly #news: RenewalNews;
  /** Nodes whose providers are taken: their lease runs, or ended not long ago. */
  #kept: ReadonlySet<string> = new Set();

  constructor(stored: StoredRecords, intake: RecordIntake) {
    this.#stored = stored;
    this.#intake = intake;
    const { database } = stored;
    this.#others = database.prepare(
      'SELECT key, slot FROM placements WHERE key = ? AND kind IN (?, ?) AND signer <> ? LIMIT ?',
    );
    this.#providersOf = database.prepare(
      `SELECT key, slot FROM placements WHERE signer = ? AND kind = ${PROVIDER} AND expires IS NULL LIMIT ?`,
    );
    this.#news = new RenewalNews(stored);
  }

  /** @param isWide is there anybody who holds only what stands on many nodes? */
  store(encoded: Uint8Array, owned: KeyRange, isWide: boolean, nowMs: number): StoreDone {
    const bundle = decodeBundle(encoded);
    const taken = this.#take(bundle, owned, nowMs);
    const standing = (index: number) => taken[index]?.outcome === StoreOutcome.STORE_OUTCOME_STORED;
    const wide = (index: number) =>
      isWide && standing(index) && (taken[index]?.row?.copies ?? 0) >= NAME_COPIES;
    return {
      ...outcomesOf(taken),
      all: taken.every((_, index) => standing(index)) ? encoded : partOf(bundle, standing),
      wide: partOf(bundle, wide),
      news: this.#newsOf(taken),
    };
  }

  replicate(encoded: Uint8Array, nowMs: number): Outcomes {
    return outcomesOf(this.#take(decodeBundle(encoded), null, nowMs));
  }

  renew({ signer, range, digest, since }: RenewTask): RenewDone {
    const own = this.#stored.digest({
      table: 'stored',
      range,
      minCopies: 0,
      signer: { node: signer, by: 'own' },
    });
    const isEqual = Buffer.compare(own.summary, digest) === 0;
    const news = this.#news.after(signer, range, since);
    return { equal: isEqual, buckets: isEqual ? new Uint8Array(0) : own.buckets, news };
  }

  /** From now on providers of these nodes are taken, and no others'. */
  keep(nodes: readonly string[]): void {
    this.#kept = new Set(nodes);
  }

  /** Removes some of what expired; `more` where more is left. */
  sweep(elapsedMs: number): { removed: number; more: boolean } {
    return this.#stored.transact(() => {
      this.#stored.live(elapsedMs);
      const expired = this.#stored.expired(SWEEP_ROWS_MAX);
      const orphaned = this.#orphanedProviders(SWEEP_ROWS_MAX - expired.length);
      const rows = [...expired, ...orphaned];
      for (const { key, slot } of rows) this.#stored.table.remove(key, slot);
      return { removed: rows.length, more: rows.length >= SWEEP_ROWS_MAX };
    });
  }

  drop(pairs: Uint8Array): number {
    return this.#stored.transact(() => {
      let removed = 0;
      for (let offset = 0; offset + PAIR_BYTES <= pairs.length; offset += PAIR_BYTES) {
        const slot = pairs.subarray(offset + 32, offset + PAIR_BYTES);
        if (this.#stored.table.remove(pairs.subarray(offset, offset + 32), slot)) removed++;
      }
      return removed;
    });
  }

  #take(bundle: RecordBundle, owned: KeyRange | null, nowMs: number): Taken[] {
    const rules = { owned, nowMs, ...this.#stored.times, kept: this.#kept };
    return this.#stored.transact(() => this.#intake.take(bundle, rules));
  }

  /** As much of it as one bundle takes: a renewal tells the rest. */
  #bundleOfPairs(pairs: Uint8Array): Uint8Array | null {
    return this.#stored.pick(pairs, 1).bundles[0] ?? null;
  }

  /** What others published of the contents that the caller now provides, and what superseded the caller's records. */
  #newsOf(taken: readonly Taken[]): Uint8Array | null {
    const pairs: Uint8Array[] = [];
    for (const { row, body, outcome } of taken) {
      if (row === null || pairs.length >= NEWS_MAX * 2) continue;
      if (outcome === StoreOutcome.STORE_OUTCOME_SUPERSEDED) pairs.push(row.key, row.slot);
      else if (body?.kind === 'provider' && body.body.state !== 'none')
        pairs.push(...this.#othersAt(row.key, row.signer));
    }
    if (pairs.length === 0) return null;
    return this.#bundleOfPairs(Buffer.concat(pairs.slice(0, NEWS_MAX * 2)));
  }

  #othersAt(key: Uint8Array, signer: string): Uint8Array[] {
    const rows = this.#others.all(key, PUBLICATION, TOMBSTONE, this.#stored.table.signerId(signer), NEWS_MAX);
    return rows.flatMap((row) => [row.key as Uint8Array, row.slot as Uint8Array]);
  }

  #orphanedProviders(limit: number): Pair[] {
    if (limit <= 0) return [];
    for (const { id, node } of this.#stored.database.prepare('SELECT id, node FROM signers').all()) {
      if (this.#kept.has(Buffer.from(node as Uint8Array).toString('hex'))) continue;
      const rows = this.#providersOf.all(id as number, limit);
      if (rows.length > 0) return rows as unknown as Pair[];
    }
    return [];
  }
}

/** The records of a bundle for which `isWanted` holds, or null when there are none. */
function partOf(bundle: RecordBundle, isWanted: (index: number) => boolean): Uint8Array | null {
  const records = bundle.records.filter((_, index) => isWanted(index));
  return records.length === 0 ? null : RecordBundle.encode({ batches: bundle.batches, records }).finish();
}

function outcomesOf(taken: readonly Taken[]): Outcomes {
  return { outcomes: taken.map(({ outcome }) => outcome), codes: taken.map(({ code }) => code) };
}
