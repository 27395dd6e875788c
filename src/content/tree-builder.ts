/**
 * Builds the balanced UnixFS tree of a file from the digests of its leaves as they come (IPIP-499, layout `balanced`).
 * Holds one unfinished node a level, and the bytes of the finished ones, about 50 KiB for each GiB of the file.
 */
import { hash } from 'node:crypto';
import { encode, type PBLink } from '@ipld/dag-pb';
import { formatCid, toMultiformats } from './cid.ts';
import { DIGEST_BYTES, LINKS_MAX, PIECE_BYTES } from './profile.ts';
import { encodeFileData } from './unixfs-data.ts';

export interface TreeNode {
  readonly cid: string;
  /** The dag-pb block. */
  readonly bytes: Uint8Array;
}

export interface FileTree {
  /** The file's CID. */
  readonly cid: string;
  /** Bytes of the file. */
  readonly size: number;
  /** Children before parents, the root last; empty for a file of one piece. */
  readonly nodes: TreeNode[];
}

interface Child {
  readonly digest: Uint8Array;
  /** Bytes of the file below. */
  readonly size: number;
  /** Bytes of all blocks below, nodes included: what dag-pb calls `Tsize`. */
  readonly blockBytes: number;
}

const EMPTY_DIGEST: Uint8Array = hash('sha256', new Uint8Array(0), 'buffer');

export class TreeBuilder {
  /** Children that wait for a parent; `#levels[0]` are leaves. */
  readonly #levels: Child[][] = [[]];
  readonly #nodes: TreeNode[] = [];
  #size = 0;

  /** Takes the next leaf: SHA-256 of its bytes (copied) and their number, `PIECE_BYTES` for every leaf but the last. */
  addLeaf(digest: Uint8Array, size: number): void {
    if (digest.length !== DIGEST_BYTES || this.#size % PIECE_BYTES !== 0 || size > PIECE_BYTES) {
      throw new Error('a leaf has a whole digest, and only the last one is short');
    }
    if (size === 0) return;
    this.#add(0, { digest: Uint8Array.from(digest), size, blockBytes: size });
    this.#size += size;
  }

  finish(): FileTree {
    if (this.#size === 0) return { cid: formatCid('raw', EMPTY_DIGEST), size: 0, nodes: [] };
    let level = 0;
    while (this.#levels.length > level + 1 || this.#childrenAt(level).length > 1) {
      this.#closeNode(level);
      level += 1;
    }
    const [root] = this.#childrenAt(level);
    if (root === undefined) throw new Error('the top level holds the root');
    return {
      cid: formatCid(level === 0 ? 'raw' : 'dag-pb', root.digest),
      size: this.#size,
      nodes: this.#nodes,
    };
  }

  #add(level: number, child: Child): void {
    if (this.#childrenAt(level).length === LINKS_MAX) this.#closeNode(level);
    this.#childrenAt(level).push(child);
  }

  #childrenAt(level: number): Child[] {
    let children = this.#levels[level];
    if (children === undefined) {
      children = [];
      this.#levels[level] = children;
    }
    return children;
  }

  #closeNode(level: number): void {
    const children = this.#childrenAt(level);
    this.#levels[level] = [];
    const bytes = encodeNode(children, level);
    const digest = hash('sha256', bytes, 'buffer');
    this.#nodes.push({ cid: formatCid('dag-pb', digest), bytes });
    let size = 0;
    let blockBytes = bytes.length;
    for (const child of children) {
      size += child.size;
      blockBytes += child.blockBytes;
    }
    this.#add(level + 1, { digest, size, blockBytes });
  }
}

function encodeNode(children: readonly Child[], level: number): Uint8Array {
  const codec = level === 0 ? 'raw' : 'dag-pb';
  const links: PBLink[] = children.map(({ digest, blockBytes }) => ({
    Name: '',
    Tsize: blockBytes,
    Hash: toMultiformats(codec, digest),
  }));
  return encode({ Data: encodeFileData(children.map((child) => child.size)), Links: links });
}
