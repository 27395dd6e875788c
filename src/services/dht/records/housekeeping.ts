/** Forgets what has ended, a little at a time, and writes down what is left of the leases. */
import type { Logger } from 'pino';
import type { Random } from '../../../ring/effect.ts';
import { type Clock, wait } from './clock.ts';
import type { LeaseBook } from './lease-book.ts';
import type { RecordStore } from './record-store.ts';
import { Rhythm } from './rhythm.ts';

/** Between two slices of 500 rows. */
const SLICE_PAUSE_MS = 50;

export interface HousekeepingOptions {
  readonly store: RecordStore;
  readonly leases: LeaseBook;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly sweepIntervalMs: number;
}

export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #rhythm: Rhythm;
  #sweptAtMs: number;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
    this.#sweptAtMs = options.clock.monotonicMs();
    this.#rhythm = new Rhythm({
      ...options,
      intervalMs: options.sweepIntervalMs,
      delayMs: options.sweepIntervalMs,
      what: 'sweeping records',
      work: (signal) => this.sweep(signal),
    });
  }

  start(): void {
    this.#rhythm.start();
  }

  async sweep(signal: AbortSignal): Promise<boolean> {
    const { store, leases, clock } = this.#options;
    await store.run('saveLeases', leases.takeChanges());
    await store.run('keep', { nodes: leases.kept() });
    const nowMs = clock.monotonicMs();
    let elapsedMs = nowMs - this.#sweptAtMs;
    this.#sweptAtMs = nowMs;
    while ((await store.run('sweep', { elapsedMs })).more && !signal.aborted) {
      elapsedMs = 0;
      await wait(clock, SLICE_PAUSE_MS);
    }
    return true;
  }

  async stop(): Promise<void> {
    await this.#rhythm.stop();
    const { store, leases } = this.#options;
    await store.run('saveLeases', { leases: leases.snapshot(), ended: [] });
  }
}
