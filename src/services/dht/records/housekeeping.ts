/** Forgets what has ended, a little at a time, and writes down what is left of the leases. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { LeaseBook } from './lease-book.ts';
import type { RecordStore } from './record-store.ts';
import { Rhythm } from './rhythm.ts';

/** Between two slices of 500 rows. */
const SLICE_PAUSE_MS = 50;

export class Housekeeping {
  readonly #store: RecordStore;
  readonly #leases: LeaseBook;
  readonly #rhythm: Rhythm;
  #sweptAtMs = performance.now();

  constructor(store: RecordStore, leases: LeaseBook, intervalMs: number, log: Logger) {
    this.#store = store;
    this.#leases = leases;
    const work = (signal: AbortSignal) => this.sweep(signal);
    this.#rhythm = new Rhythm({ intervalMs, delayMs: intervalMs, log, what: 'sweeping records', work });
  }

  start(): void {
    this.#rhythm.start();
  }

  async sweep(signal: AbortSignal): Promise<boolean> {
    await this.#store.run('saveLeases', this.#leases.takeChanges());
    await this.#store.run('keep', { nodes: this.#leases.kept() });
    const nowMs = performance.now();
    let elapsedMs = nowMs - this.#sweptAtMs;
    this.#sweptAtMs = nowMs;
    while ((await this.#store.run('sweep', { elapsedMs })).more && !signal.aborted) {
      elapsedMs = 0;
      await pause(SLICE_PAUSE_MS);
    }
    return true;
  }

  async stop(): Promise<void> {
    await this.#rhythm.stop();
    await this.#store.run('saveLeases', { leases: this.#leases.snapshot(), ended: [] });
  }
}
