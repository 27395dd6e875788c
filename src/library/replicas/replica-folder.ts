/** Where in the data directory the bytes stand that are kept for others: a folder for each content, with what a download leaves in it. */
import { constants, mkdirSync, readdirSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from '../../storage/durable-file.ts';

const FOLDER = 'replicas';
const CONTENT = 'content';
/** The last character of a CID has few bits; the two before it spread the folders. */
const SPREAD: readonly [start: number, end: number] = [-3, -1];

export class ReplicaFolder {
  readonly #root: string;

  constructor(dataDir: string) {
    this.#root = join(dataDir, FOLDER);
  }

  /** Absolute. */
  get path(): string {
    return this.#root;
  }

  /** Absolute path of a content's bytes. */
  fileOf(cid: string): string {
    return join(this.#folderOf(cid), CONTENT);
  }

  /** Makes the folder of a content. */
  make(cid: string): void {
    mkdirSync(this.#folderOf(cid), { recursive: true, mode: 0o700 });
  }

  /** @throws the system's error */
  openFile(cid: string): Promise<FileHandle> {
    return open(this.fileOf(cid), constants.O_RDONLY | constants.O_NOFOLLOW);
  }

  /** The bytes of a content, and the names of its folders, survive a loss of power. */
  async sync(cid: string): Promise<void> {
    const handle = await this.openFile(cid);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    const folder = this.#folderOf(cid);
    for (const synced of [folder, dirname(folder), this.#root]) await syncFolder(synced);
  }

  /** Whatever stands there of a content. */
  async remove(cid: string): Promise<void> {
    await rm(this.#folderOf(cid), { recursive: true, force: true });
  }

  /** The contents of which there is anything. */
  list(): string[] {
    return namesIn(this.#root).flatMap((spread) => namesIn(join(this.#root, spread)));
  }

  #folderOf(cid: string): string {
    return join(this.#root, cid.slice(...SPREAD), cid);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
