/**
 * Files that came before the name of the node they are for: kept on disk, under a quota, till the form has been read.
 * The folder is emptied at each start, so nothing stays of a portmapper that was killed.
 */
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Problem } from '../problems/problem.ts';

const FOLDER = 'spool';
/** Of all spooled files together: some large ones at once. Clients that name the node first need none of it. */
const SPOOL_MAX_BYTES = 16 * 1024 ** 3;
/** Left free on the disk, which the registry shares. */
const RESERVE_BYTES = 1024 ** 3;
/** The free space is asked for again after this much. */
const CHECK_EVERY_BYTES = 64 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;

export interface SpooledFile {
  readonly size: number;
  read(): Readable;
  remove(): Promise<void>;
}

export class Spool {
  readonly #folder: string;
  readonly #maxBytes: number;
  #usedBytes = 0;

  private constructor(folder: string, maxBytes: number) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  /** @param maxBytes of all spooled files together */
  static open(dataDir: string, maxBytes: number = SPOOL_MAX_BYTES): Spool {
    const folder = join(dataDir, FOLDER);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return new Spool(folder, maxBytes);
  }

  /** Keeps what `source` gives; of a source that fails, nothing. @throws Problem `no_space`, and what `source` throws */
  async take(source: Readable): Promise<SpooledFile> {
    const file = join(this.#folder, randomUUID());
    let size = 0;
    const remove = async () => {
      await rm(file, { force: true });
      this.#usedBytes -= size;
      size = 0;
    };
    const measure = this.#measure((bytes) => {
      size += bytes;
    });
    try {
      await this.#requireDisk();
      await pipeline(source, measure, createWriteStream(file, { flags: 'wx', mode: 0o600 }));
    } catch (error) {
      await remove();
      throw (error as NodeJS.ErrnoException).code === 'ENOSPC' ? noSpace(error) : error;
    }
    return { size, read: () => createReadStream(file, { highWaterMark: READ_BYTES }), remove };
  }

  #measure(count: (bytes: number) => void): Transform {
    let uncheckedBytes = 0;
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        count(chunk.length);
        this.#usedBytes += chunk.length;
        uncheckedBytes += chunk.length;
        if (this.#usedBytes > this.#maxBytes) return done(noSpace());
        if (uncheckedBytes < CHECK_EVERY_BYTES) return done(null, chunk);
        uncheckedBytes = 0;
        this.#requireDisk().then(() => done(null, chunk), done);
      },
    });
  }

  async #requireDisk(): Promise<void> {
    const { bavail, bsize } = await statfs(this.#folder);
    if (bavail * bsize < RESERVE_BYTES) throw noSpace();
  }
}

function noSpace(cause?: unknown): Problem {
  return new Problem('no_space', { what: 'the.file', where: 'in.portmapper' }, cause);
}
