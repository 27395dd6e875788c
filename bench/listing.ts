/** How long a file takes from its appearance in a shared folder to its listing, less the time that it has to stand still. */
import { once } from 'node:events';
import { copyFileSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { Library } from '../src/library/library.ts';

export class ListingBench {
  readonly #library: Library;
  readonly #folder: string;
  #runs = 0;

  private constructor(library: Library, folder: string) {
    this.#library = library;
    this.#folder = folder;
  }

  /** @param folder on the file system of the files to come; a library of its own is made in it */
  static async open(folder: string): Promise<ListingBench> {
    const shareDir = join(folder, 'shared');
    mkdirSync(shareDir, { recursive: true });
    const log = pino({ level: 'silent' });
    const library = await Library.open({ shareDir, dataDir: join(folder, 'data'), log, reserveBytes: 0 });
    await library.startWatching();
    return new ListingBench(library, folder);
  }

  /** A copy of the file appears at once, by a rename. Returns milliseconds. */
  async list(file: string): Promise<number> {
    const run = ++this.#runs;
    const staged = join(this.#folder, `staged-${run}`);
    const shared = join(this.#library.folder.path, `file-${run}`);
    copyFileSync(file, staged);
    const listed = once(this.#library, 'added');
    renameSync(staged, shared);
    const appearedMs = performance.now();
    await listed;
    const tookMs = performance.now() - appearedMs;
    rmSync(shared);
    return tookMs - this.#library.bounds.stillMs;
  }

  async close(): Promise<void> {
    await this.#library.close();
  }
}
