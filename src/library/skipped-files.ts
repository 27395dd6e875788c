/** Files that are there and cannot be listed: counted, and said once in the log, with some examples. */
/** How the index thread says something in the process's log. */
export type IndexLog = (level: 'info' | 'warn' | 'error', fields: object, message: string) => void;

const EXAMPLES_MAX = 10;
/** Places remembered; beyond that they are not told apart any more. */
const PLACES_MAX = 10_000;

export class SkippedFiles {
  readonly #log: IndexLog;
  /** Since the last look through the whole folder began. */
  readonly #current = new Set<string>();
  readonly #said = new Set<string>();
  #news: { place: string; reason: string }[] = [];
  #newsCount = 0;

  constructor(log: IndexLog) {
    this.#log = log;
  }

  get count(): number {
    return this.#current.size;
  }

  /** The whole folder is looked through again. */
  begin(): void {
    this.#current.clear();
  }

  add(place: string, reason: string): void {
    if (this.#current.size < PLACES_MAX) this.#current.add(place);
    if (this.#said.has(place) || this.#said.size >= PLACES_MAX) return;
    this.#said.add(place);
    this.#newsCount += 1;
    if (this.#news.length < EXAMPLES_MAX) this.#news.push({ place, reason });
  }

  /** Says what has not been said yet. */
  report(): void {
    if (this.#newsCount === 0) return;
    const fields = { count: this.#newsCount, examples: this.#news };
    this.#news = [];
    this.#newsCount = 0;
    this.#log('warn', fields, 'some files of the shared folder are skipped');
  }
}
