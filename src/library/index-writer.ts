/**
 * Writes what the index found into the catalog, some files a transaction. Inside the transaction each file is looked at
 * once more, because uploads and withdrawals of the node's other processes go on meanwhile.
 */
import { lstatSync } from 'node:fs';
import { type FileStamp, sameStamp } from '../content/hash-message.ts';
import type { Catalog } from './catalog.ts';
import type { CatalogChanges } from './catalog-changes.ts';
import { stageContent } from './catalog-content.ts';
import type { CatalogFile } from './catalog-file.ts';
import type { Candidate, Hashed } from './hashing.ts';
import type { Finding } from './scanner.ts';
import { isSameFile, stampOf } from './shared-folder.ts';

export interface FileEvent {
  readonly event: 'added' | 'changed' | 'removed';
  readonly file: CatalogFile;
}

export interface IndexWriterParts {
  readonly catalog: Catalog;
  readonly changes: CatalogChanges;
  readonly at: (disk: string) => string;
  /** Whether the folder's marker is there: only then is what is absent gone. */
  readonly isFolderPresent: () => Promise<boolean>;
  readonly onEvents: (events: FileEvent[]) => void;
}

/** Files a transaction: about 10 ms in which the node's other processes wait. */
const FILES_BATCH = 256;

type Moved = Extract<Finding, { type: 'moved' }>;
type Gone = Extract<Finding, { type: 'gone' }>;

export class IndexWriter {
  readonly #parts: IndexWriterParts;
  /** In the order in which they were found. */
  readonly #gone: { readonly gone: Gone; readonly foundMs: number }[] = [];

  constructor(parts: IndexWriterParts) {
    this.#parts = parts;
  }

  /** Returns the files that are not as they were when they were hashed. @param nowMs Unix milliseconds */
  write(hashed: readonly Hashed[], nowMs: number): Candidate[] {
    const changed: Candidate[] = hashed.filter(({ content }) => content === null);
    const whole = hashed.filter(({ content }) => content !== null);
    for (const { content } of whole) if (content !== null) stageContent(this.#parts.catalog, content, nowMs);
    for (let start = 0; start < whole.length; start += FILES_BATCH) {
      this.#transact((events) => {
        for (const file of whole.slice(start, start + FILES_BATCH)) {
          if (!this.#stands(file.disk, file.stamp)) changed.push(file);
          else this.#put(file, events);
        }
      });
    }
    return changed;
  }

  /** A file under another path, carried over unhashed. False when it is not, or no longer, so: it is to be looked at again. */
  move({ from, path, disk, stamp }: Moved): boolean {
    return this.#transact((events) => {
      if (!this.#stands(disk, stamp) || this.#isTaken(path)) return false;
      const old = this.#parts.catalog.file(from);
      if (old === null || old.incoming !== null || !isSameFile(old.stamp, stamp)) return false;
      const put = this.#parts.changes.move(old, { path, disk, stamp });
      if (put.event !== 'same') events.push({ event: put.event, file: put.file });
      events.push({ event: 'removed', file: old });
      return true;
    });
  }

  /** Taken out by a later `flush`. @param nowMs on the monotonic clock */
  remove(gone: Gone, nowMs: number): void {
    this.#gone.push({ gone, foundMs: nowMs });
  }

  /** When the first of those was found that wait to be taken out, on the monotonic clock; null when none waits. */
  oldestGoneMs(): number | null {
    return this.#gone[0]?.foundMs ?? null;
  }

  /** Forgets what is to be taken out. */
  drop(): void {
    this.#gone.length = 0;
  }

  /**
   * Takes out what was found gone until `foundUntilMs`, and still is. A whole folder that is absent is not gone: the
   * marker is looked for after the files were.
   */
  async flush(foundUntilMs: number): Promise<void> {
    while ((this.oldestGoneMs() ?? Number.POSITIVE_INFINITY) <= foundUntilMs) {
      const later = this.#gone.findIndex(({ foundMs }) => foundMs > foundUntilMs);
      const count = Math.min(FILES_BATCH, later === -1 ? this.#gone.length : later);
      const batch = this.#gone.splice(0, count).map(({ gone }) => gone);
      if (!(await this.#parts.isFolderPresent())) {
        this.drop();
        return;
      }
      this.#transact((events) => {
        for (const { path, disk, isAbsent } of batch) {
          if (isAbsent && this.#exists(disk)) continue; // It came back.
          if (this.#parts.catalog.file(path)?.incoming !== null) continue;
          const removed = this.#parts.changes.remove(path);
          if (removed !== null) events.push({ event: 'removed', file: removed });
        }
      });
    }
  }

  #put({ path, disk, stamp, content }: Hashed, events: FileEvent[]): void {
    if (content === null || this.#isTaken(path)) return;
    const put = this.#parts.changes.put({
      path,
      disk,
      cid: content.cid,
      stamp,
      why: 'own',
      incoming: null,
    });
    if (put.event !== 'same') events.push({ event: put.event, file: put.file });
  }

  /** An upload is replacing the file, or it was withdrawn and is about to be moved away. */
  #isTaken(path: string): boolean {
    const { catalog } = this.#parts;
    const file = catalog.file(path);
    if (file !== null) return file.incoming !== null;
    return catalog.statement('SELECT 1 FROM trash WHERE path = ? AND moved = 0').get(path) !== undefined;
  }

  #stands(disk: string, stamp: FileStamp): boolean {
    try {
      return sameStamp(stampOf(lstatSync(this.#parts.at(disk), { bigint: true })), stamp);
    } catch {
      return false; // Gone or out of reach: the next look tells.
    }
  }

  #exists(disk: string): boolean {
    return lstatSync(this.#parts.at(disk), { throwIfNoEntry: false })?.isFile() ?? false;
  }

  #transact<Result>(work: (events: FileEvent[]) => Result): Result {
    const events: FileEvent[] = [];
    const result = this.#parts.catalog.transact(() => work(events));
    if (events.length > 0) this.#parts.onEvents(events);
    return result;
  }
}
