/**
 * The file that a download writes: beside its destination, hidden, and renamed when it is whole, so that nothing
 * half-written ever stands under the destination's name. It is its own journal: what an earlier run left counts as far
 * as it verifies, whatever happened to that run or to the disk. Its name holds the CID, so that two downloads to one
 * place cannot mix their bytes.
 */
import { createHash, hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { LeafMap } from '../content/leaf-map.ts';
import { PIECE_BYTES } from '../content/profile.ts';
import { Problem } from '../problems/problem.ts';
import { syncFolder } from '../storage/durable-file.ts';
import type { PieceOutput } from './piece-receiver.ts';

const PREFIX = '.anillo-part-';
/** Enough of a digest that names do not meet; the whole destination's name could be too long to carry another ending. */
const TAG_LENGTH = 16;

const OPEN_FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;

export class PartFile implements PieceOutput {
  readonly #destination: string;
  readonly #path: string;
  readonly #handle: FileHandle;

  private constructor(destination: string, path: string, handle: FileHandle) {
    this.#destination = destination;
    this.#path = path;
    this.#handle = handle;
  }

  /** Opens what there is of `cid`, and discards parts of other contents for the same place. @throws Problem `cannot_write` */
  static async open(destination: string, cid: string): Promise<PartFile> {
    const folder = dirname(destination);
    const place = `${PREFIX}${createHash('sha256').update(basename(destination)).digest('hex').slice(0, TAG_LENGTH)}-`;
    const name = place + cid.slice(-TAG_LENGTH);
    try {
      for (const other of await readdir(folder)) {
        if (other.startsWith(place) && other !== name) await rm(join(folder, other), { force: true });
      }
      const path = join(folder, name);
      return new PartFile(destination, path, await open(path, OPEN_FLAGS, 0o666));
    } catch (error) {
      throw diskProblem(error, destination);
    }
  }

  /** How many pieces from the start are there and match their leaves. @throws what reading the tree throws */
  async verifiedPieces(map: LeafMap): Promise<number> {
    const buffer = Buffer.allocUnsafe(PIECE_BYTES);
    for (let index = 0; index < map.pieces; index += 1) {
      const { bytesRead } = await this.#handle.read(buffer, 0, PIECE_BYTES, index * PIECE_BYTES);
      if (bytesRead === 0) return index;
      const { length, digest } = await map.leaf(index);
      if (bytesRead < length) return index;
      if (Buffer.compare(hash('sha256', buffer.subarray(0, length), 'buffer'), digest) !== 0) return index;
    }
    return map.pieces;
  }

  /** @throws Problem `no_space` when `bytes` more don't fit */
  async requireSpace(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(dirname(this.#destination));
    const { blocks } = await this.#handle.stat();
    const free = bavail * bsize + blocks * 512;
    if (bytes > free) throw this.#noSpace();
  }

  async write(bytes: Uint8Array, offset: number): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, offset + done);
        done += bytesWritten;
      }
    } catch (error) {
      throw diskProblem(error, this.#destination);
    }
  }

  /** Gives the whole file its name. @param sync whether it must outlive a loss of power from now on */
  async finish(size: number, sync: boolean): Promise<void> {
    try {
      await this.#handle.truncate(size); // A longer part may stand there from an earlier run.
      if (sync) await this.#handle.sync();
      await this.#rename();
      if (sync) await syncFolder(dirname(this.#destination));
    } catch (error) {
      throw diskProblem(error, this.#destination);
    } finally {
      await this.#handle.close();
    }
  }

  /** Leaves what is there for the next run; nothing, when there is nothing. */
  async keep(): Promise<void> {
    const size = await this.#handle.stat().then(
      (found) => found.size,
      () => null,
    );
    await this.#handle.close();
    if (size === 0) await rm(this.#path, { force: true });
  }

  async #rename(): Promise<void> {
    const { ino } = await this.#handle.stat();
    try {
      await rename(this.#path, this.#destination);
    } catch (error) {
      // Another download of the same content to the same place wrote this very file, and was first.
      const there = await stat(this.#destination).catch(() => null);
      if (there?.ino !== ino) throw error;
    }
  }

  #noSpace(): Problem {
    return new Problem('no_space', { what: basename(this.#destination), where: dirname(this.#destination) });
  }
}

function diskProblem(error: unknown, destination: string): Problem {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Problem('no_space', { what: basename(destination), where: dirname(destination) }, error);
  }
  return new Problem('cannot_write', { path: destination, reason: code ?? message }, error);
}
