/**
 * Keeps the catalog as the shared folder is: pulls findings from the scanner, has files hashed that stand still, and
 * writes what came of it in small transactions. Runs in the index thread; one loop, nothing at once but large hashes.
 */
import type { FileHasher } from '../content/file-hasher.ts';
import { PIECE_BYTES } from '../content/profile.ts';
import type { DirtyPaths } from './dirty-paths.ts';
import { type Candidate, type Hashed, hashStill } from './hashing.ts';
import type { IndexWriter } from './index-writer.ts';
import type { Finding, Scanner } from './scanner.ts';
import type { Stillness } from './stillness.ts';

/** Findings handled between two looks at what else there is to do. */
const FINDINGS_BATCH = 256;
/** Pulls without a finding in one turn: the thread hears its messages in between. */
const PULLS_MAX = 20;
/** Large files hashed at once; small ones go on meanwhile. */
const LARGE_AT_ONCE = 2;
/** Large files that wait for their turn; then the scan waits too. */
const LARGE_WAITING_MAX = 1_000;

export interface IndexerParts {
  readonly scanner: Scanner;
  readonly stillness: Stillness;
  readonly hasher: FileHasher;
  readonly writer: IndexWriter;
  readonly dirty: DirtyPaths;
  /** Absolute path of what is listed under `disk`. */
  readonly at: (disk: string) => string;
  readonly onSkipped: (place: string, reason: string) => void;
}

export class Indexer {
  readonly #parts: IndexerParts;
  #scan: Generator<Finding | null> | null = null;
  #unfinished = false;
  readonly #small: Candidate[] = [];
  readonly #large: Candidate[] = [];
  /** On disk, of the large ones waiting or being hashed. */
  readonly #largeDisks = new Set<string>();
  readonly #largeHashed: Hashed[] = [];
  readonly #abort = new AbortController();
  #hashingLarge = 0;
  #wake: (() => void) | null = null;
  #woken = false;

  constructor(parts: IndexerParts) {
    this.#parts = parts;
  }

  /** Whether a look through the whole folder is under way or files that it found are still being hashed. */
  get isScanning(): boolean {
    return this.#unfinished;
  }

  /** Does some of what there is to do. False when there is nothing for now. */
  async turn(nowMs: number): Promise<boolean> {
    this.#nextScan(nowMs);
    const pulled = this.#pull(nowMs);
    this.#startLarge();
    const hashed = [...(await this.#hashSmall()), ...this.#largeHashed.splice(0)];
    for (const candidate of this.#parts.writer.write(hashed, nowMs)) {
      this.#parts.dirty.add([candidate.disk], nowMs); // It changed while it was hashed.
    }
    await this.#parts.writer.flush();
    if (this.#scan === null && this.#large.length + this.#hashingLarge === 0) this.#unfinished = false;
    return pulled || hashed.length > 0;
  }

  /** Milliseconds until something is known to be due, or null. */
  dueInMs(nowMs: number): number | null {
    const stillMs = this.#parts.stillness.nextDueMs();
    const dirtyMs = this.#parts.dirty.dueInMs(nowMs);
    if (stillMs === null) return dirtyMs;
    return Math.min(stillMs - nowMs, dirtyMs ?? Number.POSITIVE_INFINITY);
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
    this.#small.length = 0;
    for (const { disk } of this.#large.splice(0)) this.#largeDisks.delete(disk);
    this.#largeHashed.length = 0;
    this.#parts.stillness.clear();
    this.#parts.dirty.clear();
  }

  stop(): void {
    this.#abort.abort();
    this.wake();
  }

  #nextScan(nowMs: number): void {
    if (this.#scan !== null) return;
    const { dirty, scanner, stillness } = this.#parts;
    if (dirty.takeWhole(nowMs)) {
      this.#scan = scanner.wholeFolder();
      this.#unfinished = true;
      return;
    }
    const paths = new Set([...dirty.take(FINDINGS_BATCH), ...stillness.takeDue(nowMs, FINDINGS_BATCH)]);
    if (paths.size > 0) this.#scan = scanner.paths([...paths]);
  }

  #pull(nowMs: number): boolean {
    if (this.#scan === null || this.#large.length >= LARGE_WAITING_MAX) return false;
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
        this.#take(next.value, nowMs);
      }
    }
    return true;
  }

  #take(finding: Finding, nowMs: number): void {
    const { writer, stillness, dirty, onSkipped } = this.#parts;
    switch (finding.type) {
      case 'candidate': {
        const state = stillness.offer(finding.disk, finding.stamp, nowMs);
        if (state === 'refused') dirty.addWhole(nowMs);
        if (state !== 'still') return;
        if (finding.stamp.size <= PIECE_BYTES) this.#small.push(finding);
        else if (!this.#largeDisks.has(finding.disk)) {
          this.#largeDisks.add(finding.disk);
          this.#large.push(finding);
        }
        return;
      }
      case 'moved':
        writer.move(finding);
        return;
      case 'gone':
        writer.remove(finding);
        return;
      case 'skipped':
        onSkipped(finding.place, finding.reason);
    }
  }

  async #hashSmall(): Promise<Hashed[]> {
    const candidates = this.#small.splice(0);
    return candidates.length === 0 ? [] : this.#hash(candidates);
  }

  #startLarge(): void {
    while (this.#hashingLarge < LARGE_AT_ONCE) {
      const candidate = this.#large.shift();
      if (candidate === undefined) return;
      this.#hashingLarge += 1;
      void this.#hash([candidate]).then((hashed) => {
        this.#hashingLarge -= 1;
        this.#largeDisks.delete(candidate.disk);
        this.#largeHashed.push(...hashed);
        this.wake();
      });
    }
  }

  #hash(candidates: readonly Candidate[]): Promise<Hashed[]> {
    const { hasher, at, onSkipped } = this.#parts;
    return hashStill(hasher, candidates, { at, onSkipped, signal: this.#abort.signal });
  }
}
