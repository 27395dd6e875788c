/**
 * The blocks of directories (UnixFS specification, `Directory` and `HAMTDirectory`): dag-pb nodes whose links are the
 * entries, or in a shard the entries and shards of its buckets. Neither mode nor time is written, as the profile has it.
 */
import { decode, encode } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import { type Cid, fromMultiformats, toMultiformats } from './cid.ts';
import { BLOCK_BYTES_MAX, SHARD_BUCKETS } from './profile.ts';

export interface DirectoryLink {
  /** In a shard the bucket's two digits come first; a shard below has nothing but them. */
  readonly name: string;
  readonly cid: Pick<Cid, 'codec' | 'digest'>;
  /** Bytes of all blocks below, by the word of who made the node. */
  readonly tsize: number;
}

export interface DirectoryNode {
  readonly type: 'directory' | 'shard';
  readonly links: readonly DirectoryLink[];
}

/** The message `Data` of a plain directory: field 1, its type, is 1. */
const DIRECTORY_DATA = Uint8Array.of(0x08, 1);
const HASH_TYPE_MURMUR3 = 0x22n;

/** @param links sorted by the bytes of their names */
export function encodeDirectory(links: readonly DirectoryLink[]): Uint8Array {
  return encodeNode(DIRECTORY_DATA, links);
}

/** @param links one for each bucket of `buckets`, both in the order of the buckets */
export function encodeShard(links: readonly DirectoryLink[], buckets: readonly number[]): Uint8Array {
  const shard = new UnixFS({
    type: 'hamt-sharded-directory',
    data: bitsOf(buckets),
    fanout: BigInt(SHARD_BUCKETS),
    hashType: HASH_TYPE_MURMUR3,
  });
  return encodeNode(shard.marshal(), links);
}

/**
 * Reads a block as a directory or a shard. Null for anything else: a file, garbage, links to blocks that the profile does
 * not have, shards of another width.
 */
export function decodeDirectory(bytes: Uint8Array): DirectoryNode | null {
  if (bytes.length > BLOCK_BYTES_MAX) return null;
  try {
    return readNode(bytes);
  } catch {
    return null; // The decoders throw on every malformed block; whose fault it is, the caller knows.
  }
}

function readNode(bytes: Uint8Array): DirectoryNode | null {
  const node = decode(bytes);
  const type = node.Data === undefined ? null : typeOf(UnixFS.unmarshal(node.Data));
  if (type === null) return null;
  const links: DirectoryLink[] = [];
  for (const { Name: name, Hash: hash, Tsize: tsize } of node.Links) {
    const cid = fromMultiformats(hash);
    if (cid === null || name === undefined) return null;
    links.push({ name, cid, tsize: tsize ?? 0 });
  }
  return { type, links };
}

/** Which hash a shard says it goes by is not read (`unmarshal` drops it): names that lie elsewhere by ours tell. */
function typeOf({ type, fanout }: UnixFS): DirectoryNode['type'] | null {
  if (type === 'directory') return 'directory';
  return type === 'hamt-sharded-directory' && fanout === BigInt(SHARD_BUCKETS) ? 'shard' : null;
}

function encodeNode(data: Uint8Array, links: readonly DirectoryLink[]): Uint8Array {
  return encode({
    Data: data,
    Links: links.map(({ name, cid, tsize }) => ({
      Name: name,
      Tsize: tsize,
      Hash: toMultiformats(cid.codec, cid.digest),
    })),
  });
}

/** A bit for each bucket that is taken, the last bucket's first, without zero bytes at the front. */
function bitsOf(buckets: readonly number[]): Uint8Array {
  const bits = new Uint8Array(SHARD_BUCKETS / 8);
  for (const bucket of buckets) {
    const at = bits.length - 1 - Math.floor(bucket / 8);
    bits[at] = (bits[at] ?? 0) | (1 << (bucket % 8));
  }
  return bits.subarray(bits.findIndex((byte) => byte !== 0));
}
