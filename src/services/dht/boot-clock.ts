/**
 * Milliseconds since some moment before this process, suspends of the machine included. Node's own monotonic clock stands
 * still while a machine sleeps, and a node that slept must not take itself for one that was there all the time.
 */
import { uptime } from 'node:os';

/** The wall clock running ahead by more than this is a reason to look: it was set, or the machine slept. */
const LEAP_MS = 1_000;

export interface Clocks {
  /** Stands still while the machine sleeps. */
  readonly monotonicMs: () => number;
  /** Goes on while the machine sleeps, and may be set. */
  readonly wallMs: () => number;
  /** Goes on while the machine sleeps, is never set, and costs a system call. */
  readonly uptimeMs: () => number;
}

const MACHINE: Clocks = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  uptimeMs: () => uptime() * 1_000,
};

export class BootClock {
  readonly #clocks: Clocks;
  /** How far wall clock and uptime run ahead of the monotonic clock, as last seen. */
  #wallAheadMs: number;
  readonly #uptimeAheadMs: number;
  #asleepMs = 0;

  constructor(clocks: Clocks = MACHINE) {
    this.#clocks = clocks;
    this.#wallAheadMs = clocks.wallMs() - clocks.monotonicMs();
    this.#uptimeAheadMs = clocks.uptimeMs() - clocks.monotonicMs();
  }

  /** Never goes back. */
  now(): number {
    const monotonicMs = this.#clocks.monotonicMs();
    const wallAheadMs = this.#clocks.wallMs() - monotonicMs;
    if (wallAheadMs - this.#wallAheadMs > LEAP_MS) {
      const aheadMs = this.#clocks.uptimeMs() - monotonicMs - this.#uptimeAheadMs;
      // Uptime counts in hundredths of a second.
      if (aheadMs - this.#asleepMs > LEAP_MS / 2) this.#asleepMs = aheadMs;
    }
    this.#wallAheadMs = wallAheadMs;
    return monotonicMs + this.#asleepMs;
  }
}
