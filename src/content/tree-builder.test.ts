import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import { BlackHoleBlockstore } from 'blockstore-core';
import fc from 'fast-check';
import { importBytes } from 'ipfs-unixfs-importer';
import { keystream } from './keystream.test-support.ts';
import { LeafList } from './leaf-list.ts';
import { DIGEST_BYTES, PIECE_BYTES } from './profile.ts';
import { type FileTree, TreeBuilder } from './tree-builder.ts';

const MIB = 1_048_576;

interface Leaf {
  readonly digest: Uint8Array;
  readonly size: number;
}

/** What the pieces of a keystream hash to; the content itself is never held. */
function* leavesOf(seed: string, size: number): Generator<Leaf> {
  for (const piece of keystream(seed, size)) yield leafOf(piece);
}

function leafOf(piece: Uint8Array): Leaf {
  return { digest: hash('sha256', piece, 'buffer'), size: piece.length };
}

function treeOf(leaves: Iterable<Leaf>): FileTree {
  const builder = new TreeBuilder();
  for (const { digest, size } of leaves) builder.addLeaf(digest, size);
  return builder.finish();
}

async function importerCid(seed: string, size: number): Promise<string> {
  const source = (async function* () {
    yield* keystream(seed, size);
  })();
  const { cid } = await importBytes(source, new BlackHoleBlockstore(), { profile: 'unixfs-v1-2025' });
  return cid.toString();
}

describe('the CID of a file', () => {
  it('is the well-known one for no bytes and for "hello world"', () => {
    // The first CID is that of the empty raw block everywhere; the second stands in IPIP-499, "Test fixtures".
    assert.equal(treeOf([]).cid, 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku');
    assert.equal(
      treeOf([leafOf(Buffer.from('hello world'))]).cid,
      'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e',
    );
  });

  it('is the one that kubo and js-ipfs-unixfs record at one piece and one byte more', () => {
    // js-ipfs-unixfs: packages/ipfs-unixfs-importer/test/ipip-499-profiles.spec.ts; kubo: test/cli/cid_profiles_test.go.
    assert.equal(
      treeOf(leavesOf('chunk-v1-seed', MIB)).cid,
      'bafkreiacndfy443ter6qr2tmbbdhadvxxheowwf75s6zehscklu6ezxmta',
    );
    assert.equal(
      treeOf(leavesOf('chunk-v1-seed', MIB + 1)).cid,
      'bafybeigmix7t42i6jacydtquhet7srwvgpizfg7gjbq7627d35mjomtu64',
    );
  });

  it('is the one of the specification at 1024 links, one byte more and one piece more', () => {
    const leaves: Leaf[] = [];
    let firstByte = new Uint8Array(0);
    for (const piece of keystream('v1-2025-seed', 1025 * MIB)) {
      leaves.push(leafOf(piece));
      firstByte = piece.slice(0, 1);
    }
    const full = leaves.slice(0, 1024);
    // IPIP-499, "Test fixtures": file at max links, file over max links.
    assert.equal(treeOf(full).cid, 'bafybeihmf37wcuvtx4hpu7he5zl5qaf2ineo2lqlfrapokkm5zzw7zyhvm');
    assert.equal(treeOf(leaves).cid, 'bafybeihmzokxxjqwxjcryerhp5ezpcog2wcawfryb2xm64xiakgm4a5jue');
    // js-ipfs-unixfs, ipip-499-profiles.spec.ts.
    const oneByteMore = treeOf([...full, leafOf(firstByte)]);
    assert.equal(oneByteMore.cid, 'bafybeibdsi225ugbkmpbdohnxioyab6jsqrmkts3twhpvfnzp77xtzpyhe');
  });

  for (const size of [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB + 17, 1024 * MIB, 1024 * MIB + 1]) {
    it(`is what the importer of js-ipfs-unixfs says for ${size} bytes`, async () => {
      const tree = treeOf(leavesOf('importer', size));
      assert.equal(tree.cid, await importerCid('importer', size));
      assert.equal(tree.size, size);
    });
  }
});

describe('the tree of a file', () => {
  it('has its nodes children first and the root last, each under the hash of its bytes', () => {
    const leaf = { digest: hash('sha256', Buffer.alloc(PIECE_BYTES), 'buffer'), size: PIECE_BYTES };
    const tree = treeOf(Array.from({ length: 2 * 1024 + 1 }, () => leaf));
    assert.equal(tree.nodes.length, 4);
    assert.equal(tree.nodes.at(-1)?.cid, tree.cid);
    assert.equal(tree.nodes[0]?.cid, tree.nodes[1]?.cid); // The same content has the same name.
    assert.equal(tree.size, (2 * 1024 + 1) * PIECE_BYTES);
  });

  it('refuses a leaf after a short one, and half a digest', () => {
    const builder = new TreeBuilder();
    builder.addLeaf(new Uint8Array(DIGEST_BYTES), 5);
    assert.throws(() => builder.addLeaf(new Uint8Array(DIGEST_BYTES), 5));
    assert.throws(() => new TreeBuilder().addLeaf(new Uint8Array(DIGEST_BYTES - 1), 5));
  });

  it('keeps every leaf in order, however many there are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (count) => {
        const list = new LeafList();
        const digests = Array.from({ length: count }, (_, index) => hash('sha256', String(index), 'buffer'));
        for (const digest of digests) list.add(digest, PIECE_BYTES);
        assert.deepEqual(Buffer.from(list.finish().leaves), Buffer.concat(digests));
      }),
      { numRuns: 30 },
    );
  });
});
