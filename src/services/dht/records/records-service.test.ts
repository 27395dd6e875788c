import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { baseKey, cidKey, nameKey } from '../../../records/keys.ts';
import { TestCluster } from './cluster.test-support.ts';
import { eventually, fakeCid } from './pending.test-support.ts';
import { sha256 } from './record-checks.ts';

const WAIT = { wait: true, timeoutMs: 20_000 };

describe('records on a ring of four', () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await TestCluster.of(4);
  });
  after(() => cluster.close());

  test('a published file is found by path, by last component and by cid at every node, with its provider', async () => {
    const publisher = cluster.node(1);
    const cid = fakeCid(1);
    publisher.pending.publish({
      cid,
      path: 'notes/today.txt',
      size: 12,
      tags: ['diary'],
      type: 'text/plain',
    });
    assert.deepEqual(await publisher.records.publish(WAIT), { pending: 0 });

    for (const node of cluster.nodes) {
      for (const key of [
        nameKey(sha256, 'notes/today.txt'),
        baseKey(sha256, 'today.txt'),
        cidKey(sha256, cid),
      ]) {
        const { publications } = await node.records.find(key, 100);
        assert.equal(publications.length, 1);
        const [found] = publications;
        assert.equal(found?.cid, cid);
        assert.equal(found?.path, 'notes/today.txt');
        assert.equal(found?.publisher, publisher.id);
        assert.deepEqual(found?.tags, ['diary']);
      }
      const { providers } = await node.records.find(cidKey(sha256, cid), 100);
      assert.deepEqual(
        providers.map(({ node: holder, complete }) => ({ holder, complete })),
        [{ holder: publisher.id, complete: true }],
      );
    }
  });

  test('a withdrawn file is shown as withdrawn, and its provider is gone', async () => {
    const publisher = cluster.node(2);
    const file = { cid: fakeCid(2), path: 'gone.txt' };
    publisher.pending.publish(file);
    await publisher.records.publish(WAIT);
    publisher.pending.withdraw(file);
    await publisher.records.publish(WAIT);

    const byName = await cluster.node(0).records.find(nameKey(sha256, file.path), 100);
    assert.deepEqual(
      byName.publications.map(({ kind }) => kind),
      ['tombstone'],
    );
    const byCid = await cluster.node(0).records.find(cidKey(sha256, file.cid), 100);
    assert.deepEqual(byCid.providers, []);
  });
});

test('a publisher that dies on the way goes on where it was: every file once, none missing', async () => {
  const cluster = await TestCluster.of(3);
  try {
    const first = cluster.node(0);
    const key = cluster.keyOfNode(first);
    const files = Array.from({ length: 600 }, (_, index) => ({ cid: fakeCid(index), path: `many/${index}` }));
    for (const file of files) first.pending.publish(file);
    const publishing = first.records.publish(WAIT);
    await eventually('some, not all, are settled', () => first.pending.pendingCount() < files.length);
    await Promise.all([
      cluster.kill(first),
      assert.rejects(publishing, { code: 'deadline' }).catch(() => null),
    ]);

    // As after kill -9 the catalog still holds what was stored but not yet settled: here everything.
    const again = await cluster.start({ join: true, key, dataDir: first.dataDir });
    for (const file of files) again.pending.publish(file);
    assert.deepEqual(await again.records.publish(WAIT), { pending: 0 });
    for (const { cid, path } of files.filter((_, index) => index % 5 === 0)) {
      const found = await cluster.node(1).records.find(nameKey(sha256, path), 10);
      assert.deepEqual(
        found.publications.map((publication) => publication.cid),
        [cid],
      );
      assert.deepEqual(found.versions, []);
    }
  } finally {
    await cluster.close();
  }
});
