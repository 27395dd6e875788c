import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { cidKey, nameKey } from '../../../records/keys.ts';
import { TestCluster } from './cluster.test-support.ts';
import type { TestNode } from './cluster-member.test-support.ts';
import { eventually, fakeCid } from './pending.test-support.ts';
import { sha256 } from './record-checks.ts';

const WAIT = { wait: true, timeoutMs: 20_000 };
/** Longer than any test waits: what ends sooner was not ended by its deadline. */
const CALL_TIMEOUT_MS = 60_000;

interface File {
  readonly path: string;
  readonly cid: string;
}

/** On which every node has taken its range. */
async function ringOf(size: number, t: TestContext): Promise<TestCluster> {
  const cluster = await TestCluster.of(size, { callTimeoutMs: CALL_TIMEOUT_MS });
  t.after(() => cluster.close());
  const first = cluster.node(0);
  for (const owner of cluster.nodes) {
    for (const file of files(cluster, owner, true, 1)) first.pending.publish(file);
  }
  await first.records.publish(WAIT);
  return cluster;
}

/** Files, some of whose keys `owner` owns, or none of them. */
function files(cluster: TestCluster, owner: TestNode, owns: boolean, count: number): File[] {
  const found: File[] = [];
  for (let number = owns ? 1000 : 100_000; found.length < count; number++) {
    const file = { path: `file ${number}`, cid: fakeCid(number) };
    const keys = [nameKey(sha256, file.path), cidKey(sha256, file.cid)];
    if (keys.some((key) => cluster.ownerOf(key) === owner) === owns) found.push(file);
  }
  return found;
}

test('a node that does not answer holds up only what it owns', async (t) => {
  const cluster = await ringOf(4, t);
  const [publisher, paused] = [cluster.node(0), cluster.node(2)];
  cluster.pause(paused);
  for (const file of files(cluster, paused, true, 600)) publisher.pending.publish(file);
  const publishing = publisher.records.publish({ ...WAIT, timeoutMs: 60_000 });
  publishing.catch(() => null);
  await eventually('the node was asked', () => (paused.calls.get('store') ?? 0) > 0);

  for (const file of files(cluster, paused, false, 3)) {
    publisher.pending.publish(file);
    await publisher.records.publish({ ...WAIT, paths: [file.path] });
    const { publications } = await cluster.node(1).records.find(nameKey(sha256, file.path), 10);
    assert.equal(publications[0]?.cid, file.cid);
  }
  assert.ok(publisher.pending.pendingCount() > 0);
});

test('what was on its way to a node that the ring gives up goes to the next owner', async (t) => {
  const cluster = await ringOf(4, t);
  const [publisher, paused] = [cluster.node(0), cluster.node(2)];
  cluster.pause(paused);
  for (const file of files(cluster, paused, true, 20)) publisher.pending.publish(file);
  const publishing = publisher.records.publish(WAIT);
  publishing.catch(() => null);
  await eventually('the node was asked', () => (paused.calls.get('store') ?? 0) > 0);
  cluster.declareDead(paused);
  assert.deepEqual(await publishing, { pending: 0 });
});

test('a change that no node would take is told as refused, and nothing waits for it', async (t) => {
  const cluster = await ringOf(2, t);
  const { records, pending } = cluster.node(0);
  const tags = ['ñ'.repeat(200)];
  pending.publish({ path: 'refused', cid: fakeCid(1), tags });
  pending.publish({ path: 'fine', cid: fakeCid(2) });
  const refused = assert.rejects(records.publish({ ...WAIT, paths: ['refused'] }), {
    code: 'invalid_record',
  });
  assert.deepEqual(await records.publish({ ...WAIT, paths: ['fine'] }), { pending: 0 });
  await refused;
  assert.deepEqual(
    pending.refused.map(({ reason }) => reason),
    ['its body is not that of a publication'],
  );
  assert.equal(records.refusedCount(), 1);
  const { publications } = await records.find(nameKey(sha256, 'refused'), 10);
  assert.deepEqual(publications, []);
});
