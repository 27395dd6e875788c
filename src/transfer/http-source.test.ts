import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCid } from '../content/cid.ts';
import { verifyBlock } from '../content/verify.ts';
import { DownloadFixture } from './download-fixture.test-support.ts';
import { HttpSource } from './http-source.ts';

const TIMEOUTS = { connectMs: 3_000, stallMs: 10_000 };
const at = new DownloadFixture();

test('blocks asked for at once come one after the other, all of them', async () => {
  const { holder } = await at.serve();
  const source = new HttpSource(holder, TIMEOUTS);
  const root = at.file.cid;
  const outcomes = await Promise.all([root, root, root].map((cid) => source.readBlock(cid)));
  source.close();
  for (const outcome of outcomes) {
    assert.equal(outcome.type, 'done', JSON.stringify(outcome));
    assert.ok(outcome.type === 'done' && verifyBlock(parseCid(root), outcome.value));
  }
});

test('blocks that still wait when the transfer ends are not asked for', async () => {
  const server = await at.serve();
  const source = new HttpSource(server.holder, TIMEOUTS);
  const root = at.file.cid;
  const blocks = [root, root].map((cid) => source.readBlock(cid));
  source.close();
  for (const block of blocks) assert.equal((await block).type, 'away');
  assert.equal(server.blockRequests, 0);
});
