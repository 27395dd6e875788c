/**
 * What of the folder is to be looked at again: some paths, or, when there are too many to keep or events may have been
 * lost, the whole of it as soon as no more comes.
 */
import { basename } from 'node:path';
import { IGNORE_FILE } from './ignore-rules.ts';

/** Kept paths; a burst beyond it costs one look through the folder. */
const PATHS_MAX = 5_000;
/** After a burst the folder is looked through when it has been quiet for so long, */
const QUIET_MS = 1_000;
/** or at the latest after this. */
const PATIENCE_MS = 10_000;

export class DirtyPaths {
  readonly #paths = new Set<string>();
  /** Moments are on the monotonic clock. */
  #lastMs = 0;
  /** Since when the whole folder is wanted. */
  #wholeSinceMs: number | null = null;

  /** Paths as on disk; '' is the folder itself. */
  add(paths: readonly string[], nowMs: number): void {
    this.#lastMs = nowMs;
    for (const path of paths) {
      if (path === '' || basename(path) === IGNORE_FILE) this.addWhole(nowMs);
      else this.#paths.add(path);
    }
    if (this.#paths.size <= PATHS_MAX) return;
    this.#paths.clear();
    this.addWhole(nowMs);
  }

  addWhole(nowMs: number): void {
    this.#lastMs = nowMs;
    this.#wholeSinceMs ??= nowMs;
  }

  addWholeAtOnce(): void {
    this.#wholeSinceMs = Number.NEGATIVE_INFINITY;
  }

  /** Whether to look through the whole folder now; the paths are then included. */
  takeWhole(nowMs: number): boolean {
    if (this.#wholeSinceMs === null) return false;
    const quiet = nowMs - this.#lastMs >= QUIET_MS || nowMs - this.#wholeSinceMs >= PATIENCE_MS;
    if (!quiet) return false;
    this.clear();
    return true;
  }

  /** All at once: the old and the new name of a file that was renamed belong together. */
  take(): string[] {
    const taken = [...this.#paths];
    this.#paths.clear();
    return taken;
  }

  get isEmpty(): boolean {
    return this.#paths.size === 0 && this.#wholeSinceMs === null;
  }

  /** Milliseconds until there is something to take; null when there is nothing. */
  dueInMs(nowMs: number): number | null {
    if (this.#paths.size > 0) return 0;
    if (this.#wholeSinceMs === null) return null;
    return Math.max(0, Math.min(this.#lastMs + QUIET_MS, this.#wholeSinceMs + PATIENCE_MS) - nowMs);
  }

  clear(): void {
    this.#paths.clear();
    this.#wholeSinceMs = null;
  }
}
