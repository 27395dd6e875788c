/**
 * Reads directories of any size block by block. Names come from whoever made them: one that would lead elsewhere, that
 * stands twice, or that is not where its hash puts it makes the whole directory unreadable.
 */
import { Problem } from '../problems/problem.ts';
import { type Cid, makeCid } from './cid.ts';
import { isName } from './directory.ts';
import { type DirectoryLink, type DirectoryNode, decodeDirectory } from './directory-node.ts';
import { PREFIX_CHARACTERS, prefixOf, SHARD_LEVELS_MAX } from './hamt.ts';
import type { FetchBlock } from './leaf-map.ts';
import { hashOfName } from './murmur3.ts';

export interface DirectoryEntry {
  readonly name: string;
  /** Raw: a file of one piece; dag-pb: a file of several or a directory, as its block says. */
  readonly cid: Cid;
  /** Bytes of all blocks below, by the word of who made the directory. */
  readonly tsize: number;
}

export const DirectoryReader = {
  /**
   * The entries, of a sharded directory in the order of its buckets. Holds one block a level.
   * @throws Problem `unknown_layout` when it is no directory; what `fetchBlock` throws
   */
  async *entries(root: Cid, fetchBlock: FetchBlock): AsyncGenerator<DirectoryEntry> {
    const node = await readAt(root, root, fetchBlock);
    if (node.type === 'shard') yield* shardEntries(root, node, '', fetchBlock);
    else yield* plainEntries(root, node);
  },

  /**
   * The entry of that name, or null. Of a sharded directory only the blocks on its way are fetched.
   * @throws Problem `unknown_layout` when it is no directory; what `fetchBlock` throws
   */
  async find(root: Cid, name: string, fetchBlock: FetchBlock): Promise<DirectoryEntry | null> {
    let node = await readAt(root, root, fetchBlock);
    if (node.type === 'directory') {
      const link = node.links.find((each) => each.name === name);
      return link === undefined || !isName(name) ? null : entryOf(name, link);
    }
    for (const bucket of hashOfName(name)) {
      const prefix = prefixOf(bucket);
      const link = node.links.find((each) => each.name.startsWith(prefix));
      if (link === undefined) return null;
      if (link.name !== prefix) return link.name === prefix + name ? entryOf(name, link) : null;
      node = await readAt(root, cidOf(link), fetchBlock);
      if (node.type !== 'shard') break;
    }
    throw layoutProblem(root);
  },
};

function* plainEntries(root: Cid, { links }: DirectoryNode): Generator<DirectoryEntry> {
  const seen = new Set<string>();
  for (const link of links) {
    if (!isName(link.name) || seen.has(link.name)) throw layoutProblem(root);
    seen.add(link.name);
    yield entryOf(link.name, link);
  }
}

/** @param path the prefixes of the buckets that lead to the shard */
async function* shardEntries(
  root: Cid,
  { links }: DirectoryNode,
  path: string,
  fetchBlock: FetchBlock,
): AsyncGenerator<DirectoryEntry> {
  let before = '';
  for (const link of links) {
    const prefix = link.name.slice(0, PREFIX_CHARACTERS);
    const name = link.name.slice(PREFIX_CHARACTERS);
    if (!/^[0-9A-F]{2}$/.test(prefix) || prefix <= before) throw layoutProblem(root);
    before = prefix;
    if (name === '') {
      if (path.length / PREFIX_CHARACTERS + 1 >= SHARD_LEVELS_MAX) throw layoutProblem(root);
      const below = await readAt(root, cidOf(link), fetchBlock);
      if (below.type !== 'shard') throw layoutProblem(root);
      yield* shardEntries(root, below, path + prefix, fetchBlock);
    } else {
      if (!isName(name) || !digitsOf(hashOfName(name)).startsWith(path + prefix)) throw layoutProblem(root);
      yield entryOf(name, link);
    }
  }
}

/** As the prefixes on the way to the name. */
function digitsOf(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex').toUpperCase();
}

async function readAt(root: Cid, cid: Cid, fetchBlock: FetchBlock): Promise<DirectoryNode> {
  const node = cid.codec === 'raw' ? null : decodeDirectory(await fetchBlock(cid));
  if (node === null) throw layoutProblem(root);
  return node;
}

function entryOf(name: string, link: DirectoryLink): DirectoryEntry {
  return { name, cid: cidOf(link), tsize: link.tsize };
}

function cidOf({ cid }: DirectoryLink): Cid {
  return makeCid(cid.codec, cid.digest);
}

function layoutProblem(root: Cid): Problem {
  return new Problem('unknown_layout', { cid: root.text });
}
