/**
 * Room for what is on its way in: free space of the shared folder, less a reserve, less what other uploads under way still
 * need; and some of the data directory, where each file gets its rows.
 */
import { statfsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { Problem } from '../problems/problem.ts';

/** Looked at again after this many bytes: others write to the disk too. */
const RECHECK_BYTES = 64 * 1_048_576;
/** What the catalog, its log and the records may need while uploads run; never more than the reserve. */
const DATA_ROOM_BYTES = 64 * 1_048_576;

/** A part of the disk set aside for one upload. */
export interface Room {
  /** The upload has now `written` bytes. @throws Problem `no_space` */
  grow(written: number): Promise<void>;
  release(): void;
}

export class FreeSpace {
  readonly #folder: string;
  readonly #dataDir: string;
  readonly #reserveBytes: number;
  /** Announced and not yet written, of all uploads. */
  #promisedBytes = 0;

  /** @param reserveBytes stays free whatever comes */
  constructor(folder: string, dataDir: string, reserveBytes: number) {
    this.#folder = folder;
    this.#dataDir = dataDir;
    this.#reserveBytes = reserveBytes;
  }

  /** @param expectedBytes 0 when the sender did not say @throws Problem `no_space` */
  async take(expectedBytes: number): Promise<Room> {
    await this.#require(expectedBytes);
    let promised = expectedBytes;
    this.#promisedBytes += promised;
    let checkedAt = 0;
    const keepPromise = (open: number) => {
      this.#promisedBytes += open - promised;
      promised = open;
    };
    return {
      grow: async (written) => {
        keepPromise(Math.max(0, expectedBytes - written));
        if (written - checkedAt < RECHECK_BYTES) return;
        checkedAt = written;
        await this.#require(0);
      },
      release: () => keepPromise(0),
    };
  }

  async #require(bytes: number): Promise<void> {
    if ((await freeBytes(this.#folder)) - this.#reserveBytes - this.#promisedBytes < bytes)
      throw new Problem('no_space', {
        what: bytes > 0 ? `${bytes} bytes` : 'the.upload',
        where: this.#folder,
      });
    if ((await freeBytes(this.#dataDir)) < Math.min(DATA_ROOM_BYTES, this.#reserveBytes))
      throw new Problem('no_space', { what: 'the.rows', where: this.#dataDir });
  }
}

/** Bytes that uploads may fill now: what is free, less the reserve; 0 while the folder is not there. */
export function roomIn(folder: string, reserveBytes: number): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return Math.max(0, bavail * bsize - reserveBytes);
  } catch {
    return 0;
  }
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
