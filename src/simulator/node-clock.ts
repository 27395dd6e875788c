/** What a node takes for the time: a monotonic clock that may go fast or slow, and a wall clock that may also jump. */

/** Somebody sets a wall clock by at most so much, to either side. */
export const JUMP_MAX_MS = 3_600_000;
/** Where virtual time begins, for wall clocks. */
const EPOCH_MS = Date.UTC(2026, 0, 1);

export class NodeClock {
  /** Milliseconds of its own in one of virtual time: 1.01 gains a second in a hundred. */
  readonly rate: number;
  readonly #startedAt: number;
  #jumpedMs = 0;

  /** @param startedAt virtual time of the node's start: there its monotonic clock shows the same. */
  constructor(startedAt: number, rate: number) {
    this.#startedAt = startedAt;
    this.rate = rate;
  }

  /** What the monotonic clock shows at a moment of virtual time. It never jumps. */
  monotonicMs(virtual: number): number {
    return this.#startedAt + (virtual - this.#startedAt) * this.rate;
  }

  /** When, in virtual time, the monotonic clock shows `monotonic`. */
  virtualMs(monotonic: number): number {
    return this.#startedAt + (monotonic - this.#startedAt) / this.rate;
  }

  /** Milliseconds since 1970, as the node believes. */
  wallMs(virtual: number): number {
    return Math.floor(EPOCH_MS + this.monotonicMs(virtual) + this.#jumpedMs);
  }

  /** Somebody, or something, sets the wall clock. */
  jump(byMs: number): void {
    this.#jumpedMs += byMs;
  }
}
