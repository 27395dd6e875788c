/** Holds a transfer, or several together, to a rate, and counts what has passed. */
import { setTimeout as delay } from 'node:timers/promises';
import { Problem } from '../problems/problem.ts';

/** Larger pieces would come in bursts. */
const PACED_PIECE_BYTES = 64 * 1024;

interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Rejects when `signal` says so. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

const CLOCK: Clock = {
  now: () => performance.now(),
  wait: (ms, signal) => delay(ms, undefined, { signal }),
};

export class RateLimit {
  readonly #bytesPerSecond: number;
  readonly #signal: AbortSignal;
  readonly #clock: Clock;
  #freeAtMs = 0;

  /** @param signal ends every wait as `interrupted` */
  constructor(bytesPerSecond: number, signal: AbortSignal, clock: Clock = CLOCK) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#signal = signal;
    this.#clock = clock;
  }

  /** Waits until `bytes` more may pass. */
  async take(bytes: number): Promise<void> {
    const now = this.#clock.now();
    const waitMs = Math.max(0, this.#freeAtMs - now);
    this.#freeAtMs = Math.max(now, this.#freeAtMs) + (bytes / this.#bytesPerSecond) * 1000;
    if (waitMs < 1) return;
    try {
      await this.#clock.wait(waitMs, this.#signal);
    } catch (error) {
      throw new Problem('interrupted', {}, error);
    }
  }
}

/** Passes `source` on; tells `onBytes` how many each piece had. @param limit null: as fast as it goes */
export async function* metered(
  source: AsyncIterable<Uint8Array>,
  limit: RateLimit | null,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    const step = limit === null ? piece.length : PACED_PIECE_BYTES;
    for (let start = 0; start < piece.length; start += step) {
      const part = piece.subarray(start, start + step);
      if (limit !== null) await limit.take(part.length);
      onBytes(part.length);
      yield part;
    }
  }
}
