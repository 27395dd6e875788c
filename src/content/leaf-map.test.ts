import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import { encode } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import { Problem } from '../problems/problem.ts';
import { type Cid, parseCid, toMultiformats } from './cid.ts';
import { LeafMap } from './leaf-map.ts';
import { PIECE_BYTES } from './profile.ts';
import { type FileTree, TreeBuilder } from './tree-builder.ts';

/** A file of which only the digests are made up: its bytes don't matter to the map. */
function treeOf(pieces: number, lastBytes: number): FileTree {
  const builder = new TreeBuilder();
  for (let index = 0; index < pieces; index += 1) {
    builder.addLeaf(digestOf(index), index === pieces - 1 ? lastBytes : PIECE_BYTES);
  }
  return builder.finish();
}

function digestOf(index: number): Uint8Array {
  return hash('sha256', `piece ${index}`, 'buffer');
}

function fetchFrom(tree: FileTree, fetched: string[] = []): (cid: Cid) => Promise<Uint8Array> {
  const blocks = new Map(tree.nodes.map((node) => [node.cid, node.bytes]));
  return async (cid) => {
    fetched.push(cid.text);
    return blocks.get(cid.text) ?? assert.fail(`${cid.text} was not in the tree`);
  };
}

const isForeign = (error: unknown) => error instanceof Problem && error.code === 'unknown_layout';

describe('the map from pieces to leaves', () => {
  it('finds every leaf of a file of one level with its place', async () => {
    const tree = treeOf(5, 99);
    const map = await LeafMap.open(parseCid(tree.cid), tree.size, fetchFrom(tree));
    assert.equal(map.pieces, 5);
    for (let index = 0; index < 5; index += 1) {
      const leaf = await map.leaf(index);
      assert.deepEqual(Buffer.from(leaf.digest), digestOf(index));
      assert.equal(leaf.offset, index * PIECE_BYTES);
      assert.equal(leaf.length, index === 4 ? 99 : PIECE_BYTES);
    }
  });

  it('takes a raw root for the only leaf, empty or not', async () => {
    for (const [pieces, bytes] of [
      [0, 0],
      [1, 1],
      [1, PIECE_BYTES],
    ] as const) {
      const tree = treeOf(pieces, bytes);
      const root = parseCid(tree.cid);
      const map = await LeafMap.open(root, bytes, () => assert.fail('a raw root needs no node'));
      assert.deepEqual(await map.leaf(0), { index: 0, digest: root.digest, offset: 0, length: bytes });
    }
  });

  it('fetches only the nodes above the pieces asked for, each once', async () => {
    const tree = treeOf(3 * 1024 + 5, 1);
    const fetched: string[] = [];
    const map = await LeafMap.open(parseCid(tree.cid), null, fetchFrom(tree, fetched));
    assert.equal(map.size, tree.size);
    for (const index of [3076, 3075, 3072]) {
      assert.deepEqual(Buffer.from((await map.leaf(index)).digest), digestOf(index));
    }
    assert.deepEqual(fetched, [tree.cid, tree.nodes[3]?.cid]);
  });

  it('finds the leaves of more nodes than it keeps', async () => {
    const tree = treeOf(20 * 1024, 7);
    const map = await LeafMap.open(parseCid(tree.cid), tree.size, fetchFrom(tree));
    for (let index = 0; index < 20 * 1024; index += 1023) {
      assert.deepEqual(Buffer.from((await map.leaf(index)).digest), digestOf(index));
    }
    await assert.rejects(map.leaf(20 * 1024), RangeError);
  });

  it('refuses a tree of another size than was said', async () => {
    const tree = treeOf(5, 99);
    await assert.rejects(LeafMap.open(parseCid(tree.cid), tree.size + 1, fetchFrom(tree)), isForeign);
    await assert.rejects(LeafMap.open(parseCid(treeOf(1, 9).cid), null, fetchFrom(tree)), isForeign);
  });

  it('refuses a root whose links are no whole pieces, and one that is only a chain', async () => {
    const small = nodeOver([5n, 5n], 'raw');
    await assert.rejects(
      LeafMap.open(small.cid, null, async () => small.bytes),
      isForeign,
    );
    const chain = nodeOver([BigInt(2 * PIECE_BYTES)], 'dag-pb');
    await assert.rejects(
      LeafMap.open(chain.cid, null, async () => chain.bytes),
      isForeign,
    );
  });

  it('refuses a deeper node that covers less than its place asks for', async () => {
    const tree = treeOf(1024 + 5, 1);
    const wrong = treeOf(1023, PIECE_BYTES);
    const root = tree.nodes.at(-1)?.bytes ?? assert.fail();
    const map = await LeafMap.open(parseCid(tree.cid), tree.size, async (cid) =>
      cid.text === tree.cid ? root : (wrong.nodes[0]?.bytes ?? assert.fail()),
    );
    await assert.rejects(map.leaf(0), isForeign);
  });
});

function nodeOver(sizes: bigint[], codec: 'raw' | 'dag-pb'): { cid: Cid; bytes: Uint8Array } {
  const file = new UnixFS({ type: 'file', blockSizes: sizes });
  const Links = sizes.map(() => ({ Name: '', Tsize: 5, Hash: toMultiformats(codec, digestOf(0)) }));
  const bytes = encode({ Data: file.marshal(), Links });
  const digest = hash('sha256', bytes, 'buffer');
  return { cid: { codec: 'dag-pb', digest, text: toMultiformats('dag-pb', digest).toString() }, bytes };
}
