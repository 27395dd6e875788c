/**
 * The index thread's loop: looks after the shared folder (is it there, is it watched), lets the indexer do its turns, and
 * tidies up now and then. While the folder is not there nothing is scanned and nothing withdrawn.
 */
import { stat } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';
import { FileHasher } from '../content/file-hasher.ts';
import { Catalog, type LibraryState } from './catalog.ts';
import { CatalogChanges } from './catalog-changes.ts';
import { dropUnusedContents } from './catalog-content.ts';
import { CatalogOrders, writeHere } from './catalog-orders.ts';
import { DirtyPaths } from './dirty-paths.ts';
import { HASHING_THREADS } from './hash-queue.ts';
import type { FileEvent } from './index-writer.ts';
import { IndexWriter } from './index-writer.ts';
import { Indexer } from './indexer.ts';
import type { LibraryBounds } from './library-bounds.ts';
import { type Moment, momentNow } from './moment.ts';
import { Scanner } from './scanner.ts';
import { SharedFolder } from './shared-folder.ts';
import { type IndexLog, SkippedFiles } from './skipped-files.ts';
import { Stillness } from './stillness.ts';
import { Trash } from './trash.ts';
import { Versions } from './versions.ts';
import { Watcher } from './watcher.ts';

export interface IndexLoopOptions {
  readonly shareDir: string;
  readonly dataDir: string;
  readonly bounds: LibraryBounds;
  readonly log: IndexLog;
  readonly onEvents: (events: FileEvent[]) => void;
}

const TIDY_MS = 3_600_000;
/** After a failure of the loop itself (a full disk, a broken table) it starts over. */
const FAILURE_PAUSE_MS = 5_000;

export class IndexLoop {
  readonly #options: IndexLoopOptions;
  readonly #catalog: Catalog;
  readonly #folder: SharedFolder;
  readonly #hasher = new FileHasher({ workers: HASHING_THREADS });
  readonly #dirty = new DirtyPaths();
  readonly #skipped: SkippedFiles;
  readonly #indexer: Indexer;
  readonly #trash: Trash;
  readonly #versions: Versions;
  readonly #watcher: Watcher;
  /** The folder that is watched: another one mounted over it has another inode. */
  #inode: bigint | null = null;
  /** As it stands in the catalog's state. */
  #unwatched: number | null = null;
  #state: string | null = null;
  /** On the monotonic clock. */
  #checkedMs = Number.NEGATIVE_INFINITY;
  #scannedMs = Number.NEGATIVE_INFINITY;
  #tidiedMs = Number.NEGATIVE_INFINITY;
  #stopped = false;

  private constructor(options: IndexLoopOptions, catalog: Catalog, folder: SharedFolder) {
    this.#options = options;
    this.#catalog = catalog;
    this.#folder = folder;
    const changes = new CatalogChanges(catalog);
    const at = (disk: string) => folder.at(disk);
    this.#skipped = new SkippedFiles(catalog, options.log);
    const writer = new IndexWriter({
      catalog,
      changes,
      at,
      isFolderPresent: async () => (await folder.absence()) === null,
      onEvents: options.onEvents,
    });
    this.#watcher = new Watcher({
      foldersMax: options.bounds.watchedFoldersMax,
      onDirty: (paths) => this.#lookAt(paths),
      onFlood: () => this.#lookAt(['']),
    });
    this.#indexer = new Indexer({
      scanner: new Scanner(folder.path, catalog, this.#watcher),
      stillness: new Stillness(options.bounds.stillMs),
      hasher: this.#hasher,
      writer,
      dirty: this.#dirty,
      at,
      skipped: this.#skipped,
    });
    const here = writeHere(catalog, new CatalogOrders(catalog, Date.now));
    this.#trash = new Trash(folder, catalog, here);
    this.#versions = new Versions(folder, catalog, here, options.bounds);
  }

  static async open(options: IndexLoopOptions): Promise<IndexLoop> {
    const catalog = Catalog.open(options.dataDir, { synchronous: 'normal' });
    return new IndexLoop(options, catalog, await SharedFolder.open(options.shareDir, catalog));
  }

  /** Until `stop`. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#round();
      } catch (error) {
        this.#fail(error);
        if (!this.#stopped) await this.#indexer.idle(FAILURE_PAUSE_MS);
      }
    }
    this.#watcher.stop();
    await this.#hasher.close();
    this.#catalog.close();
  }

  rescan(): void {
    this.#dirty.addWholeAtOnce();
    this.#indexer.wake();
  }

  stop(): void {
    this.#stopped = true;
    this.#indexer.stop();
  }

  async #round(): Promise<void> {
    const now = momentNow();
    if (now.monotonicMs - this.#checkedMs >= this.#options.bounds.markerCheckMs) await this.#tendFolder(now);
    if (this.#inode === null) {
      await this.#indexer.idle(this.#options.bounds.markerCheckMs);
      return;
    }
    const busy = await this.#indexer.turn(now);
    if (!this.#indexer.isLooking) this.#reportLook();
    if (!this.#indexer.isScanning && this.#state !== 'ready') this.#setState('ready');
    if (busy) await breathe();
    else await this.#indexer.idle(this.#restMs(now.monotonicMs));
  }

  /** Said aloud until a whole scan has succeeded again. */
  #fail(error: unknown): void {
    this.#options.log('error', { err: String(error) }, 'indexing failed; it starts over');
    this.#indexer.drop();
    this.#dirty.addWholeAtOnce();
    try {
      this.#catalog.setState('reason', String(error));
      this.#setState('failing');
    } catch {
      // The catalog itself may be what fails; the log has said so.
    }
  }

  /** What was met on the way that is not as it should be. */
  #reportLook(): void {
    this.#skipped.report();
    const unwatched = this.#watcher.unwatched;
    if (unwatched === this.#unwatched) return;
    this.#catalog.setState('unwatched', String(unwatched));
    if (unwatched > 0 && (this.#unwatched ?? 0) === 0) {
      this.#options.log(
        'warn',
        { folders: unwatched, fault: this.#watcher.fault, everyMs: this.#options.bounds.rescanUnwatchedMs },
        'not all of the shared folder can be watched; it is looked through regularly',
      );
    }
    this.#unwatched = unwatched;
  }

  async #tendFolder(now: Moment): Promise<void> {
    const nowMs = now.monotonicMs;
    this.#checkedMs = nowMs;
    const absence = await this.#folder.absence();
    if (absence !== null) {
      this.#suspend(absence);
      return;
    }
    const { ino } = await stat(this.#folder.path, { bigint: true });
    if (ino !== this.#inode) await this.#resume(ino, nowMs);
    const { rescanMs, rescanUnwatchedMs } = this.#options.bounds;
    if (nowMs - this.#scannedMs >= (this.#watcher.unwatched > 0 ? rescanUnwatchedMs : rescanMs))
      this.#scanWhole(nowMs);
    if (nowMs - this.#tidiedMs >= TIDY_MS) await this.#tidy(now);
  }

  #suspend(reason: string): void {
    if (this.#state === 'suspended') return;
    this.#catalog.setState('reason', reason);
    this.#setState('suspended');
    this.#options.log(
      'warn',
      { folder: this.#folder.path, reason },
      'the shared folder is not there; nothing is withdrawn until it is back',
    );
    this.#inode = null;
    this.#indexer.drop();
    this.#watcher.stop();
  }

  async #resume(inode: bigint, nowMs: number): Promise<void> {
    this.#watcher.stop();
    await this.#folder.makeOwnPlaces();
    await this.#trash.recover(this.#options.log); // What was being withdrawn is not to be found as new.
    this.#setState('scanning');
    this.#inode = inode;
    this.#watcher.start(this.#folder.path);
    this.#scanWhole(nowMs);
  }

  #scanWhole(nowMs: number): void {
    this.#scannedMs = nowMs;
    this.#dirty.addWholeAtOnce();
  }

  #lookAt(paths: readonly string[]): void {
    this.#dirty.add(paths, performance.now());
    this.#indexer.wake();
  }

  async #tidy({ monotonicMs, wallMs }: Moment): Promise<void> {
    this.#tidiedMs = monotonicMs;
    await this.#trash.recover(this.#options.log);
    await this.#trash.empty(wallMs - this.#options.bounds.trashMaxAgeMs).catch((error: unknown) => {
      this.#options.log('warn', { err: String(error) }, 'old entries of the trash cannot be removed');
    });
    await this.#versions.prune();
    while (dropUnusedContents(this.#catalog, wallMs)) await breathe();
  }

  #setState(state: LibraryState): void {
    this.#state = state;
    this.#catalog.setState('library', state);
  }

  #restMs(nowMs: number): number {
    const { markerCheckMs } = this.#options.bounds;
    return Math.max(1, Math.min(markerCheckMs, this.#indexer.dueInMs(nowMs) ?? markerCheckMs));
  }
}
