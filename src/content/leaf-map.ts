/**
 * Which leaf each piece of a file is, found by walking down from its CID. Nodes are fetched when a piece below them is
 * asked for, and only the latest are kept, so that the memory is the same for a file of any size. Every node must have
 * exactly the shape that the profile gives it at its place; so no answer can make the tree deeper or wider than the file.
 */
import { Problem } from '../problems/problem.ts';
import { type Cid, makeCid } from './cid.ts';
import { LEVELS_MAX, LINKS_MAX, levelsAbove, PIECE_BYTES, pieceCount, pieceLength } from './profile.ts';
import { type DecodedNode, decodeNode } from './verify.ts';

export interface Leaf {
  readonly index: number;
  readonly digest: Uint8Array;
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes of the piece, `PIECE_BYTES` for all but the last. */
  readonly length: number;
}

/** Answers with the block's bytes, verified against `cid`, or throws. */
export type FetchBlock = (cid: Cid) => Promise<Uint8Array>;

/** The path from the root to a leaf and some neighbours: about 80 KiB each. */
const NODES_KEPT = 16;

export class LeafMap {
  readonly root: Cid;
  readonly size: number;
  readonly pieces: number;
  readonly #levels: number;
  readonly #fetchBlock: FetchBlock;
  /** By level and index at that level; the least recently used first. */
  readonly #nodes = new Map<string, DecodedNode>();

  private constructor(root: Cid, size: number, fetchBlock: FetchBlock) {
    this.root = root;
    this.size = size;
    this.pieces = pieceCount(size);
    this.#levels = root.codec === 'raw' ? 0 : levelsAbove(this.pieces);
    this.#fetchBlock = fetchBlock;
  }

  /**
   * Starts at `root`. `size` in bytes is needed for a raw root, which doesn't say it; for a node it is checked.
   * @throws Problem `unknown_layout` when the root is no file of the profile or of another size; what `fetchBlock` throws
   */
  static async open(root: Cid, size: number | null, fetchBlock: FetchBlock): Promise<LeafMap> {
    if (root.codec === 'raw') {
      if (size === null || size > PIECE_BYTES) throw layoutProblem(root);
      return new LeafMap(root, size, fetchBlock);
    }
    const node = decodeNode(await fetchBlock(root));
    if (node === null || (size !== null && node.size !== size)) throw layoutProblem(root);
    const map = new LeafMap(root, node.size, fetchBlock);
    if (map.#levels < 1 || map.#levels > LEVELS_MAX) throw layoutProblem(root);
    map.#keep(map.#levels, 0, node);
    return map;
  }

  /** @throws Problem `unknown_layout`; what `fetchBlock` throws */
  async leaf(index: number): Promise<Leaf> {
    if (!Number.isInteger(index) || index < 0 || index >= this.pieces)
      throw new RangeError(`no piece ${index}`);
    if (this.#levels > 0) await this.#nodeAt(1, Math.floor(index / LINKS_MAX));
    const leaf = this.knownLeaf(index);
    if (leaf === null) throw new Error('the node above the piece was just read');
    return leaf;
  }

  /** As `leaf`, without fetching: null while the node above the piece is not at hand. */
  knownLeaf(index: number): Leaf | null {
    const link =
      this.#levels === 0
        ? this.root
        : this.#nodes.get(`1/${Math.floor(index / LINKS_MAX)}`)?.links[index % LINKS_MAX]?.cid;
    if (link === undefined || index >= this.pieces) return null;
    return { index, digest: link.digest, offset: index * PIECE_BYTES, length: pieceLength(this.size, index) };
  }

  async #cidAt(level: number, index: number): Promise<{ codec: Cid['codec']; digest: Uint8Array }> {
    if (level === this.#levels) return this.root;
    const node = await this.#nodeAt(level + 1, Math.floor(index / LINKS_MAX));
    const link = node.links[index % LINKS_MAX];
    if (link === undefined) throw new Error('a node that was checked has a link for each of its pieces');
    return link.cid;
  }

  async #nodeAt(level: number, index: number): Promise<DecodedNode> {
    const kept = this.#nodes.get(`${level}/${index}`);
    if (kept !== undefined) {
      this.#keep(level, index, kept);
      return kept;
    }
    const { codec, digest } = await this.#cidAt(level, index);
    const node = decodeNode(await this.#fetchBlock(makeCid(codec, digest)));
    if (node === null) throw layoutProblem(this.root);
    this.#keep(level, index, node);
    return node;
  }

  #keep(level: number, index: number, node: DecodedNode): void {
    if (!this.#hasShape(level, index, node)) throw layoutProblem(this.root);
    const key = `${level}/${index}`;
    this.#nodes.delete(key);
    this.#nodes.set(key, node);
    const [oldest] = this.#nodes.keys();
    if (this.#nodes.size > NODES_KEPT && oldest !== undefined) this.#nodes.delete(oldest);
  }

  /** Whether the node's links are what the profile puts at this place of a file of this size. */
  #hasShape(level: number, index: number, node: DecodedNode): boolean {
    const below = PIECE_BYTES * LINKS_MAX ** (level - 1);
    const start = index * below * LINKS_MAX;
    const size = Math.min(below * LINKS_MAX, this.size - start);
    if (node.size !== size || node.links.length !== Math.ceil(size / below)) return false;
    const codec = level === 1 ? 'raw' : 'dag-pb';
    return node.links.every(
      (link, at) => link.cid.codec === codec && link.size === Math.min(below, size - at * below),
    );
  }
}

function layoutProblem(root: Cid): Problem {
  return new Problem('unknown_layout', { cid: root.text });
}
