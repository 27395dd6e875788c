/**
 * One file on its way in: `.anillo/incoming/<id>` is written while it is hashed, in one pass and in bounded memory, and
 * synced. Nobody sees it before `placement.ts` has catalogued it.
 */
import { type FileHandle, open, rm } from 'node:fs/promises';
import type { FileHasher } from '../content/file-hasher.ts';
import type { FileStamp } from '../content/hash-message.ts';
import type { HashedContent } from '../content/leaf-list.ts';
import { PIECE_BYTES } from '../content/profile.ts';
import type { StreamHasher } from '../content/stream-hasher.ts';
import { Problem } from '../problems/problem.ts';
import type { FreeSpace, Room } from './free-space.ts';
import { stampOf } from './shared-folder.ts';

export interface WrittenFile {
  readonly content: HashedContent;
  readonly stamp: FileStamp;
}

export interface IncomingSource {
  readonly source: AsyncIterable<Uint8Array>;
  /** Bytes that are to come, when the sender said. */
  readonly expectedSize?: number;
}

/**
 * Writes `source` to `file`, which must not be there yet. On any failure nothing is left.
 * @throws Problem `no_space`, `incomplete_body`, `bad_request`; the system's error
 */
export async function writeIncoming(
  file: string,
  from: IncomingSource,
  { space, hasher }: { readonly space: FreeSpace; readonly hasher: FileHasher },
): Promise<WrittenFile> {
  const room = await space.take(from.expectedSize ?? 0);
  try {
    const handle = await open(file, 'wx');
    try {
      const content = await pour(handle, from, room, hasher.openStream());
      await handle.sync();
      return { content, stamp: stampOf(await handle.stat({ bigint: true })) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    room.release();
  }
}

/** Fills one piece while the one before is written. */
async function pour(
  handle: FileHandle,
  from: IncomingSource,
  room: Room,
  hasher: StreamHasher,
): Promise<HashedContent> {
  const writer = new PieceWriter(handle, room);
  try {
    for await (const chunk of untilCut(from)) {
      await hasher.write(chunk);
      await writer.write(chunk);
    }
    await writer.finish();
    return await hasher.finish();
  } catch (error) {
    hasher.abort();
    await writer.finish().catch(() => {}); // The failure that counts is on its way already.
    throw error;
  }
}

/** Gathered before the first write: most files are small. */
const FIRST_BYTES = 65_536;

/** Gathers chunks of any length into writes of one length, one of which is under way while the next is gathered. */
export class PieceWriter {
  readonly #handle: FileHandle;
  readonly #room: Room;
  readonly #start: number;
  readonly #stepBytes: number;
  #filling: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #filled = 0;
  #written: number;
  #landed: number;
  #writing: Promise<Buffer | null> = Promise.resolve(null);

  /**
   * @param start where in the file the first byte goes
   * @param stepBytes of a write: what is gathered for one is lost with the process
   */
  constructor(handle: FileHandle, room: Room, start = 0, stepBytes = PIECE_BYTES) {
    this.#handle = handle;
    this.#room = room;
    this.#start = start;
    this.#stepBytes = stepBytes;
    this.#written = start;
    this.#landed = start;
  }

  /** The system has all bytes of the file up to here. */
  get landed(): number {
    return this.#landed;
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let offset = 0; offset < chunk.length; ) {
      const taken = Math.min(this.#filling.length - this.#filled, chunk.length - offset);
      this.#filling.set(chunk.subarray(offset, offset + taken), this.#filled);
      this.#filled += taken;
      offset += taken;
      if (this.#filled === this.#filling.length) await this.#flush();
    }
  }

  async finish(): Promise<void> {
    await this.#writing;
    if (this.#filled > 0)
      await writeWhole(this.#handle, this.#filling.subarray(0, this.#filled), this.#written);
    this.#written += this.#filled;
    this.#landed = this.#written;
    this.#filled = 0;
  }

  async #flush(): Promise<void> {
    const spare = await this.#writing;
    const [full, length, position] = [this.#filling, this.#filled, this.#written];
    this.#filling = spare?.length === this.#stepBytes ? spare : Buffer.allocUnsafeSlow(this.#stepBytes);
    this.#filled = 0;
    this.#written += length;
    this.#writing = writeWhole(this.#handle, full.subarray(0, length), position).then(() => {
      this.#landed = position + length;
      return full;
    });
    this.#writing.catch(() => {}); // Thrown where it is awaited.
    await this.#room.grow(this.#written - this.#start);
  }
}

async function writeWhole(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}

/** The source's chunks; a source that fails, or ends before its announced size, was cut off. */
async function* untilCut({ source, expectedSize }: IncomingSource): AsyncGenerator<Uint8Array> {
  let size = 0;
  const chunks = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await chunks.next().catch((error: unknown) => {
        throw error instanceof Problem ? error : new Problem('incomplete_body', {}, error);
      });
      if (next.done === true) break;
      size += next.value.length;
      if (expectedSize !== undefined && size > expectedSize) {
        throw new Problem('bad_request', { reason: `more than the announced ${expectedSize} bytes came` });
      }
      yield next.value;
    }
  } finally {
    await chunks.return?.();
  }
  if (expectedSize !== undefined && size < expectedSize) throw new Problem('incomplete_body');
}
