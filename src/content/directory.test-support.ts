/** Directories for tests: blocks at hand, names of the fixtures of IPIP-499, and what js-ipfs-unixfs makes of the same files. */
import { hash } from 'node:crypto';
import { BlackHoleBlockstore } from 'blockstore-core';
import { importer } from 'ipfs-unixfs-importer';
import { rawCid } from './cid.ts';
import { DirectoryBuilder, type DirectoryTree } from './directory.ts';
import { keystreamBytes } from './keystream.test-support.ts';
import type { FetchBlock } from './leaf-map.ts';
import { verifyBlock } from './verify.ts';

export interface SmallFile {
  readonly path: string;
  /** At most one piece. */
  readonly content: Uint8Array;
}

export function treeOfFiles(files: Iterable<SmallFile>, emptyFolders: readonly string[] = []): DirectoryTree {
  const builder = new DirectoryBuilder();
  for (const path of emptyFolders) builder.addDirectory(path);
  for (const { path, content } of files) {
    builder.add(path, rawCid(hash('sha256', content, 'buffer')), content.length, content.length);
  }
  return builder.finish();
}

/** The CID of the directory by the independent implementation. */
export async function importerCid(
  files: readonly SmallFile[],
  emptyFolders: readonly string[] = [],
): Promise<string> {
  const sources = [
    ...emptyFolders.map((path) => ({ path: `root/${path}` })),
    ...files.map(({ path, content }) => ({ path: `root/${path}`, content })),
  ];
  let cid = '';
  const imported = importer(sources, new BlackHoleBlockstore(), { profile: 'unixfs-v1-2025' });
  for await (const entry of imported) if (entry.path === 'root') cid = entry.cid.toString();
  return cid;
}

/** Serves the blocks of `tree`, and counts how many were asked for. */
export function blocksOf(tree: DirectoryTree): { readonly fetchBlock: FetchBlock; fetched: number } {
  const blocks = new Map(tree.nodes.map(({ cid, bytes }) => [cid, bytes]));
  const served = {
    fetched: 0,
    fetchBlock: async (cid: Parameters<FetchBlock>[0]) => {
      served.fetched += 1;
      const bytes = blocks.get(cid.text);
      if (bytes === undefined || !verifyBlock(cid, bytes)) throw new Error(`no block ${cid.text}`);
      return bytes;
    },
  };
  return served;
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz01234567890-_';

/** As kubo (test/cli/cid_profiles_test.go) and js-ipfs-unixfs (test/helpers/deterministic.ts) make them. */
export function fixtureNames(count: number, length: number, lastLength: number, seed: string): string[] {
  const stream = keystreamBytes(seed, 1_048_576);
  let at = 0;
  return Array.from({ length: count }, (_, index) => {
    const end = at + (index === count - 1 ? lastLength : length);
    const name = Array.from(stream.subarray(at, end), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
    at = end;
    return name;
  });
}
