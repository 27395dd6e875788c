/**
 * Hashes a file that arrives in chunks. Its first piece is hashed in the calling thread, so that a small file costs no
 * message; later pieces go to the `PieceThread`, or stay here too while its slots are all taken.
 */
import { createHash, type Hash } from 'node:crypto';
import { type HashedContent, LeafList } from './leaf-list.ts';
import type { PieceSlot, PieceThread } from './piece-thread.ts';
import { PIECE_BYTES } from './profile.ts';

/** Pieces of one stream on their way through the thread; a writer beyond that waits. */
const PIECES_IN_FLIGHT = 3;

interface OpenPiece {
  readonly into:
    | { readonly type: 'here'; readonly hash: Hash }
    | { readonly type: 'slot'; readonly slot: PieceSlot };
  filled: number;
}

interface ClosedPiece {
  readonly size: number;
  digest: Uint8Array | null;
}

export class StreamHasher {
  readonly #thread: PieceThread;
  readonly #leaves: LeafList;
  /** In file order; those at the front that have their digest move on to the leaves. */
  readonly #closed: ClosedPiece[] = [];
  #open: OpenPiece | null = null;
  #pieces = 0;
  #failure: { readonly reason: unknown } | null = null;
  #wake: (() => void) | null = null;

  /** @param leaves of the pieces before, when the stream goes on where another one stopped */
  constructor(thread: PieceThread, leaves: LeafList = new LeafList()) {
    this.#thread = thread;
    this.#leaves = leaves;
  }

  /**
   * Takes the next bytes; `chunk` is the caller's again when this returns. A promise means: wait for it before the
   * next write. @throws what made hashing fail
   */
  write(chunk: Uint8Array): Promise<void> | undefined {
    this.#throwFailure();
    for (let offset = 0; offset < chunk.length; ) {
      this.#open ??= this.#openPiece();
      const taken = Math.min(PIECE_BYTES - this.#open.filled, chunk.length - offset);
      fill(this.#open, chunk.subarray(offset, offset + taken));
      offset += taken;
      if (this.#open.filled === PIECE_BYTES) this.#closePiece(this.#open);
    }
    return this.#closed.length < PIECES_IN_FLIGHT ? undefined : this.#drain(PIECES_IN_FLIGHT - 1);
  }

  /** The file's CID and tree. @throws what made hashing fail */
  async finish(): Promise<HashedContent> {
    if (this.#open !== null) this.#closePiece(this.#open);
    await this.#drain(0);
    return this.#leaves.finish();
  }

  /** Stops here: every whole piece has its leaf, and the piece that was begun is given up. @throws what made hashing fail */
  async pause(): Promise<void> {
    this.#giveUpOpen();
    await this.#drain(0);
  }

  /** Gives the memory back when the stream is given up. */
  abort(): void {
    this.#giveUpOpen();
    this.#fail(new Error('the stream was given up'));
  }

  #giveUpOpen(): void {
    if (this.#open?.into.type === 'slot') this.#thread.releaseSlot(this.#open.into.slot);
    this.#open = null;
  }

  #openPiece(): OpenPiece {
    const slot = this.#pieces === 0 ? null : this.#thread.takeSlot();
    this.#pieces += 1;
    if (slot !== null) return { into: { type: 'slot', slot }, filled: 0 };
    return { into: { type: 'here', hash: createHash('sha256') }, filled: 0 };
  }

  #closePiece({ into, filled }: OpenPiece): void {
    this.#open = null;
    const piece: ClosedPiece = { size: filled, digest: into.type === 'here' ? into.hash.digest() : null };
    this.#closed.push(piece);
    if (into.type === 'slot') this.#hashInThread(into.slot, piece);
    this.#settle();
  }

  #hashInThread(slot: PieceSlot, piece: ClosedPiece): void {
    this.#thread.hash(slot, piece.size).then(
      (digest) => {
        piece.digest = digest;
        this.#settle();
      },
      (reason) => this.#fail(reason),
    );
  }

  #settle(): void {
    for (let first = this.#closed[0]; first?.digest != null; first = this.#closed[0]) {
      this.#leaves.add(first.digest, first.size);
      this.#closed.shift();
    }
    this.#wake?.();
  }

  #fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#wake?.();
  }

  async #drain(pieces: number): Promise<void> {
    this.#throwFailure();
    while (this.#closed.length > pieces) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#throwFailure();
    }
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.reason;
  }
}

function fill(piece: OpenPiece, part: Uint8Array): void {
  if (piece.into.type === 'here') piece.into.hash.update(part);
  else piece.into.slot.bytes.set(part, piece.filled);
  piece.filled += part.length;
}
