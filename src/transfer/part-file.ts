/**
 * The file that a download writes: beside its destination, hidden, of full size from the start, and renamed when it is
 * whole, so that nothing half-written ever stands under the destination's name. Pieces stand at their place in any order;
 * the journal beside it says which. Its name holds the CID, so that two downloads to one place cannot mix their bytes.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Problem } from '../problems/problem.ts';
import { syncFolder } from '../storage/durable-file.ts';
import { Journal } from './journal.ts';
import type { Found, PieceOutput } from './piece-output.ts';

const PREFIX = '.anillo-part-';
const JOURNAL = '.journal';
/** Enough of a digest that names do not meet; the whole destination's name could be too long to carry another ending. */
const TAG_LENGTH = 16;
/** What `stat` counts blocks in. */
const BLOCK_BYTES = 512;

const OPEN_FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;

export class PartFile implements PieceOutput {
  readonly windowPieces = null;
  readonly #destination: string;
  readonly #path: string;
  readonly #cid: string;
  readonly #handle: FileHandle;
  #journal: Journal | null = null;

  private constructor(destination: string, path: string, cid: string, handle: FileHandle) {
    this.#destination = destination;
    this.#path = path;
    this.#cid = cid;
    this.#handle = handle;
  }

  /** Opens what there is of `cid`, and discards parts of other contents for the same place. @throws Problem `cannot_write` */
  static async open(destination: string, cid: string): Promise<PartFile> {
    const folder = dirname(destination);
    const place = `${PREFIX}${createHash('sha256').update(basename(destination)).digest('hex').slice(0, TAG_LENGTH)}-`;
    const name = place + cid.slice(-TAG_LENGTH);
    try {
      for (const other of await readdir(folder)) {
        const isOther = other.startsWith(place) && other !== name && other !== name + JOURNAL;
        if (isOther) await rm(join(folder, other), { force: true });
      }
      const path = join(folder, name);
      return new PartFile(destination, path, cid, await open(path, OPEN_FLAGS, 0o666));
    } catch (error) {
      throw diskProblem(error, destination);
    }
  }

  /** Makes it `size` bytes long. @throws Problem `no_space` when they don't fit, `cannot_write` */
  async prepare(size: number, pieces: number): Promise<Found> {
    const before = await this.#handle.stat();
    await this.#requireSpace(size, before.blocks * BLOCK_BYTES);
    try {
      const { journal, vouched } = await Journal.open(this.#path + JOURNAL, this.#handle, this.#cid, pieces);
      this.#journal = journal;
      if (before.size !== size) await this.#handle.truncate(size);
      if (before.blocks === 0) return { type: 'nothing' };
      if (vouched === null || before.size !== size) return { type: 'unknown', descriptor: this.#handle.fd };
      return { type: 'vouched', pieces: vouched };
    } catch (error) {
      throw diskProblem(error, this.#destination);
    }
  }

  get descriptor(): number {
    return this.#handle.fd;
  }

  get journalDescriptor(): number | null {
    return this.#journal?.descriptor ?? null;
  }

  /** It stands in its place as soon as it is verified. */
  async put(): Promise<void> {}

  problem(code: string): Problem {
    return diskProblem({ code, message: code }, this.#destination);
  }

  /** Gives the whole file its name. @param sync whether it must outlive a loss of power from now on */
  async finish(sync: boolean): Promise<void> {
    try {
      if (sync) await this.#handle.sync();
      await this.#journal?.remove();
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
    try {
      if ((await this.#handle.stat()).blocks === 0)
        await Promise.all([this.#journal?.remove(), rm(this.#path, { force: true })]);
      else await this.#journal?.close();
    } finally {
      await this.#handle.close();
    }
  }

  async #requireSpace(size: number, taken: number): Promise<void> {
    const { bavail, bsize } = await statfs(dirname(this.#destination));
    if (size > bavail * bsize + taken) throw this.problem('ENOSPC');
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
}

function diskProblem(error: unknown, destination: string): Problem {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Problem('no_space', { what: basename(destination), where: dirname(destination) }, error);
  }
  return new Problem('cannot_write', { path: destination, reason: code ?? message }, error);
}
