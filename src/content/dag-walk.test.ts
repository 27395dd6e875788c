import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { type Cid, formatCid, parseCid } from './cid.ts';
import { type DagPart, walkDag } from './dag-walk.ts';
import { treeOfFiles } from './directory.test-support.ts';
import { PIECE_BYTES } from './profile.ts';
import { TreeBuilder, type TreeNode } from './tree-builder.ts';

/** Fetches nodes out of `nodes`; of a leaf the digest stands for its bytes. */
async function visited(root: string, part: DagPart, nodes: readonly TreeNode[]): Promise<string[]> {
  const known = new Map(nodes.map(({ cid, bytes }) => [cid, bytes]));
  const fetch = async (cid: Cid) => known.get(cid.text) ?? cid.digest;
  const cids: string[] = [];
  for await (const { cid } of walkDag(parseCid(root), part, fetch)) cids.push(cid.text);
  return cids;
}

test('of a file of two levels the nodes on the way to a span come, and no others', async () => {
  const pieces = 2 * 1024 + 1;
  const builder = new TreeBuilder();
  const leaves = Array.from({ length: pieces }, (_, index) => hash('sha256', String(index), 'buffer'));
  for (const digest of leaves) builder.addLeaf(digest, PIECE_BYTES);
  const { cid: root, nodes } = builder.finish();
  const [first, second, third] = nodes.map(({ cid }) => cid);
  const leaf = (index: number) => formatCid('raw', leaves[index] ?? new Uint8Array(32));
  const of = (start: number, end: number) => visited(root, { scope: 'entity', span: { start, end } }, nodes);
  assert.deepEqual(await of(0, 1), [root, first, leaf(0)]);
  assert.deepEqual(await of(1024 * PIECE_BYTES, 1024 * PIECE_BYTES + 1), [root, second, leaf(1024)]);
  const across = 1024 * PIECE_BYTES;
  assert.deepEqual(await of(across - 1, across + 1), [root, first, leaf(1023), second, leaf(1024)]);
  assert.deepEqual(await of(2048 * PIECE_BYTES, pieces * PIECE_BYTES), [root, third, leaf(2048)]);
  assert.deepEqual(await visited(root, { scope: 'block' }, nodes), [root]);
  const all = await visited(root, { scope: 'all' }, nodes);
  assert.equal(all.length, pieces + nodes.length);
  assert.deepEqual(await visited(root, { scope: 'entity', span: null }, nodes), all);
});

test('of a directory its entity is what lists it: one block, or all its shards', async () => {
  const files = Array.from({ length: 6000 }, (_, index) => ({
    path: `name ${index}`,
    content: Buffer.from(String(index)),
  }));
  const entity: DagPart = { scope: 'entity', span: null };
  const plain = treeOfFiles([...files.slice(0, 10), { path: 'deep/er', content: Buffer.from('x') }]);
  assert.deepEqual(await visited(plain.cid, entity, plain.nodes), [plain.cid]);
  assert.equal((await visited(plain.cid, { scope: 'all' }, plain.nodes)).length, 2 + 11);
  const sharded = treeOfFiles(files);
  const shards = await visited(sharded.cid, entity, sharded.nodes);
  assert.deepEqual([...shards].sort(), sharded.nodes.map(({ cid }) => cid).sort());
  assert.equal(shards[0], sharded.cid);
  assert.equal((await visited(sharded.cid, { scope: 'all' }, sharded.nodes)).length, shards.length + 6000);
});
