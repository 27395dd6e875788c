/**
 * Tells which paths of the shared folder may have changed. Linux watches single folders (inotify), and a watch stays with
 * its folder whatever that is called later. So the scanner has each folder watched anew, by the name of now, just before
 * it reads it: what comes after is heard, what came before is read. Other systems watch whole trees themselves.
 */
import { isUtf8 } from 'node:buffer';
import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { WatchedFolders } from './watched-folders.ts';

export interface WatcherOptions {
  /** Beyond so many, the folder is only looked through. */
  readonly foldersMax: number;
  /** Paths on disk without the root; '' is the folder itself. A folder stands for all that is in it. */
  readonly onDirty: (paths: readonly string[]) => void;
  /** So much happened at once that the system may have dropped some of it without a word. */
  readonly onFlood: () => void;
}

const WATCHES_TREES = process.platform !== 'linux';
/** Changes are told together: a file that is being written changes thousands of times a second. */
const GATHER_MS = 100;
/** Where the system does not say how much it keeps for us: Linux's default. */
const QUEUED_EVENTS_DEFAULT = 16_384;
/** The system has no more watches (ENOSPC), or no more watching processes (EMFILE). */
const EXHAUSTED = new Set(['ENOSPC', 'EMFILE', 'ENFILE']);

export class Watcher {
  readonly #options: WatcherOptions;
  readonly #folders = new WatchedFolders();
  readonly #gathered = new Set<string>();
  readonly #floodEvents = queuedEventsMax() / 2;
  #root: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** Events since the event loop last came round; null while there are none. */
  #events: number | null = null;
  #fault: string | null = null;

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  /** Folders seen that are not watched, for want of watches. */
  get unwatched(): number {
    return this.#folders.missing;
  }

  /** What kept the last one of them from being watched. */
  get fault(): string | null {
    return this.#fault;
  }

  /** From now on what is seen is watched. @param root absolute path of the shared folder */
  start(root: string): void {
    this.#root = root;
    this.#fault = null;
  }

  stop(): void {
    this.#root = null;
    this.#folders.forget('');
    this.#gathered.clear();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Just before the entries of `disk` are read. */
  see(disk: string): void {
    if (this.#root === null || (WATCHES_TREES && disk !== '')) return;
    if (disk === '') this.#fault = null; // The whole folder is looked through: there may be watches again.
    this.#folders.set(disk, this.#watch(join(this.#root, disk), disk));
  }

  /** Of the folders in `disk` only those called `names` are there to be watched. */
  keepBelow(disk: string, names: ReadonlySet<string>): void {
    this.#folders.keepBelow(disk, names);
  }

  /** No folder stands at `disk`. */
  forget(disk: string): void {
    this.#folders.forget(disk);
  }

  #watch(path: string, disk: string): FSWatcher | 'missing' | null {
    if (!this.#folders.isWatched(disk)) {
      if (this.#folders.watched >= this.#options.foldersMax) this.#fault = 'too many folders';
      if (this.#fault !== null) return 'missing';
    }
    try {
      const watcher = watch(path, { encoding: 'buffer', recursive: WATCHES_TREES }, (_, name) =>
        this.#hear(disk, name),
      );
      watcher.on('error', () => this.#add(disk)); // The folder went away under its watch.
      return watcher;
    } catch (error) {
      const { code = 'unknown' } = error as NodeJS.ErrnoException;
      if (!EXHAUSTED.has(code)) return null; // Gone or closed to us: the folder above tells when that changes.
      this.#fault = code;
      return 'missing';
    }
  }

  #hear(disk: string, name: Buffer | null): void {
    this.#countEvent();
    // A name that is not UTF-8 is nothing to look at; what is above it is looked through instead.
    if (name === null || !isUtf8(name)) this.#add(disk);
    else this.#add(join(disk, name.toString('utf8')));
  }

  /** All that the system has kept comes in one round of the event loop; it keeps a bounded number and drops the rest. */
  #countEvent(): void {
    if (this.#events === null) {
      this.#events = 0;
      setImmediate(() => {
        if (this.#root !== null && (this.#events ?? 0) >= this.#floodEvents) this.#options.onFlood();
        this.#events = null;
      });
    }
    this.#events += 1;
  }

  #add(disk: string): void {
    if (this.#root === null) return;
    this.#gathered.add(disk);
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      const paths = [...this.#gathered];
      this.#gathered.clear();
      this.#options.onDirty(paths);
    }, GATHER_MS);
  }
}

function queuedEventsMax(): number {
  try {
    return Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8')) || QUEUED_EVENTS_DEFAULT;
  } catch {
    return QUEUED_EVENTS_DEFAULT;
  }
}
