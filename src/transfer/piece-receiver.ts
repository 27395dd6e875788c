/**
 * Gathers what arrives into pieces, verifies each against its leaf, and only then gives it to the output. A few buffers
 * go round, so that the next piece fills while the last ones are written; the memory is theirs.
 */
import { hash } from 'node:crypto';
import type { Leaf, LeafMap } from '../content/leaf-map.ts';
import { PIECE_BYTES } from '../content/profile.ts';

/** Pieces that fill or are written at once. */
const BUFFERS = 4;

/** Where verified pieces go. */
export interface PieceOutput {
  /** `bytes` may be reused once the promise is kept. Called in file order; several may be under way. */
  write(bytes: Uint8Array, offset: number): Promise<void>;
}

/** A piece did not match its leaf: the holder that sent it lied, or its disk did. */
export class BadPiece extends Error {
  constructor(index: number) {
    super(`piece ${index} does not match its leaf`);
  }
}

export class PieceReceiver {
  readonly #map: LeafMap;
  readonly #output: PieceOutput;
  readonly #onVerified: (bytes: number) => void;
  readonly #free: Buffer[] = [];
  readonly #writes = new Set<Promise<void>>();
  #buffers = 0;
  #buffer: Buffer | null = null;
  #filled = 0;
  #next: number;
  #leaf: Leaf | null = null;
  #failure: { readonly reason: unknown } | null = null;

  /** @param from index of the first piece that is missing. @param onVerified told the bytes of each piece written */
  constructor(map: LeafMap, output: PieceOutput, from: number, onVerified: (bytes: number) => void) {
    this.#map = map;
    this.#output = output;
    this.#next = from;
    this.#onVerified = onVerified;
  }

  /** Pieces verified so far, those before the first included. */
  get pieces(): number {
    return this.#next;
  }

  /** Where the next byte belongs. */
  get position(): number {
    return Math.min(this.#next * PIECE_BYTES, this.#map.size);
  }

  /** Takes the next bytes; a promise means: wait for it before more. @throws BadPiece; what the output threw */
  take(chunk: Uint8Array): Promise<void> | undefined {
    for (let offset = 0; offset < chunk.length; ) {
      this.#throwFailure();
      this.#buffer ??= this.#takeBuffer();
      if (this.#buffer === null || this.#leaf === null) return this.#waitAndTake(chunk.subarray(offset));
      const taken = Math.min(this.#leaf.length - this.#filled, chunk.length - offset);
      this.#buffer.set(chunk.subarray(offset, offset + taken), this.#filled);
      this.#filled += taken;
      offset += taken;
      if (this.#filled === this.#leaf.length) this.#close(this.#buffer, this.#leaf);
    }
    return undefined;
  }

  /** Forgets the piece that was not finished: another holder sends it from its start. */
  dropUnfinished(): void {
    this.#filled = 0;
  }

  /** Waits for all that is being written. @throws what the output threw */
  async settle(): Promise<void> {
    await Promise.all(this.#writes);
    this.#throwFailure();
  }

  #close(buffer: Buffer, leaf: Leaf): void {
    const bytes = buffer.subarray(0, leaf.length);
    this.#filled = 0;
    if (Buffer.compare(hash('sha256', bytes, 'buffer'), leaf.digest) !== 0) throw new BadPiece(leaf.index);
    this.#buffer = null;
    this.#next += 1;
    this.#leaf = this.#next < this.#map.pieces ? this.#map.knownLeaf(this.#next) : null;
    const write = this.#output
      .write(bytes, leaf.offset)
      .then(() => this.#onVerified(leaf.length))
      .catch((reason: unknown) => {
        this.#failure ??= { reason };
      })
      .finally(() => {
        this.#free.push(buffer);
        this.#writes.delete(write);
      });
    this.#writes.add(write);
  }

  #takeBuffer(): Buffer | null {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#buffers === BUFFERS) return null;
    this.#buffers += 1;
    return Buffer.allocUnsafeSlow(PIECE_BYTES);
  }

  async #waitAndTake(chunk: Uint8Array): Promise<void> {
    if (this.#buffer === null) await Promise.race(this.#writes);
    this.#leaf ??= await this.#map.leaf(this.#next);
    await this.take(chunk);
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.reason;
  }
}
