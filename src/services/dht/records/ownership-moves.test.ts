import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { NodeKey } from '../../../identity/node-key.ts';
import { cidKey, nameKey } from '../../../records/keys.ts';
import { isBetweenOpenOpen } from '../../../ring/interval.ts';
import { TestCluster } from './cluster.test-support.ts';
import type { TestNode } from './cluster-member.test-support.ts';
import { eventually, fakeCid } from './pending.test-support.ts';
import { sha256 } from './record-checks.ts';

const WAIT = { wait: true, timeoutMs: 30_000 };
const NO_REASSERTION = { reassertion: false };
/** A node with this is a member that never compares anything. */
const NEVER_PULLS = { syncDelayMs: 3_600_000 };
/** Nine nodes in one process share its event loop. */
const SETTLE_MS = 60_000;

let cluster: TestCluster;
afterEach(() => cluster.close());

async function publish(node: TestNode, count: number): Promise<string[]> {
  const paths = Array.from({ length: count }, (_, index) => `files/${index}.txt`);
  for (const [index, path] of paths.entries()) node.pending.publish({ cid: fakeCid(index), path });
  await node.records.publish(WAIT);
  return paths;
}

/** Paths that are not found by name, and numbers of contents that are not found by cid. */
async function unreadable(node: TestNode, paths: readonly string[]): Promise<(string | number)[]> {
  const missing: (string | number)[] = [];
  await Promise.all(
    paths.map(async (path, index) => {
      const byName = await node.records.find(nameKey(sha256, path), 10);
      if (byName.publications[0]?.kind !== 'publication') missing.push(path);
      const byCid = await node.records.find(cidKey(sha256, fakeCid(index)), 10);
      if (byCid.publications.length === 0) missing.push(index);
    }),
  );
  return missing;
}

async function startMany(count: number, parameters = {}): Promise<TestNode[]> {
  const nodes: TestNode[] = [];
  for (let index = 0; index < count; index++) nodes.push(await cluster.start({ join: false, parameters }));
  return nodes;
}

function settled(): Promise<void> {
  return eventually('every range is claimed, and copied', () => cluster.isSettled(), SETTLE_MS);
}

/** Reads everything at one node after the other until the ring has settled, and once more. */
async function readUntilSettled(paths: readonly string[]): Promise<void> {
  let isOver = false;
  const settling = settled().finally(() => {
    isOver = true;
  });
  for (let reads = 0, isLast = false; !isLast; reads++) {
    isLast = isOver;
    const reader = cluster.node(reads % cluster.nodes.length);
    assert.deepEqual(await unreadable(reader, paths), []);
    // A node alone answers itself, without a turn of the event loop.
    await nextTurn();
  }
  await settling;
}

describe('nodes that join one gap together', () => {
  test('eight into a ring of one: everything is read from the first moment until all have pulled', async () => {
    cluster = await TestCluster.of(1, NO_REASSERTION);
    const paths = await publish(cluster.node(0), 60);
    cluster.join(...(await startMany(8)));
    await readUntilSettled(paths);
  });

  test('six among three whose publisher is dead: everything is read from the first moment on', async () => {
    cluster = await TestCluster.of(4, NO_REASSERTION);
    const publisher = cluster.node(1);
    const paths = await publish(publisher, 60);
    await cluster.kill(publisher);
    cluster.join(...(await startMany(6)));
    await readUntilSettled(paths);
  });

  test('a replica that has nothing yet is not believed when the owner before it has died', async () => {
    cluster = await TestCluster.of(4, NO_REASSERTION);
    const old = cluster.nodes;
    const paths = await publish(cluster.node(0), 30);
    await settled();
    cluster.join(...(await startMany(3, NEVER_PULLS)));
    const owner = old.find((node) => !old.includes(nodeAfter(node))) ?? assert.fail();
    await cluster.kill(owner, false);
    const reader = old.find((node) => node !== owner) ?? assert.fail();
    assert.deepEqual(await unreadable(reader, paths), []);
  });
});

describe('somebody always comes to answer for a range', () => {
  test('when all start at once with nothing, and when all were paused together', async () => {
    cluster = await TestCluster.of(5, NO_REASSERTION);
    await settled();
    const paths = await publish(cluster.node(0), 10);
    cluster.doubt(...cluster.nodes);
    assert.equal(await cluster.isSettled(), false);
    await readUntilSettled(paths);
  });

  test('when an owner dies, and when all but one do', async () => {
    cluster = await TestCluster.of(5, NO_REASSERTION);
    const paths = await publish(cluster.node(0), 10);
    await settled();
    while (cluster.nodes.length > 1) {
      await cluster.kill(cluster.node(0));
      await readUntilSettled(paths);
    }
  });

  test('when a node that everybody takes for alive never answers', async () => {
    cluster = await TestCluster.of(4, { ...NO_REASSERTION, claimPatienceMs: 300, findTimeoutMs: 300 });
    const [asked, silent] = [cluster.node(0), cluster.node(1)];
    await cluster.kill(silent, false);
    const mine = Array.from({ length: 1000 }, (_, index) => nameKey(sha256, `files/${index}.txt`)).find(
      (key) => cluster.ownerOf(key) === asked,
    );
    assert.ok(mine);
    const isAnswered = () => asked.records.find(mine, 10).then(Boolean, () => false);
    await eventually('it answers for its own range', isAnswered);
  });
});

describe('while keys change hands', () => {
  test('a write that the owner had begun is acknowledged only by the one who owns the key afterwards', async () => {
    cluster = await TestCluster.of(2, NO_REASSERTION);
    await settled();
    const key = nameKey(sha256, 'moving.txt');
    const owner = cluster.ownerOf(key);
    const replica = nodeAfter(owner);
    const between = keyBetween(key, owner.id);
    const newcomer = await cluster.start({ join: false, key: between, parameters: NEVER_PULLS });
    replica.onRequest = (method) => {
      if (method === 'replicate' && cluster.ownerOf(key) === owner) cluster.join(newcomer);
    };
    owner.pending.publish({ cid: fakeCid(1), path: 'moving.txt' });
    await owner.records.publish(WAIT);
    assert.equal(cluster.ownerOf(key), newcomer);
    assert.ok(newcomer.records.recordCount() > 0);
  });

  test('reads miss nothing acknowledged while nodes join, leave and die', async () => {
    cluster = await TestCluster.of(5, NO_REASSERTION);
    const reader = cluster.node(0);
    const paths = await publish(reader, 20);
    await settled();
    let isOver = false;
    const others = () => cluster.nodes.filter((node) => node !== reader);
    const writing = (async () => {
      while (!isOver) {
        const path = `files/${paths.length}.txt`;
        reader.pending.publish({ cid: fakeCid(paths.length), path });
        await reader.records.publish(WAIT);
        paths.push(path);
      }
    })();
    const reading = (async () => {
      while (!isOver) assert.deepEqual(await unreadable(reader, [...paths]), []);
    })();
    const changing = (async () => {
      for (let round = 0; round < 2; round++) {
        cluster.join(...(await startMany(2)));
        await settled();
        await cluster.leave(others()[round] ?? assert.fail());
        await settled();
        await cluster.kill(others()[round + 1] ?? assert.fail());
        await settled();
      }
    })().finally(() => {
      isOver = true;
    });
    await Promise.all([writing, reading, changing]);
  });
});

function nodeAfter(node: TestNode): TestNode {
  const next = cluster.neighboursOf(node.id).successors[0]?.id;
  return cluster.nodes.find(({ id }) => id === next) ?? assert.fail();
}

function keyBetween(after: string, before: string): NodeKey {
  for (;;) {
    const key = NodeKey.generate();
    if (isBetweenOpenOpen(after, key.id, before)) return key;
  }
}
