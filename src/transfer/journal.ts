/**
 * Which pieces of a part file are verified and written: the index of each is appended after the piece was (`check-piece.ts`).
 * It vouches for what the system took, which outlives a kill of the process; not a loss of power, so it counts only within
 * one boot, for one inode, and while nobody else has written to the part. What it does not vouch for is verified again.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, readFile, rm } from 'node:fs/promises';
import { PieceSet } from './piece-set.ts';

const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id';
const KEY_BYTES = 32;
const ENTRY_BYTES = 4;
/** The last entry of a journal whose writer ended by itself. */
const CLOSED = 0xffff_ffff;
/** A process that was killed may have written a piece after its last entry; what came later than that came from others. */
const KILLED_WITHIN_MS = 1_000;
/** So far back is a part dated when its writer ends: whoever writes to it after that is seen, however soon. */
const BACKDATED_MS = 10_000;

const OPEN_FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_APPEND;

export class Journal {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #part: FileHandle;

  private constructor(path: string, handle: FileHandle, part: FileHandle) {
    this.#path = path;
    this.#handle = handle;
    this.#part = part;
  }

  /**
   * Opens the journal of `part`, and says for which of its pieces it vouches: null when for nothing is known, and every
   * piece has to be looked at.
   */
  static async open(
    path: string,
    part: FileHandle,
    cid: string,
    pieces: number,
  ): Promise<{ journal: Journal; vouched: PieceSet | null }> {
    const handle = await open(path, OPEN_FLAGS, 0o666);
    try {
      const key = await keyOf(part, cid);
      const journal = new Journal(path, handle, part);
      const vouched = key === null ? null : await journal.#read(key, pieces);
      if (vouched === null) await journal.#begin(key ?? Buffer.alloc(KEY_BYTES));
      return { journal, vouched };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get descriptor(): number {
    return this.#handle.fd;
  }

  /** Nobody writes to the part any more, so that whoever does so is a stranger. */
  async close(): Promise<void> {
    const date = new Date(Date.now() - BACKDATED_MS);
    await this.#part.utimes(date, date);
    const entry = Buffer.alloc(ENTRY_BYTES);
    entry.writeUInt32LE(CLOSED);
    await this.#handle.write(entry);
    await this.#handle.close();
  }

  /** Before the part gets its name: a journal without a part is of no use to anybody. */
  async remove(): Promise<void> {
    await this.#handle.close();
    await rm(this.#path, { force: true });
  }

  async #begin(key: Buffer): Promise<void> {
    await this.#handle.truncate(0);
    await this.#handle.write(key);
  }

  async #read(key: Buffer, pieces: number): Promise<PieceSet | null> {
    const bytes = await this.#handle.readFile();
    if (bytes.length < KEY_BYTES || Buffer.compare(bytes.subarray(0, KEY_BYTES), key) !== 0) return null;
    const vouched = new PieceSet(pieces);
    let last = 0;
    for (let at = KEY_BYTES; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
      last = bytes.readUInt32LE(at);
      if (last < pieces) vouched.add(last);
    }
    const slackMs = last === CLOSED ? -BACKDATED_MS / 2 : KILLED_WITHIN_MS;
    const [part, own] = await Promise.all([this.#part.stat(), this.#handle.stat()]);
    return part.mtimeMs <= own.mtimeMs + slackMs ? vouched : null;
  }
}

/** What a journal must begin with to count; null where boots cannot be told apart. */
async function keyOf(part: FileHandle, cid: string): Promise<Buffer | null> {
  const boot = await readFile(BOOT_ID_FILE, 'utf8').catch(() => null);
  if (boot === null) return null;
  const { dev, ino } = await part.stat();
  return createHash('sha256').update(`anillo-journal-1\0${boot}\0${dev}\0${ino}\0${cid}`).digest();
}
