/**
 * Files that are there and cannot be listed: each with its reason, said in the log once, and kept in the catalog's state
 * for whoever asks what became of a file.
 */
import type { Catalog } from './catalog.ts';

/** How the index thread says something in the process's log. */
export type IndexLog = (level: 'info' | 'warn' | 'error', fields: object, message: string) => void;

/** `same_name`: two names in one folder that differ in their Unicode form only. `bad_name`: see `nameFault`. */
export type SkipReason = 'not_utf8' | 'control_character' | 'same_name' | 'bad_name' | 'unreadable';

export interface SkippedFile {
  /** On disk; of a name that is not UTF-8, bytes beyond ASCII are written `\xff`. */
  readonly place: string;
  readonly reason: SkipReason;
}

export interface SkippedReport {
  readonly count: number;
  /** The first of them. */
  readonly places: readonly SkippedFile[];
}

/** In the catalog's state. */
const STATE = 'skipped-files';
/** Places told. */
const TOLD_MAX = 100;
const EXAMPLES_MAX = 10;
/** Places remembered; beyond that they are not told apart any more. */
const PLACES_MAX = 10_000;

export class SkippedFiles {
  readonly #log: IndexLog;
  readonly #catalog: Catalog;
  /** By place. */
  readonly #current = new Map<string, SkippedFile>();
  readonly #said = new Set<string>();
  #news: (SkippedFile & { readonly detail: string })[] = [];
  #newsCount = 0;
  #isChanged = false;
  #written: string | null = null;

  constructor(catalog: Catalog, log: IndexLog) {
    this.#catalog = catalog;
    this.#log = log;
  }

  /** The whole folder is looked through again. */
  clear(): void {
    this.#isChanged ||= this.#current.size > 0;
    this.#current.clear();
  }

  /** These paths and what is below them are looked at again. */
  clearBelow(disks: ReadonlySet<string>): void {
    for (const place of this.#current.keys()) {
      if (!isIn(disks, place)) continue;
      this.#current.delete(place);
      this.#isChanged = true;
    }
  }

  /** @param detail for the log: the system's code, or what is wrong with the name */
  add(file: SkippedFile, detail: string): void {
    const { place } = file;
    if (this.#current.size < PLACES_MAX) {
      this.#current.set(place, file);
      this.#isChanged = true;
    }
    if (this.#said.has(place) || this.#said.size >= PLACES_MAX) return;
    this.#said.add(place);
    this.#newsCount += 1;
    if (this.#news.length < EXAMPLES_MAX) this.#news.push({ ...file, detail });
  }

  /** Writes what has changed, and says what has not been said yet. */
  report(): void {
    if (this.#isChanged || this.#written === null) this.#write();
    if (this.#newsCount === 0) return;
    const fields = { count: this.#newsCount, examples: this.#news };
    this.#news = [];
    this.#newsCount = 0;
    this.#log('warn', fields, 'some files of the shared folder are skipped');
  }

  #write(): void {
    this.#isChanged = false;
    const places = [...this.#current.values()].slice(0, TOLD_MAX);
    const report: SkippedReport = { count: this.#current.size, places };
    const text = JSON.stringify(report);
    if (text !== this.#written) this.#catalog.setState(STATE, text);
    this.#written = text;
  }
}

/** As the index thread, in whichever process, wrote it last. */
export function readSkipped(catalog: Catalog): SkippedReport {
  const text = catalog.state(STATE);
  return text === null ? { count: 0, places: [] } : (JSON.parse(text) as SkippedReport);
}

/** How a name that is not UTF-8 is told. */
export function shownBytes(name: Uint8Array): string {
  return Array.from(name, (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
  ).join('');
}

function isIn(disks: ReadonlySet<string>, place: string): boolean {
  for (let slash = place.indexOf('/'); slash !== -1; slash = place.indexOf('/', slash + 1))
    if (disks.has(place.slice(0, slash))) return true;
  return disks.has(place);
}
