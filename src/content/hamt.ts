/**
 * Shards of a directory too large for one block: a trie over the hashes of the names, 256 buckets a node, a byte of the
 * hash a level (UnixFS specification, "HAMTDirectory"). A bucket of one name holds its entry, one of several a shard.
 */
import { Problem } from '../problems/problem.ts';
import { type DirectoryLink, encodeShard } from './directory-node.ts';
import { hashOfName, NAME_HASH_BYTES } from './murmur3.ts';

/** Levels of shards: then the bytes of the hash are used up. */
export const SHARD_LEVELS_MAX = NAME_HASH_BYTES;

/** What a finished block is to the block above it. */
type Sealed = Omit<DirectoryLink, 'name'>;

interface Hashed {
  readonly link: DirectoryLink;
  readonly hash: Uint8Array;
}

/**
 * Builds the shards of `links`, which have different names, in any order; the topmost is sealed last.
 * @param seal is given each block and the links in it
 * @throws Problem `bad_name` for a name whose hash is another's
 */
export function buildShards(
  links: readonly DirectoryLink[],
  seal: (bytes: Uint8Array, links: readonly DirectoryLink[]) => Sealed,
): Sealed {
  const hashed = links.map((link) => ({ link, hash: hashOfName(link.name) }));
  return buildLevel(hashed, 0, seal);
}

function buildLevel(
  hashed: readonly Hashed[],
  level: number,
  seal: Parameters<typeof buildShards>[1],
): Sealed {
  const [first] = hashed;
  if (level === SHARD_LEVELS_MAX) {
    throw new Problem('bad_name', { name: first?.link.name ?? '', reason: 'name.same-hash' });
  }
  const links: DirectoryLink[] = [];
  const buckets: number[] = [];
  for (const [bucket, inside] of bucketsOf(hashed, level)) {
    const [only, second] = inside;
    if (only === undefined) throw new Error('a bucket holds what was put into it');
    const sealed = second === undefined ? only.link : buildLevel(inside, level + 1, seal);
    const name = second === undefined ? only.link.name : '';
    links.push({ cid: sealed.cid, tsize: sealed.tsize, name: prefixOf(bucket) + name });
    buckets.push(bucket);
  }
  return seal(encodeShard(links, buckets), links);
}

/** In the order of the buckets. */
function bucketsOf(hashed: readonly Hashed[], level: number): [number, Hashed[]][] {
  const buckets = new Map<number, Hashed[]>();
  for (const each of hashed) {
    const bucket = each.hash[level] ?? 0;
    const inside = buckets.get(bucket);
    if (inside === undefined) buckets.set(bucket, [each]);
    else inside.push(each);
  }
  return [...buckets].sort(([one], [other]) => one - other);
}

export const PREFIX_CHARACTERS = 2;

/** A bucket's number as the names of links begin with it. */
export function prefixOf(bucket: number): string {
  return bucket.toString(16).toUpperCase().padStart(PREFIX_CHARACTERS, '0');
}
