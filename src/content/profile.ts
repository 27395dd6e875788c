/**
 * The profile `unixfs-v1-2025` of IPIP-499, which makes the same bytes have the same name in every IPFS tool: CIDv1,
 * sha2-256, pieces of 1 MiB as raw leaves, 1024 links a node, balanced, and a file of one piece is that raw leaf;
 * directories of more than 256 KiB in shards of 256 buckets.
 */

/** Bytes of every leaf but the last one of a file. */
export const PIECE_BYTES = 1_048_576;

/** Links of every node but the last one of its level. */
export const LINKS_MAX = 1024;

/** Levels of nodes above the leaves; four address 1 EiB, more than a size in a `number` can say. */
export const LEVELS_MAX = 4;

/** A directory whose block would be longer is sharded; one of exactly this length is not (`block-bytes`). */
export const DIRECTORY_BYTES_MAX = 262_144;

/** Buckets of every node of a sharded directory. */
export const SHARD_BUCKETS = 256;

/** No block is longer (the bound that IPFS tools keep on the wire): a node of 1024 links has about 50 KiB. */
export const BLOCK_BYTES_MAX = 2 * 1_048_576;

export const DIGEST_BYTES = 32;

/** Pieces of a file of `size` bytes; an empty file is one empty leaf. */
export function pieceCount(size: number): number {
  return Math.max(1, Math.ceil(size / PIECE_BYTES));
}

/** Bytes of piece `index` of a file of `size` bytes. */
export function pieceLength(size: number, index: number): number {
  return Math.min(PIECE_BYTES, size - index * PIECE_BYTES);
}

/** Levels of nodes above `pieces` leaves; 0 for a single leaf, which stands for the file itself. */
export function levelsAbove(pieces: number): number {
  let levels = 0;
  for (let width = pieces; width > 1; width = Math.ceil(width / LINKS_MAX)) levels += 1;
  return levels;
}
