/** Turns the bytes of one file, in chunks of any length, into leaves and the tree above them, in the calling thread. */
import { createHash, type Hash, hash } from 'node:crypto';
import { DIGEST_BYTES, PIECE_BYTES } from './profile.ts';
import { type FileTree, TreeBuilder } from './tree-builder.ts';

export interface HashedContent extends FileTree {
  /** The digests of the leaves in file order, 32 bytes each; an empty file has one, of no bytes. */
  readonly leaves: Uint8Array;
}

const FIRST_LEAVES = 16;

export class PieceHasher {
  readonly #tree = new TreeBuilder();
  #leaves = new Uint8Array(FIRST_LEAVES * DIGEST_BYTES);
  #leafCount = 0;
  #open: Hash | null = null;
  #openBytes = 0;

  /** Takes the next bytes of the file; does not keep them. */
  update(chunk: Uint8Array): void {
    for (let offset = 0; offset < chunk.length; ) {
      const taken = Math.min(PIECE_BYTES - this.#openBytes, chunk.length - offset);
      const part = chunk.subarray(offset, offset + taken);
      offset += taken;
      if (taken === PIECE_BYTES) {
        this.addLeaf(hash('sha256', part, 'buffer'), PIECE_BYTES); // One call a piece, where a chunk holds one.
        continue;
      }
      this.#open ??= createHash('sha256');
      this.#open.update(part);
      this.#openBytes += taken;
      if (this.#openBytes === PIECE_BYTES) this.#closeLeaf();
    }
  }

  /** Takes the next leaf, hashed elsewhere; only between whole pieces. */
  addLeaf(digest: Uint8Array, size: number): void {
    if (this.#openBytes > 0) throw new Error('a hashed leaf cannot come in the middle of a piece');
    this.#tree.addLeaf(digest, size);
    const needed = (this.#leafCount + 1) * DIGEST_BYTES;
    if (needed > this.#leaves.length) {
      const larger = new Uint8Array(this.#leaves.length * 2);
      larger.set(this.#leaves);
      this.#leaves = larger;
    }
    this.#leaves.set(digest, this.#leafCount * DIGEST_BYTES);
    this.#leafCount += 1;
  }

  finish(): HashedContent {
    if (this.#openBytes > 0) this.#closeLeaf();
    if (this.#leafCount === 0) this.addLeaf(hash('sha256', new Uint8Array(0), 'buffer'), 0);
    return { ...this.#tree.finish(), leaves: this.#leaves.slice(0, this.#leafCount * DIGEST_BYTES) };
  }

  #closeLeaf(): void {
    if (this.#open === null) throw new Error('a leaf is closed once');
    const [digest, size] = [this.#open.digest(), this.#openBytes];
    this.#open = null;
    this.#openBytes = 0;
    this.addLeaf(digest, size);
  }
}
