/**
 * Which files have stood still long enough to be hashed. The system's change time cannot be set by programs, so a file
 * whose change time is old enough need not be watched any longer; where it lies in the future (another machine's clock),
 * what counts is how long the same stamp has been seen.
 */
import { type FileStamp, sameStamp } from '../content/hash-message.ts';
import type { Moment } from './moment.ts';

/** Files that wait at once; beyond that the folder is looked through again later. */
const WAITING_MAX = 20_000;
const NS_PER_MS = 1_000_000n;

interface Waiting {
  readonly stamp: FileStamp;
  /** On the monotonic clock. */
  readonly dueMs: number;
}

export class Stillness {
  readonly #stillMs: number;
  readonly #waitingMax: number;
  /** By path on disk; put in at the end, so that the first ones are due first, or nearly. */
  readonly #waiting = new Map<string, Waiting>();

  /** Taken as due and not offered again yet. */
  readonly #shown = new Map<string, Waiting>();

  constructor(stillMs: number, waitingMax = WAITING_MAX) {
    this.#stillMs = stillMs;
    this.#waitingMax = waitingMax;
  }

  /**
   * Shows a file as it is now. `still`: hash it. `waiting`: it will be among the `due` ones. `refused`: too many wait.
   */
  offer(disk: string, stamp: FileStamp, { monotonicMs, wallMs }: Moment): 'still' | 'waiting' | 'refused' {
    const ageMs = wallMs - Number(stamp.ctimeNs / NS_PER_MS);
    const seen = this.#waiting.get(disk) ?? this.#shown.get(disk);
    const stoodStill = seen !== undefined && sameStamp(seen.stamp, stamp) && seen.dueMs <= monotonicMs;
    if (ageMs >= this.#stillMs || stoodStill) {
      this.#waiting.delete(disk);
      return 'still';
    }
    if (this.#waiting.has(disk) && seen !== undefined && sameStamp(seen.stamp, stamp)) return 'waiting';
    this.#waiting.delete(disk);
    if (this.#waiting.size >= this.#waitingMax) return 'refused';
    this.#waiting.set(disk, { stamp, dueMs: monotonicMs + this.#stillMs - Math.max(0, ageMs) });
    return 'waiting';
  }

  clear(): void {
    this.#waiting.clear();
    this.#shown.clear();
  }

  /**
   * Up to `limit` files to look at again: `offer` those that are still there before the next call.
   * @param nowMs on the monotonic clock
   */
  takeDue(nowMs: number, limit: number): string[] {
    this.#shown.clear();
    for (const [disk, waiting] of this.#waiting) {
      if (waiting.dueMs > nowMs || this.#shown.size === limit) break;
      this.#shown.set(disk, waiting);
    }
    for (const disk of this.#shown.keys()) this.#waiting.delete(disk);
    return [...this.#shown.keys()];
  }

  /** When the next file is due, on the monotonic clock, or null. */
  nextDueMs(): number | null {
    for (const { dueMs } of this.#waiting.values()) return dueMs;
    return null;
  }
}
