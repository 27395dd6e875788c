import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseCid } from './cid.ts';
import {
  blocksOf,
  fixtureNames,
  importerCid,
  type SmallFile,
  treeOfFiles,
} from './directory.test-support.ts';
import { DirectoryBuilder, tsizeOf } from './directory.ts';
import { DirectoryReader } from './directory-reader.ts';

const SEED = Number(process.env.ANILLO_SEED ?? 1);
const EMPTY_FILE = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku';

function files(...paths: readonly string[]): SmallFile[] {
  return paths.map((path) => ({ path, content: Buffer.from(`content of ${path}`) }));
}

function problem(code: string, reason?: string) {
  return (error: { code?: string; details?: Record<string, unknown> }) =>
    error.code === code && (reason === undefined || error.details?.reason === reason);
}

describe('the CID of a directory', () => {
  it('is the well-known one when it is empty', () => {
    // UnixFS specification and IPIP-499, "Additional test vectors".
    const empty = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354';
    assert.equal(treeOfFiles([]).cid, empty);
  });

  it('is that of IPIP-499 at 256 KiB, where it is one block, and at one byte more, where it is sharded', () => {
    const named = (lastLength: number) =>
      fixtureNames(4766, 11, lastLength, 'hamt-unixfs-v1-2025').map((path) => ({
        path,
        content: Buffer.from('x'),
      }));
    // IPIP-499, "Test fixtures": block-bytes 262144 and 262145.
    const plain = treeOfFiles(named(21));
    assert.equal(plain.cid, 'bafybeic3h7rwruealwxkacabdy45jivq2crwz6bufb5ljwupn36gicplx4');
    assert.deepEqual([plain.nodes.length, plain.nodes[0]?.bytes.length], [1, 262_144]);
    const sharded = treeOfFiles(named(22));
    assert.equal(sharded.cid, 'bafybeiegvuterwurhdtkikfhbxcldohmxp566vpjdofhzmnhv6o4freidu');
    assert.ok(sharded.nodes.length > 256);
  });

  it('is what the importer of js-ipfs-unixfs says of nested folders, empty ones and names of many scripts', async () => {
    const tree = files('b', 'a', 'a.txt', 'Ä', 'zeta/α/β.txt', 'zeta/α.txt', 'zeta/ünï', '𝔘/￿', '￿/𝔘');
    const empty = ['leer', 'zeta/leer/ganz'];
    assert.equal(treeOfFiles(tree, empty).cid, await importerCid(tree, empty));
  });

  it('does not depend on the order in which files come', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(['a', 'b/c', 'b/d', 'e/f/g', 'e/f/h'], { minLength: 5 }), (order) => {
        assert.equal(treeOfFiles(files(...order)).cid, treeOfFiles(files(...[...order].sort())).cid);
      }),
      { seed: SEED },
    );
  });

  it('is what the importer says of 6,000 files in shards of several levels', async () => {
    const many = Array.from({ length: 6000 }, (_, index) => `some folder/${index} Ω.txt`);
    const tree = files(...many, 'beside');
    assert.equal(treeOfFiles(tree).cid, await importerCid(tree));
  });
});

describe('the tree of a directory', () => {
  it('tells its size, its files and the bytes of all its blocks', () => {
    const tree = treeOfFiles(files('a', 'b/c', 'b/d'));
    const bytes = files('a', 'b/c', 'b/d').reduce((sum, { content }) => sum + content.length, 0);
    assert.deepEqual([tree.size, tree.files, tree.nodes.length], [bytes, 3, 2]);
    const root = tree.nodes.at(-1);
    assert.equal(root?.cid, tree.cid);
    const blocks = tree.nodes.reduce((sum, node) => sum + node.bytes.length, 0);
    assert.equal(tsizeOf(root?.bytes ?? new Uint8Array()), bytes + blocks);
  });

  it('takes no path twice, none through a file, and none that leads elsewhere', () => {
    const add = (...paths: readonly string[]) => {
      const builder = new DirectoryBuilder();
      return () => {
        for (const path of paths) builder.add(path, EMPTY_FILE, 0, 0);
      };
    };
    assert.throws(add('a', 'a'), problem('bad_name', 'name.twice'));
    assert.throws(add('a/b', 'a'), problem('bad_name', 'name.twice'));
    assert.throws(add('a', 'a/b'), problem('bad_name', 'name.not-a-folder'));
    assert.throws(add('a//b'), problem('bad_name', 'name.empty-component'));
    assert.throws(add('/a'), problem('bad_name', 'name.empty-component'));
    assert.throws(add('a/../b'), problem('bad_name', 'name.escapes'));
    assert.throws(add('a\0b'), problem('bad_name', 'name.escapes'));
    assert.throws(() => new DirectoryBuilder().add('a', 'nonsense', 0, 0), problem('bad_cid'));
  });
});

describe('a directory that was built', () => {
  it('is read with the entries that were put in, of whatever size', async () => {
    for (const count of [0, 1, 100, 6000]) {
      const tree = treeOfFiles(files(...Array.from({ length: count }, (_, index) => `name ${index}`)));
      const names: string[] = [];
      const { fetchBlock } = blocksOf(tree);
      for await (const { name, tsize } of DirectoryReader.entries(parseCid(tree.cid), fetchBlock)) {
        assert.equal(tsize, `content of ${name}`.length);
        names.push(name);
      }
      assert.equal(new Set(names).size, count);
      assert.equal(names.length, count);
    }
  });

  it('gives an entry by its name from the blocks on its way alone', async () => {
    const tree = treeOfFiles(files(...Array.from({ length: 6000 }, (_, index) => `name ${index}`)));
    const root = parseCid(tree.cid);
    for (const index of [0, 1, 2999, 5999]) {
      const served = blocksOf(tree);
      const entry = await DirectoryReader.find(root, `name ${index}`, served.fetchBlock);
      assert.equal(entry?.tsize, `content of name ${index}`.length);
      assert.ok(served.fetched <= 4, `${served.fetched} blocks`);
    }
    const { fetchBlock } = blocksOf(tree);
    for (const absent of ['name 6000', '', '.', 'name', '00']) {
      assert.equal(await DirectoryReader.find(root, absent, fetchBlock), null, absent);
    }
  });
});
