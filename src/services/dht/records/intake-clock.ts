/**
 * The wall clock by which records are found to be of the future. It stands still while the machine's clock is set back: what was
 * signed on this machine, or a moment ago, by the clock as it was is no forgery. Runs in the worker.
 */
import type { StoredRecords } from './stored-records.ts';

/** A clock that was further ahead was wrong: nothing goes by it any more. */
const BACK_MAX_MS = 24 * 60 * 60 * 1000;
/** Written down so often for the next life: what is forgotten is less than the skew that is allowed. */
const SAVE_EVERY_MS = 60_000;

export class IntakeClock {
  readonly #stored: StoredRecords;
  readonly #wallMs: () => number;
  #latestMs: number;
  #savedMs: number;

  /** @param wallMs Unix milliseconds */
  constructor(stored: StoredRecords, wallMs: () => number) {
    this.#stored = stored;
    this.#wallMs = wallMs;
    this.#latestMs = Number(stored.fact('latest_wall_ms'));
    this.#savedMs = this.#latestMs;
  }

  /** Unix milliseconds. */
  nowMs(): number {
    const wallMs = this.#wallMs();
    if (wallMs > this.#latestMs || wallMs < this.#latestMs - BACK_MAX_MS) this.#latestMs = wallMs;
    if (Math.abs(this.#latestMs - this.#savedMs) >= SAVE_EVERY_MS) this.#save();
    return this.#latestMs;
  }

  #save(): void {
    this.#stored.setFact('latest_wall_ms', BigInt(this.#latestMs));
    this.#savedMs = this.#latestMs;
  }
}
