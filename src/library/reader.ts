/**
 * Gives out bytes of catalogued files. What is on disk is compared with the row before a range and once more before its
 * last bytes leave, so that nobody gets a whole range of bytes that are not those of the CID.
 */

import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { WholeDigester } from '../content/whole-digest.ts';
import { Problem } from '../problems/problem.ts';
import type { Catalog } from './catalog.ts';
import { blockOf } from './catalog-block.ts';
import type { CatalogFile } from './catalog-file.ts';
import type { ReplicaFolder } from './replicas/replica-folder.ts';
import { isAbsent, type SharedFolder, sameBytes, stampOf } from './shared-folder.ts';

/** Measured: 1,710 MB/s to curl with 1 MiB, 833 with 64 KiB. */
const READ_BYTES = 1_048_576;

/** The inclusive first and the exclusive last byte of a range. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** An open file of the library; close it, also when its streams have ended. */
export class OpenFile {
  readonly file: CatalogFile;
  readonly #handle: FileHandle;

  constructor(file: CatalogFile, handle: FileHandle) {
    this.file = file;
    this.#handle = handle;
  }

  /**
   * The bytes of `range` (all by default), in chunks of up to 1 MiB. When the file changes meanwhile, the stream fails
   * with Problem `changed` before its last bytes.
   */
  stream({ start, end }: ByteRange = { start: 0, end: this.file.size }): Readable {
    return new RangeStream(this, start, end);
  }

  /** @throws Problem `changed` */
  async read({ start, end }: ByteRange): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafeSlow(end - start);
    for (let filled = 0; filled < bytes.length; ) {
      const { bytesRead } = await this.#handle.read(bytes, filled, bytes.length - filled, start + filled);
      if (bytesRead === 0) throw this.#changed();
      filled += bytesRead;
    }
    return bytes;
  }

  /** SHA-256 of the whole file. @throws Problem `changed`, and as `WholeDigester.digest` */
  async digest(digester: WholeDigester): Promise<Uint8Array> {
    const digest = await digester.digest({ descriptor: this.#handle.fd, size: this.file.size });
    await this.verifyUnchanged();
    return digest;
  }

  /** @throws Problem `changed` when the bytes are no longer those of the row */
  async verifyUnchanged(): Promise<void> {
    const stamp = stampOf(await this.#handle.stat({ bigint: true }));
    if (!sameBytes(stamp, this.file.stamp)) throw this.#changed();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  #changed(): Problem {
    return new Problem('changed', { what: this.file.path });
  }
}

class RangeStream extends Readable {
  readonly #open: OpenFile;
  readonly #end: number;
  #position: number;

  constructor(open: OpenFile, start: number, end: number) {
    super({ highWaterMark: READ_BYTES });
    this.#open = open;
    this.#position = start;
    this.#end = end;
  }

  override _read(): void {
    this.#next().then(
      (chunk) => this.push(chunk),
      (error: Error) => this.destroy(error),
    );
  }

  async #next(): Promise<Uint8Array | null> {
    if (this.#position >= this.#end) return null;
    const range = { start: this.#position, end: Math.min(this.#end, this.#position + READ_BYTES) };
    const chunk = await this.#open.read(range);
    this.#position = range.end;
    if (range.end === this.#end) await this.#open.verifyUnchanged();
    return chunk;
  }
}

/** Where a node's bytes stand. */
export interface Places {
  readonly folder: SharedFolder;
  readonly replicas: ReplicaFolder;
}

/** @throws Problem `changed`, or `suspended` when the shared folder is not there */
export async function openForRead(places: Places, file: CatalogFile): Promise<OpenFile> {
  const handle = await openBytes(places, file);
  if (handle === null) {
    if (file.why === 'own') await places.folder.requirePresent();
    throw new Problem('changed', { what: file.path });
  }
  const open = new OpenFile(file, handle);
  try {
    await open.verifyUnchanged();
    return open;
  } catch (error) {
    await open.close();
    throw error;
  }
}

/**
 * The block `cid` as bytes, at most 2 MiB, from the first of its places that is still what the catalog says; null when this
 * node does not have it.
 * @throws Problem `bad_cid`, `changed`, `suspended`
 */
export async function readBlock(places: Places, catalog: Catalog, cid: string): Promise<Uint8Array | null> {
  const block = blockOf(catalog, cid);
  if (block === null || block.type === 'bytes') return block?.bytes ?? null;
  let failure: unknown;
  for (const { file, offset, length } of block.places) {
    try {
      return await readPlace(places, file, { start: offset, end: offset + length });
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function readPlace(places: Places, file: CatalogFile, range: ByteRange): Promise<Uint8Array> {
  const open = await openForRead(places, file);
  try {
    const bytes = await open.read(range);
    await open.verifyUnchanged();
    return bytes;
  } finally {
    await open.close();
  }
}

/** From its place, or from where it stands while its rename has not been done. */
async function openBytes({ folder, replicas }: Places, file: CatalogFile): Promise<FileHandle | null> {
  const paths = file.incoming === null ? [file.disk] : [`.anillo/${file.incoming}`, file.disk];
  for (const path of paths) {
    try {
      return await (file.why === 'own' ? folder.openFile(path) : replicas.openFile(file.cid));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (!isAbsent(error) && code !== 'ELOOP' && code !== 'EACCES') throw error;
    }
  }
  return null;
}
