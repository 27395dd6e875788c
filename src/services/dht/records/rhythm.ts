/**
 * Work that is done now and then, and soon after something happened: one at a time, bursts coalesced, never two nodes in step.
 */
import type { Logger } from 'pino';
import type { Random } from '../../../ring/effect.ts';
import type { Clock } from './clock.ts';

export interface RhythmOptions {
  /** Mean time between two rounds. */
  readonly intervalMs: number;
  /** From the first `soon` to the round that answers it. */
  readonly delayMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** For the log. */
  readonly what: string;
  /** False to be called again soon, a little later each time. */
  readonly work: (signal: AbortSignal) => Promise<boolean>;
}

/** Share of the interval by which a round may come early or late. */
const JITTER = 0.25;
const DELAY_GROWTH_MAX = 32;

export class Rhythm {
  readonly #options: RhythmOptions;
  readonly #stopping = new AbortController();
  #disarm: (() => void) | null = null;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #running: Promise<void> | null = null;
  #isWanted = false;
  #failures = 0;

  constructor(options: RhythmOptions) {
    this.#options = options;
  }

  start(): void {
    const { intervalMs, random } = this.#options;
    this.#arm(intervalMs * (1 - JITTER + 2 * JITTER * random()));
  }

  soon(): void {
    if (this.#running !== null) this.#isWanted = true;
    else this.#arm(this.#options.delayMs);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#disarm?.();
    await this.#running;
  }

  /** Brings the next round forward to `delayMs` from now; never puts it off. */
  #arm(delayMs: number): void {
    if (this.#stopping.signal.aborted) return;
    const { clock } = this.#options;
    const dueAtMs = clock.monotonicMs() + delayMs;
    if (this.#disarm !== null && this.#dueAtMs <= dueAtMs) return;
    this.#disarm?.();
    this.#dueAtMs = dueAtMs;
    this.#disarm = clock.after(delayMs, () => {
      this.#disarm = null;
      this.#running = this.#round();
    });
  }

  async #round(): Promise<void> {
    const { work, log, what, delayMs } = this.#options;
    let isDone = false;
    try {
      isDone = await work(this.#stopping.signal);
    } catch (error) {
      if (!this.#stopping.signal.aborted) log.warn({ reason: String(error) }, `failed: ${what}`);
    }
    this.#running = null;
    this.#failures = isDone ? 0 : this.#failures + 1;
    this.start();
    if (this.#isWanted) this.#arm(delayMs);
    else if (!isDone) this.#arm(delayMs * Math.min(2 ** this.#failures, DELAY_GROWTH_MAX));
    this.#isWanted = false;
  }
}
