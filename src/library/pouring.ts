/**
 * One body of an upload that may be resumed, on its way into the file and through the hasher: the leaves are noted as they
 * come, what is written is handed to the disk on the way, and at the end all is durable or, where it is refused, gone.
 */
import type { FileHandle } from 'node:fs/promises';
import { LeafList } from '../content/leaf-list.ts';
import { PIECE_BYTES } from '../content/profile.ts';
import { Problem } from '../problems/problem.ts';
import type { PieceWriter } from './incoming-file.ts';
import type { UploadJournal } from './upload-journal.ts';

/** Handed to the disk in the background when so much has come: the last sync, which the sender waits for, is then short. */
const SYNC_BYTES = 32 * PIECE_BYTES;

export interface UploadBody {
  /** A source that fails was cut off; what came before is kept. */
  readonly source: AsyncIterable<Uint8Array>;
  /** Sees every chunk, and throws at the end when they are not what was announced: then none of them is kept. */
  readonly check?: { see(chunk: Uint8Array): void; confirm(): void };
}

export class Pouring {
  readonly #handle: FileHandle;
  readonly #journal: UploadJournal;
  readonly #writer: PieceWriter;
  readonly #body: UploadBody;
  readonly #start: { readonly offset: number; readonly pieces: number };
  #syncing: Promise<void> | null = null;
  #syncedTo: number;
  #isSettled = false;
  /** Nothing of the body is to be kept. */
  #isRefused: boolean;

  constructor(handle: FileHandle, journal: UploadJournal, writer: PieceWriter, body: UploadBody) {
    this.#handle = handle;
    this.#journal = journal;
    this.#writer = writer;
    this.#body = body;
    this.#start = { offset: writer.landed, pieces: journal.leaves.length };
    this.#syncedTo = writer.landed;
    this.#isRefused = body.check !== undefined;
  }

  /** The leaves so far; further ones are noted as they come. */
  leaves(): LeafList {
    const { check } = this.#body;
    const journal = this.#journal;
    const known = [...journal.leaves];
    const list = new NotedLeaves((digest) => {
      journal.leaf(digest);
      if (check === undefined) journal.flush().catch(() => {}); // Thrown where the next flush is awaited.
    });
    for (const digest of known) list.addKnown(digest);
    return list;
  }

  /** Returns why the body ended before its end, if it did. @throws Problem; the system's error */
  async pour(
    hasher: { write(chunk: Uint8Array): Promise<void> | undefined },
    leftBytes: number,
  ): Promise<Problem | null> {
    const { source, check } = this.#body;
    let left = leftBytes;
    const chunks = source[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await chunks.next().catch((error: unknown) => new Problem('incomplete_body', {}, error));
        if (next instanceof Problem) return next;
        if (next.done === true) return null;
        const chunk = next.value;
        left -= chunk.length;
        if (left < 0) {
          this.#isRefused = true;
          throw new Problem('too_large', { what: 'the.body', limit: `${leftBytes} bytes` });
        }
        check?.see(chunk);
        await hasher.write(chunk);
        await this.#writer.write(chunk);
        if (check === undefined) this.#syncBehind();
      }
    } finally {
      await chunks.return?.();
    }
  }

  /** Makes what came durable, or takes it back where a check refuses it. Returns the new offset. */
  async settle(cut: Problem | null): Promise<number> {
    await this.#writer.finish();
    const { check } = this.#body;
    if (check !== undefined) {
      if (cut !== null) throw cut;
      check.confirm();
    }
    await this.#syncing;
    await this.#handle.datasync();
    this.#journal.mark(this.#writer.landed);
    await this.#journal.sync();
    this.#isSettled = true;
    return this.#writer.landed;
  }

  /** After a failure, what was refused goes; all else is judged by whoever opens the upload next. */
  async end(): Promise<void> {
    await this.#syncing?.catch(() => {});
    if (this.#isSettled) return;
    await this.#writer.finish().catch(() => {}); // The failure that counts is on its way already.
    if (!this.#isRefused) return;
    await this.#journal.cut(this.#start.pieces);
    await this.#handle.truncate(this.#start.offset);
    this.#journal.mark(this.#start.offset);
    await this.#journal.sync();
  }

  /** Only whole pieces are marked on the way: a mark must not run ahead of the leaves. */
  #syncBehind(): void {
    const leavesEnd = this.#journal.leaves.length * PIECE_BYTES;
    const offset = Math.min(Math.floor(this.#writer.landed / PIECE_BYTES) * PIECE_BYTES, leavesEnd);
    if (this.#syncing !== null || offset - this.#syncedTo < SYNC_BYTES) return;
    this.#syncedTo = offset;
    this.#syncing = this.#handle.datasync().then(() => {
      this.#journal.mark(offset);
      this.#syncing = null;
    });
    this.#syncing.catch(() => {}); // Thrown where it is awaited.
  }
}

class NotedLeaves extends LeafList {
  readonly #note: (digest: Uint8Array) => void;

  constructor(note: (digest: Uint8Array) => void) {
    super();
    this.#note = note;
  }

  addKnown(digest: Uint8Array): void {
    super.add(digest, PIECE_BYTES);
  }

  override add(digest: Uint8Array, size: number): void {
    super.add(digest, size);
    this.#note(digest);
  }
}
