/** Files that are there and cannot be listed: said once in the log, with some examples, not once a scan. */
import type { IndexLog } from './index-loop.ts';

const EXAMPLES_MAX = 10;
/** Places remembered as said. */
const SAID_MAX = 10_000;

export class SkippedFiles {
  readonly #log: IndexLog;
  readonly #said = new Set<string>();
  #news: { place: string; reason: string }[] = [];
  #newsCount = 0;

  constructor(log: IndexLog) {
    this.#log = log;
  }

  add(place: string, reason: string): void {
    if (this.#said.has(place) || this.#said.size >= SAID_MAX) return;
    this.#said.add(place);
    this.#newsCount += 1;
    if (this.#news.length < EXAMPLES_MAX) this.#news.push({ place, reason });
  }

  /** Says what has not been said yet. */
  report(): void {
    if (this.#newsCount === 0) return;
    this.#log(
      'warn',
      { count: this.#newsCount, examples: this.#news },
      'some files of the shared folder are skipped',
    );
    this.#news = [];
    this.#newsCount = 0;
  }
}
