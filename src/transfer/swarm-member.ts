/** One source at work in a swarm: it reads the runs that it is given, one after the other, until it is told to stop. */
import type { Candidate } from './holders.ts';
import type { SourceFailure } from './http-source.ts';
import type { PieceReading } from './piece-reading.ts';

/** Makes the reading of the pieces from `from` to `to` (exclusive). */
export type OpenReading = (member: SwarmMember, from: number, to: number) => PieceReading;

export class SwarmMember {
  readonly candidate: Candidate;
  /** What the plan calls it. */
  readonly index: number;
  /** Whether it brought a piece since it joined. */
  progressed = false;
  lastByteMs = 0;
  #reading: PieceReading | null = null;
  #next: readonly [number, number] | null = null;
  #wake: (() => void) | null = null;
  /** Why it is to stop. */
  #end: SourceFailure | 'free' | null = null;

  constructor(candidate: Candidate, index: number) {
    this.candidate = candidate;
    this.index = index;
  }

  /** Whether bytes were asked for, and nobody here keeps them waiting. */
  get isExpecting(): boolean {
    return this.#reading !== null && !this.candidate.source.isWaiting;
  }

  get isReading(): boolean {
    return this.#reading !== null;
  }

  give(from: number, to: number): void {
    this.#next = [from, to];
    this.lastByteMs = performance.now();
    this.#wake?.();
  }

  /** @param end exclusive */
  shorten(end: number): void {
    this.#reading?.shorten(end);
    if (this.#next !== null) this.#next = [this.#next[0], Math.min(this.#next[1], end)];
  }

  /** The first reason counts. @param end `free`: nothing is wrong with it */
  stop(end: SourceFailure | 'free'): void {
    this.#end ??= end;
    this.#next = null;
    if (this.#reading !== null) this.candidate.source.stop('it was given up');
    this.#wake?.();
  }

  /** Kept when it stopped; null: nothing is wrong with it. @throws what taking its bytes threw */
  async work(cid: string, open: OpenReading): Promise<SourceFailure | null> {
    for (;;) {
      if (this.#end !== null) return this.#end === 'free' ? null : this.#end;
      const run = this.#next;
      if (run === null) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = null;
        continue;
      }
      this.#next = null;
      const reading = open(this, ...run);
      this.#reading = reading;
      try {
        const outcome = await this.candidate.source.read(cid, reading.extent, reading);
        if (outcome.type !== 'done') this.#end ??= outcome;
      } finally {
        reading.drop();
        this.#reading = null;
      }
    }
  }
}
