/**
 * Candidates on their way through the hasher: small ones many at a time, large ones two at once on threads of their own.
 * Neither waits for the other, and nobody waits for either: what is done is taken when there is time.
 */
import { PIECE_BYTES } from '../content/profile.ts';
import type { Candidate, Hashed } from './hashing.ts';

/** Large files hashed at once. */
const LARGE_AT_ONCE = 2;
/** One thread is left for the small ones, however long the large ones take. */
export const HASHING_THREADS = LARGE_AT_ONCE + 1;
/** Small files hashed together. */
const SMALL_BATCH = 256;
/** Small files that wait; then the scan waits too. */
const SMALL_WAITING_MAX = 1_024;
/** Large files that wait; beyond that they are looked for again once these are done. */
const LARGE_WAITING_MAX = 10_000;

export interface HashQueueParts {
  /** Never rejects. */
  readonly hash: (candidates: readonly Candidate[]) => Promise<Hashed[]>;
  /** There is something to take. */
  readonly onHashed: () => void;
}

export class HashQueue {
  readonly #parts: HashQueueParts;
  readonly #small: Candidate[] = [];
  readonly #large: Candidate[] = [];
  /** On disk, of all that wait or are being hashed. */
  readonly #disks = new Set<string>();
  #hashed: Hashed[] = [];
  #largeUnderWay = 0;
  #isSmallUnderWay = false;
  #refusedSome = false;

  constructor(parts: HashQueueParts) {
    this.#parts = parts;
  }

  /** Whether the scan should wait. */
  get isFull(): boolean {
    return this.#small.length >= SMALL_WAITING_MAX;
  }

  get isEmpty(): boolean {
    return this.#disks.size === 0 && this.#hashed.length === 0;
  }

  add(candidate: Candidate): void {
    if (this.#disks.has(candidate.disk)) return; // If it changed meanwhile, its hash will tell.
    if (candidate.stamp.size <= PIECE_BYTES) this.#small.push(candidate);
    else if (this.#large.length < LARGE_WAITING_MAX) this.#large.push(candidate);
    else {
      this.#refusedSome = true;
      return;
    }
    this.#disks.add(candidate.disk);
  }

  /** Once after large files were refused, when there is room for them: look for them again. */
  takeRefusal(): boolean {
    if (!this.#refusedSome || this.#large.length > 0) return false;
    this.#refusedSome = false;
    return true;
  }

  start(): void {
    while (this.#largeUnderWay < LARGE_AT_ONCE && this.#large.length > 0) {
      this.#largeUnderWay += 1;
      void this.#hash(this.#large.splice(0, 1), () => {
        this.#largeUnderWay -= 1;
      });
    }
    if (this.#isSmallUnderWay || this.#small.length === 0) return;
    this.#isSmallUnderWay = true;
    void this.#hash(this.#small.splice(0, SMALL_BATCH), () => {
      this.#isSmallUnderWay = false;
    });
  }

  take(): Hashed[] {
    const taken = this.#hashed;
    this.#hashed = [];
    return taken;
  }

  /** Forgets what waits; what is being hashed comes out as it is. */
  drop(): void {
    for (const { disk } of [...this.#small.splice(0), ...this.#large.splice(0)]) this.#disks.delete(disk);
    this.#hashed = [];
    this.#refusedSome = false;
  }

  async #hash(candidates: readonly Candidate[], onDone: () => void): Promise<void> {
    const hashed = await this.#parts.hash(candidates);
    for (const { disk } of candidates) this.#disks.delete(disk);
    this.#hashed.push(...hashed);
    onDone();
    this.#parts.onHashed();
  }
}
