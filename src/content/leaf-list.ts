/** The leaves of one file as they are hashed, kept as digests side by side, and the tree that grows above them. */
import { hash } from 'node:crypto';
import { DIGEST_BYTES } from './profile.ts';
import { type FileTree, TreeBuilder } from './tree-builder.ts';

export interface HashedContent extends FileTree {
  /** The digests of the leaves in file order, 32 bytes each; an empty file has one, of no bytes. */
  readonly leaves: Uint8Array;
}

const FIRST_LEAVES = 16;
const EMPTY_DIGEST: Uint8Array = hash('sha256', new Uint8Array(0), 'buffer');

export class LeafList {
  readonly #tree = new TreeBuilder();
  #digests = new Uint8Array(FIRST_LEAVES * DIGEST_BYTES);
  #count = 0;

  /** Takes the next leaf: SHA-256 of its bytes, and their number. */
  add(digest: Uint8Array, size: number): void {
    this.#tree.addLeaf(digest, size);
    if ((this.#count + 1) * DIGEST_BYTES > this.#digests.length) {
      const larger = new Uint8Array(this.#digests.length * 2);
      larger.set(this.#digests);
      this.#digests = larger;
    }
    this.#digests.set(digest, this.#count * DIGEST_BYTES);
    this.#count += 1;
  }

  finish(): HashedContent {
    if (this.#count === 0) this.add(EMPTY_DIGEST, 0);
    return { ...this.#tree.finish(), leaves: this.#digests.slice(0, this.#count * DIGEST_BYTES) };
  }
}
