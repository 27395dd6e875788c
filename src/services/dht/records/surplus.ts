/**
 * Copies that this node holds beyond what is asked of it, because nodes came in between: never taken away before all nodes
 * that should hold them have said that they do (Passing Tone, Sit et al. 2009).
 */
import type { Logger } from 'pino';
import { CID_COPIES, holds, NAME_COPIES } from '../../../records/placement.ts';
import type { Random } from '../../../ring/effect.ts';
import type { Identifier } from '../../../ring/identifier.ts';
import type { Contact } from '../../../ring/message.ts';
import type { RingPort } from '../ring-port.ts';
import type { Clock } from './clock.ts';
import type { OwnedRange, OwnerMap } from './owner-map.ts';
import type { Ownership } from './ownership.ts';
import { entriesOf, pairsAt, type RangeSync } from './range-sync.ts';
import type { RecordStore } from './record-store.ts';
import type { RangeSelection } from './record-tasks.ts';
import { Rhythm } from './rhythm.ts';

/** Looked for in every so many comparisons of ranges. */
const SYNCS_BETWEEN = 10;

export interface SurplusOptions {
  readonly ring: RingPort;
  readonly ownership: Ownership;
  readonly owners: OwnerMap;
  readonly store: RecordStore;
  readonly sync: RangeSync;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly syncIntervalMs: number;
}

export class Surplus {
  readonly #options: SurplusOptions;
  readonly #rhythm: Rhythm;

  constructor(options: SurplusOptions) {
    this.#options = options;
    this.#rhythm = new Rhythm({
      ...options,
      intervalMs: options.syncIntervalMs * SYNCS_BETWEEN,
      delayMs: options.syncIntervalMs,
      what: 'giving up surplus copies',
      work: (signal) => this.release(signal),
    });
  }

  start(): void {
    this.#rhythm.start();
  }

  async stop(): Promise<void> {
    await this.#rhythm.stop();
  }

  /** Once around the ring. Always true: what could not be released now waits for the next time. */
  async release(signal: AbortSignal): Promise<boolean> {
    const { ownership, store, owners, ring } = this.#options;
    const owned = ownership.owned();
    if (owned === null || ownership.successors().length < CID_COPIES) return true;
    const others = { from: owned.to, to: owned.from };
    let after: Identifier = others.from;
    while (!signal.aborted) {
      const { key } = await store.run('nextStored', { after, range: others });
      if (key === null) return true;
      const found = await owners.lookup(key);
      if (found.owner.id === ring.self.id) return true;
      await this.#releaseRange(found, signal);
      if (found.range.from === found.range.to) return true;
      after = found.range.to;
    }
    return true;
  }

  async #releaseRange({ owner, range, successors }: OwnedRange, signal: AbortSignal): Promise<void> {
    const holders = [owner, ...successors];
    const ids = holders.map(({ id }) => id);
    for (const copies of [CID_COPIES, NAME_COPIES]) {
      if (holders.length < copies || holds(this.#options.ring.self.id, ids, copies)) continue;
      const selection: RangeSelection = { table: 'stored', range, minCopies: copies, maxCopies: copies };
      await this.#releaseTo(holders.slice(0, copies), selection, signal);
    }
  }

  /** Gives each holder what it lacks, page by page, and drops a page once all of them have it. */
  async #releaseTo(
    holders: readonly Contact[],
    selection: RangeSelection,
    signal: AbortSignal,
  ): Promise<void> {
    const { store, sync, ownership, log } = this.#options;
    try {
      for await (const entries of entriesOf(store, selection)) {
        for (const holder of holders) await sync.pushEntries(holder, entries, signal);
        for (const holder of holders) await sync.confirm(holder, entries);
        ownership.release(selection.range);
        const { removed } = await store.run('drop', { pairs: pairsAt(entries, null) });
        log.debug({ removed }, 'surplus copies released');
      }
    } catch (error) {
      signal.throwIfAborted();
      log.debug({ reason: String(error) }, 'surplus copies are kept: their holders did not confirm');
    }
  }
}
