/**
 * One signature for many records: a Merkle tree over their leaves. Leaf and node hashes have separate domains, so that
 * no inner node passes as a leaf (RFC 6962, section 2.1). Where a level is odd, its last node meets a node of zeros.
 */
import { concatBytes, equalBytes, type Sha256, utf8 } from './bytes.ts';

const NODE_DOMAIN = utf8('anillo-tree-v1\0');
const HASH_BYTES = 32;
const NOTHING = new Uint8Array(HASH_BYTES);
/** 65,536 records under one signature. */
const BATCH_DEPTH_MAX = 16;

/** Domain of the signature over network id and root. */
export const BATCH_DOMAIN = 'anillo-batch-v1\0';

export interface BatchTree {
  readonly root: Uint8Array;
  /** Sibling hashes of leaf `index` from the leaf up, concatenated. */
  path(index: number): Uint8Array;
}

/** @param leaves leaf hashes, at least one */
export function buildBatch(sha256: Sha256, leaves: readonly Uint8Array[]): BatchTree {
  if (leaves.length === 0 || leaves.length > 2 ** BATCH_DEPTH_MAX)
    throw new Error(`a batch of ${leaves.length}`);
  const levels: (readonly Uint8Array[])[] = [leaves];
  for (let level = leaves; level.length > 1; ) {
    level = parents(sha256, level);
    levels.push(level);
  }
  const root = levels.at(-1)?.[0] ?? NOTHING;
  return { root, path: (index) => concatBytes(...siblings(levels, index)) };
}

function parents(sha256: Sha256, level: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let index = 0; index < level.length; index += 2) {
    above.push(nodeHash(sha256, level[index] ?? NOTHING, level[index + 1] ?? NOTHING));
  }
  return above;
}

function siblings(levels: readonly (readonly Uint8Array[])[], leaf: number): Uint8Array[] {
  return levels.slice(0, -1).map((level, height) => level[(leaf >> height) ^ 1] ?? NOTHING);
}

/** Nodes of one tree that are known to lead to its root, by height and index: so that each is hashed once for all leaves. */
export class ProvenNodes {
  readonly #nodes = new Map<number, Uint8Array>();

  get(height: number, index: number): Uint8Array | undefined {
    return this.#nodes.get(nodeName(height, index));
  }

  add(height: number, index: number, hash: Uint8Array): void {
    this.#nodes.set(nodeName(height, index), hash);
  }
}

function nodeName(height: number, index: number): number {
  return height * 2 ** (BATCH_DEPTH_MAX + 1) + index;
}

/**
 * Does `leaf` at `index` lead to `root` by `path`? False for anything malformed.
 * @param proven what earlier leaves of the same root proved; learns from this one
 */
export function leadsToRoot(
  sha256: Sha256,
  leaf: Uint8Array,
  index: number,
  path: Uint8Array,
  root: Uint8Array,
  proven: ProvenNodes = new ProvenNodes(),
): boolean {
  const depth = path.length / HASH_BYTES;
  if (!Number.isInteger(depth) || depth > BATCH_DEPTH_MAX || index < 0 || index >= 2 ** depth) return false;
  const hashes: Uint8Array[] = [leaf];
  for (let height = 0; height < depth; height++) {
    const hash = hashes[height] ?? leaf;
    const known = proven.get(height, index >> height);
    if (known !== undefined)
      return equalBytes(known, hash) && hasProvenSiblings(index, path, height, proven) && learn(height);
    const sibling = siblingAt(path, height);
    const isRight = ((index >> height) & 1) === 1;
    hashes.push(isRight ? nodeHash(sha256, sibling, hash) : nodeHash(sha256, hash, sibling));
  }
  return equalBytes(hashes[depth] ?? leaf, root) && learn(depth);

  /** What was hashed below `top`, and the siblings beside it, are bound by the root now. */
  function learn(top: number): true {
    for (let height = 0; height < top; height++) {
      proven.add(height, index >> height, hashes[height] ?? leaf);
      proven.add(height, (index >> height) ^ 1, siblingAt(path, height).slice());
    }
    return true;
  }
}

/** The rest of a path from a proven node up: nothing to hash, but each sibling has to be the one that was proven. */
function hasProvenSiblings(index: number, path: Uint8Array, from: number, proven: ProvenNodes): boolean {
  for (let height = from; height < path.length / HASH_BYTES; height++) {
    const known = proven.get(height, (index >> height) ^ 1);
    if (known === undefined || !equalBytes(known, siblingAt(path, height))) return false;
  }
  return true;
}

function siblingAt(path: Uint8Array, height: number): Uint8Array {
  return path.subarray(height * HASH_BYTES, (height + 1) * HASH_BYTES);
}

function nodeHash(sha256: Sha256, left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concatBytes(NODE_DOMAIN, left, right));
}
