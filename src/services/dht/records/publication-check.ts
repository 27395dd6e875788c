/**
 * Compares the catalog with what this node asserts, after every start and then once a day, and queues for the ring whatever it does
 * not assert: so nothing stays unpublished because one of the two files was lost, or brought back from a backup.
 */
import type { Logger } from 'pino';
import type { Random } from '../../../ring/effect.ts';
import { type Clock, wait } from './clock.ts';
import type { PendingSource } from './pending-source.ts';
import type { RecordStore } from './record-store.ts';
import { Rhythm } from './rhythm.ts';

const INTERVAL_MS = 24 * 60 * 60 * 1000;
/** A few milliseconds of the catalog and of the worker. */
const SLICE_FILES = 200;
const SLICE_PAUSE_MS = 50;

export interface PublicationCheckOptions {
  readonly source: PendingSource;
  readonly store: RecordStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly catalogCheckDelayMs: number;
  /** Called when changes were queued. */
  readonly onQueued: () => void;
}

export class PublicationCheck {
  readonly #options: PublicationCheckOptions;
  readonly #rhythm: Rhythm;

  constructor(options: PublicationCheckOptions) {
    this.#options = options;
    this.#rhythm = new Rhythm({
      ...options,
      intervalMs: INTERVAL_MS,
      delayMs: options.catalogCheckDelayMs,
      what: 'comparing the catalog with what is asserted',
      work: async (signal) => {
        await this.compare(signal);
        return true;
      },
    });
  }

  start(): void {
    this.#rhythm.start();
    this.#rhythm.soon();
  }

  async stop(): Promise<void> {
    await this.#rhythm.stop();
  }

  /** Resolves with the number of files that were queued. */
  async compare(signal: AbortSignal): Promise<number> {
    const { source, store, clock, log, onQueued } = this.#options;
    let queued = 0;
    let afterPath = '';
    while (!signal.aborted) {
      const files = source.files(afterPath, SLICE_FILES);
      const last = files.at(-1);
      if (last === undefined) break;
      afterPath = last.path;
      const { unasserted } = await store.run('unasserted', { files });
      const lost = unasserted.flatMap((index) => files[index] ?? []);
      if (lost.length > 0) queued += source.requeue(lost);
      await wait(clock, SLICE_PAUSE_MS, signal);
    }
    if (queued > 0) {
      log.warn({ files: queued }, 'files that this node no longer asserted are published again');
      onQueued();
    }
    return queued;
  }
}
