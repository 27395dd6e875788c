/**
 * One upload that may be resumed: its bytes, and the journal beside them. Every piece is hashed as it comes, and what comes is
 * synced before anybody is told that it is here. After the death of a process what it wrote is still what the file has. When the
 * machine went down as well, pieces that the journal has and no mark covers are hashed once more, at most what came between two marks and
 * what was in memory, and whatever nothing vouches for is cut off.
 */
import { hash, randomUUID } from 'node:crypto';
import { constants, type FileHandle, open, readFile, stat } from 'node:fs/promises';
import type { FileHasher } from '../content/file-hasher.ts';
import type { FileStamp } from '../content/hash-message.ts';
import { type HashedContent, LeafList } from '../content/leaf-list.ts';
import { PIECE_BYTES } from '../content/profile.ts';
import { Problem } from '../problems/problem.ts';
import type { FreeSpace } from './free-space.ts';
import { PieceWriter } from './incoming-file.ts';
import { Pouring, type UploadBody } from './pouring.ts';
import { lstatOrNull, stampOf } from './shared-folder.ts';
import { type UploadHead, UploadJournal } from './upload-journal.ts';

const JOURNAL = '.journal';
/** Up to two of them are lost when the process is killed. */
const WRITE_BYTES = 262_144;
/** Of bytes that are to be checked as a whole: a death before that leaves nothing of them. */
const UNCHECKED = 'unchecked';

interface Peeked {
  readonly head: UploadHead;
  readonly offset: number;
  /** Set when the bytes were brought to their place. */
  readonly cid: string | null;
  readonly changedMs: number;
}

export class ResumableFile {
  readonly #file: string;
  readonly #journal: UploadJournal;
  #offset = 0;

  private constructor(file: string, journal: UploadJournal) {
    this.#file = file;
    this.#journal = journal;
  }

  /** @param file where the bytes will stand @throws the system's error */
  static create(file: string, head: UploadHead): Promise<void> {
    return UploadJournal.create(file + JOURNAL, head);
  }

  /** Null when there is no such upload. Must be closed. @throws the system's error */
  static async open(file: string): Promise<ResumableFile | null> {
    const journal = await UploadJournal.read(file + JOURNAL);
    if (journal === null) return null;
    const upload = new ResumableFile(file, journal);
    if ((await upload.#length()) === null && journal.cid !== null) upload.#offset = journal.head.size;
    else await upload.#settle();
    return upload;
  }

  /** What is told of an upload that others may be filling: nothing is put right, and only marked bytes count. Null as above. */
  static async peek(file: string): Promise<Peeked | null> {
    const journal = await UploadJournal.read(file + JOURNAL);
    if (journal === null) return null;
    const { head, synced, cid } = journal;
    const isPlaced = cid !== null && (await lstatOrNull(file)) === null;
    const { mtimeMs } = await stat(file + JOURNAL);
    return { head, offset: isPlaced ? head.size : synced, cid: isPlaced ? cid : null, changedMs: mtimeMs };
  }

  get head(): UploadHead {
    return this.#journal.head;
  }

  /** Bytes that are here. */
  get offset(): number {
    return this.#offset;
  }

  /** Set when all bytes came; they may have been brought to their place since. */
  get cid(): string | null {
    return this.#journal.cid;
  }

  /** Unix milliseconds. */
  async changedMs(): Promise<number> {
    return (await stat(this.#file + JOURNAL)).mtimeMs;
  }

  async hasBytes(): Promise<boolean> {
    return (await this.#length()) !== null;
  }

  /**
   * Takes what follows `offset`. What came of a body that is cut off is kept, unless it has a `check`.
   * @throws Problem `incomplete_body`, `too_large`, `no_space`; what `check` throws; the system's error
   */
  async take(
    body: UploadBody,
    parts: { readonly space: FreeSpace; readonly hasher: FileHasher },
  ): Promise<void> {
    const room = await parts.space.take(this.head.size - this.#offset);
    const handle = await open(this.#file, constants.O_RDWR | constants.O_CREAT, 0o666);
    await this.#journal.began(body.check === undefined ? await bootNow() : UNCHECKED);
    const writer = new PieceWriter(handle, room, this.#offset, WRITE_BYTES);
    const pouring = new Pouring(handle, this.#journal, writer, body);
    try {
      const hasher = parts.hasher.openStream(pouring.leaves());
      try {
        for await (const piece of this.#begun(handle)) await hasher.write(piece);
        const cut = await pouring.pour(hasher, this.head.size - this.#offset);
        await hasher.pause();
        this.#offset = await pouring.settle(cut);
        if (cut !== null) throw cut;
      } catch (error) {
        hasher.abort();
        throw error;
      }
    } finally {
      await pouring.end();
      await handle.close();
      room.release();
    }
  }

  /** The tree over all bytes, when they are here. The CID is durable when it resolves. @throws the system's error */
  async complete(): Promise<{ readonly content: HashedContent; readonly stamp: FileStamp }> {
    const handle = await open(this.#file, constants.O_RDWR | constants.O_CREAT, 0o666);
    try {
      const list = new LeafList();
      for (const digest of this.#journal.leaves) list.add(digest, PIECE_BYTES);
      for await (const piece of this.#begun(handle)) list.add(hash('sha256', piece, 'buffer'), piece.length);
      const content = list.finish();
      if (this.#journal.cid === null) this.#journal.whole(content.cid);
      await handle.sync();
      await this.#journal.sync();
      return { content, stamp: stampOf(await handle.stat({ bigint: true })) };
    } finally {
      await handle.close();
    }
  }

  close(): Promise<void> {
    return this.#journal.close();
  }

  /** What is here of the piece that is not whole. */
  async *#begun(handle: FileHandle): AsyncGenerator<Uint8Array> {
    const length = this.#offset % PIECE_BYTES;
    if (length > 0) yield readExactly(handle, this.#offset - length, length);
  }

  async #length(): Promise<number | null> {
    const found = await lstatOrNull(this.#file);
    return found === null ? null : Number(found.size);
  }

  /** Finds out how far the bytes are right, and cuts off the rest. */
  async #settle(): Promise<void> {
    const { leaves, synced, boot, head } = this.#journal;
    const length = (await this.#length()) ?? 0;
    this.#offset = synced;
    if (length === synced && leaves.length === Math.floor(synced / PIECE_BYTES)) return;
    const handle = await open(this.#file, constants.O_RDWR | constants.O_CREAT, 0o666);
    try {
      const isOfThisBoot = boot === (await bootNow());
      this.#offset = isOfThisBoot ? Math.min(length, head.size) : await this.#vouchedFor(handle, length);
      const pieces = Math.floor(this.#offset / PIECE_BYTES);
      await handle.truncate(this.#offset);
      await handle.sync();
      await this.#journal.cut(Math.min(pieces, leaves.length));
      while (leaves.length < pieces) this.#journal.leaf(await hashPiece(handle, leaves.length));
      this.#journal.mark(this.#offset);
      await this.#journal.sync();
    } finally {
      await handle.close();
    }
  }

  async #vouchedFor(handle: FileHandle, length: number): Promise<number> {
    const { leaves, synced } = this.#journal;
    const sure = Math.min(Math.floor(Math.min(synced, length) / PIECE_BYTES), leaves.length);
    const pieces = await this.#countRight(handle, sure, Math.floor(length / PIECE_BYTES));
    const isWithin = length >= synced && pieces === Math.floor(synced / PIECE_BYTES);
    return isWithin ? synced : pieces * PIECE_BYTES;
  }

  async #countRight(handle: FileHandle, sure: number, there: number): Promise<number> {
    const { leaves } = this.#journal;
    for (let index = sure; index < Math.min(there, leaves.length); index += 1) {
      if (!(await hashPiece(handle, index)).equals(leaves[index] as Buffer)) return index;
    }
    return Math.max(sure, Math.min(there, leaves.length));
  }
}

async function hashPiece(handle: FileHandle, index: number): Promise<Buffer> {
  return hash('sha256', await readExactly(handle, index * PIECE_BYTES, PIECE_BYTES), 'buffer');
}

async function readExactly(handle: FileHandle, start: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let filled = 0; filled < length; ) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, start + filled);
    if (bytesRead === 0) throw new Problem('changed', { what: 'the.upload' });
    filled += bytesRead;
  }
  return bytes;
}

/** Another one after a loss of power. Where the system has none, no two are alike. */
async function bootNow(): Promise<string> {
  const id = await readFile('/proc/sys/kernel/random/boot_id', 'latin1').catch(() => randomUUID());
  return id.trim();
}
