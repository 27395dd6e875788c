/**
 * Keeps the catalog as the shared folder is: pulls findings from the scanner, has files hashed that stand still, and
 * writes what came of it in small transactions. Runs in the index thread; one loop, which waits for no hash.
 */
import type { FileHasher } from '../content/file-hasher.ts';
import type { DirtyPaths } from './dirty-paths.ts';
import { HashQueue } from './hash-queue.ts';
import { hashStill } from './hashing.ts';
import type { IndexWriter } from './index-writer.ts';
import type { Moment } from './moment.ts';
import type { Finding, Scanner } from './scanner.ts';
import type { SkippedFiles } from './skipped-files.ts';
import type { Stillness } from './stillness.ts';

/** Findings handled between two looks at what else there is to do. */
const FINDINGS_BATCH = 256;
/** Pulls without a finding in one turn: the thread hears its messages in between. */
const PULLS_MAX = 20;
/** A file that is gone may be on its way to another name: so long is waited for that name to be heard of. */
const GONE_LINGER_MS = 500;
/** What goes on changing keeps what is gone from being taken out no longer than this. */
const GONE_PATIENCE_MS = 10_000;

export interface IndexerParts {
  readonly scanner: Scanner;
  readonly stillness: Stillness;
  readonly hasher: FileHasher;
  readonly writer: IndexWriter;
  readonly dirty: DirtyPaths;
  /** Absolute path of what is listed under `disk`. */
  readonly at: (disk: string) => string;
  readonly skipped: SkippedFiles;
}

export class Indexer {
  readonly #parts: IndexerParts;
  #scan: Generator<Finding | null> | null = null;
  #unfinished = false;
  readonly #queue: HashQueue;
  readonly #abort = new AbortController();
  #wake: (() => void) | null = null;
  #woken = false;

  constructor(parts: IndexerParts) {
    this.#parts = parts;
    const { hasher, at, skipped } = parts;
    const onUnreadable = (place: string, why: string) => skipped.add({ place, reason: 'unreadable' }, why);
    this.#queue = new HashQueue({
      hash: (candidates) => hashStill(hasher, candidates, { at, onUnreadable, signal: this.#abort.signal }),
      onHashed: () => this.wake(),
    });
  }

  /** Whether some of the folder, or all of it, is being looked through. */
  get isLooking(): boolean {
    return this.#scan !== null;
  }

  /** Whether a look through the whole folder is under way or files that it found are still being hashed. */
  get isScanning(): boolean {
    return this.#unfinished;
  }

  /** Does some of what there is to do. False when there is nothing for now. */
  async turn(now: Moment): Promise<boolean> {
    const { writer, dirty } = this.#parts;
    const nowMs = now.monotonicMs;
    if (this.#queue.takeRefusal()) dirty.addWhole(nowMs);
    this.#nextScan(nowMs);
    const pulled = this.#pull(now);
    this.#queue.start();
    const hashed = this.#queue.take();
    for (const candidate of writer.write(hashed, now.wallMs)) {
      dirty.add([candidate.disk], nowMs); // It changed while it was hashed.
    }
    const allSeen = this.#scan === null && dirty.isEmpty;
    await writer.flush(nowMs - (allSeen ? GONE_LINGER_MS : GONE_PATIENCE_MS));
    if (this.#scan === null && this.#queue.isEmpty) this.#unfinished = false;
    return pulled || hashed.length > 0;
  }

  /** Milliseconds until something is known to be due, or null. @param nowMs on the monotonic clock */
  dueInMs(nowMs: number): number | null {
    const { stillness, dirty, writer } = this.#parts;
    const stillMs = stillness.nextDueMs();
    const goneMs = writer.oldestGoneMs();
    const due = [
      dirty.dueInMs(nowMs),
      stillMs === null ? null : stillMs - nowMs,
      goneMs === null ? null : goneMs + GONE_LINGER_MS - nowMs,
    ].filter((ms) => ms !== null);
    return due.length === 0 ? null : Math.min(...due);
  }

  /** Waits for the next thing to do, at most `timeoutMs`. */
  async idle(timeoutMs: number): Promise<void> {
    if (this.#woken) {
      this.#woken = false;
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
    this.#woken = false;
  }

  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  /** Forgets what was under way, when the folder is not there. */
  drop(): void {
    this.#scan = null;
    this.#unfinished = false;
    this.#queue.drop();
    this.#parts.writer.drop();
    this.#parts.stillness.clear();
    this.#parts.dirty.clear();
  }

  stop(): void {
    this.#abort.abort();
    this.wake();
  }

  #nextScan(nowMs: number): void {
    if (this.#scan !== null) return;
    const { dirty, scanner, skipped, stillness } = this.#parts;
    if (dirty.takeWhole(nowMs)) {
      skipped.clear();
      this.#scan = scanner.wholeFolder();
      this.#unfinished = true;
      return;
    }
    const paths = new Set([...dirty.take(), ...stillness.takeDue(nowMs, FINDINGS_BATCH)]);
    if (paths.size === 0) return;
    skipped.clearBelow(paths);
    this.#scan = scanner.paths([...paths]);
  }

  #pull(now: Moment): boolean {
    if (this.#scan === null || this.#queue.isFull) return false;
    let found = 0;
    for (let pulls = 0; pulls < PULLS_MAX && found < FINDINGS_BATCH; ) {
      const next = this.#scan.next();
      if (next.done === true) {
        this.#scan = null;
        break;
      }
      if (next.value === null) pulls += 1;
      else {
        found += 1;
        this.#take(next.value, now);
      }
    }
    return true;
  }

  #take(finding: Finding, now: Moment): void {
    const { writer, stillness, dirty, skipped } = this.#parts;
    const nowMs = now.monotonicMs;
    switch (finding.type) {
      case 'candidate': {
        const state = stillness.offer(finding.disk, finding.stamp, now);
        if (state === 'refused') dirty.addWhole(nowMs);
        if (state === 'still') this.#queue.add(finding);
        return;
      }
      case 'moved':
        if (!writer.move(finding)) dirty.add([finding.disk], nowMs);
        return;
      case 'gone':
        writer.remove(finding, nowMs);
        return;
      case 'skipped':
        skipped.add(finding.file, finding.detail);
    }
  }
}
