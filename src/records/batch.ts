/**
 * One signature for many records: a Merkle tree over their leaves. Leaf and node hashes have separate domains, so that
 * no inner node passes as a leaf (RFC 6962, section 2.1). Where a level is odd, its last node meets a node of zeros.
 */
import { concatBytes, equalBytes, type Sha256, utf8 } from './bytes.ts';

const NODE_DOMAIN = utf8('anillo-tree-v1\0');
const HASH_BYTES = 32;
const NOTHING = new Uint8Array(HASH_BYTES);
/** 65,536 records under one signature. */
export const BATCH_DEPTH_MAX = 16;

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

/** Does `leaf` at `index` lead to `root` by `path`? False for anything malformed. */
export function leadsToRoot(
  sha256: Sha256,
  leaf: Uint8Array,
  index: number,
  path: Uint8Array,
  root: Uint8Array,
): boolean {
  const depth = path.length / HASH_BYTES;
  if (!Number.isInteger(depth) || depth > BATCH_DEPTH_MAX || index < 0 || index >= 2 ** depth) return false;
  let hash = leaf;
  for (let height = 0; height < depth; height++) {
    const sibling = path.subarray(height * HASH_BYTES, (height + 1) * HASH_BYTES);
    hash = (index >> height) & 1 ? nodeHash(sha256, sibling, hash) : nodeHash(sha256, hash, sibling);
  }
  return equalBytes(hash, root);
}

function nodeHash(sha256: Sha256, left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concatBytes(NODE_DOMAIN, left, right));
}
