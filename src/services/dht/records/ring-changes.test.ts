import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import { baseKey, cidKey, nameKey } from '../../../records/keys.ts';
import { TestCluster } from './cluster.test-support.ts';
import type { TestNode } from './cluster-member.test-support.ts';
import { eventually, fakeCid } from './pending.test-support.ts';
import { sha256 } from './record-checks.ts';

const WAIT = { wait: true, timeoutMs: 20_000 };
const NO_REASSERTION = { reassertion: false };

let cluster: TestCluster;
afterEach(() => cluster.close());

async function publish(node: TestNode, count: number, folder = 'files'): Promise<string[]> {
  const paths = Array.from({ length: count }, (_, index) => `${folder}/${index}.txt`);
  for (const [index, path] of paths.entries()) node.pending.publish({ cid: fakeCid(index), path });
  await node.records.publish(WAIT);
  return paths;
}

/** Calls of a method that reached any node. */
function calls(method: string): number {
  return cluster.nodes.reduce((sum, node) => sum + (node.calls.get(method) ?? 0), 0);
}

/** Every node dies; this one comes back without what it stored for the ring, three new ones beside it. */
async function loseAllBut(survivor: TestNode): Promise<void> {
  const key = cluster.keyOfNode(survivor);
  for (const node of cluster.nodes) await cluster.kill(node);
  for (const ending of ['', '-wal', '-shm'])
    await rm(join(survivor.dataDir, `records.db${ending}`), { force: true });
  for (let index = 0; index < 3; index++) await cluster.start({ join: true });
  await cluster.start({ join: true, key, dataDir: survivor.dataDir });
}

async function readable(node: TestNode, paths: readonly string[]): Promise<number> {
  const found = await Promise.all(paths.map((path) => node.records.find(nameKey(sha256, path), 10)));
  return found.filter(({ publications }) => publications[0]?.kind === 'publication').length;
}

describe('when nodes come and go', () => {
  test('a node that joins pulls its range, and no read is empty meanwhile', async () => {
    cluster = await TestCluster.of(3, NO_REASSERTION);
    const paths = await publish(cluster.node(0), 60);
    const newcomer = await cluster.start({ join: true });

    assert.equal(await readable(cluster.node(0), paths), 60);
    const mine = paths.filter((path) => cluster.ownerOf(nameKey(sha256, path)) === newcomer);
    await eventually('the newcomer holds what it owns', () => newcomer.records.recordCount() >= mine.length);
    assert.equal(await readable(newcomer, paths), 60);
  });

  test('a node that leaves loses nothing, though nobody asserts again', async () => {
    cluster = await TestCluster.of(4, NO_REASSERTION);
    const paths = await publish(cluster.node(0), 60);
    await cluster.leave(cluster.node(2));
    assert.equal(await readable(cluster.node(1), paths), 60);
    await cluster.leave(cluster.node(0));
    assert.equal(await readable(cluster.node(0), paths), 60);
  });

  test('what an owner had is read from its replicas when it dies unnoticed, and when it is noticed', async () => {
    cluster = await TestCluster.of(4, NO_REASSERTION);
    const paths = await publish(cluster.node(0), 40);
    await eventually('the copies are known for what they are', () => cluster.isSettled());
    await cluster.kill(cluster.node(2), false);
    assert.equal(await readable(cluster.node(1), paths), 40);
  });

  test('two of five die one after the other: the copies are made up each time', async () => {
    cluster = await TestCluster.of(5, NO_REASSERTION);
    const paths = await publish(cluster.node(0), 40);
    for (let deaths = 0; deaths < 2; deaths++) {
      await cluster.kill(cluster.node(1));
      // 40 publications and providers under the cid on 3 nodes, 40 names and 40 bases on all.
      await eventually('all copies are there', () => total() >= 80 * 3 + 80 * cluster.nodes.length);
    }
    assert.equal(await readable(cluster.node(0), paths), 40);
  });

  test('surplus copies go once the nodes that should hold them do', async () => {
    cluster = await TestCluster.of(3, { ...NO_REASSERTION, syncIntervalMs: 20 });
    const paths = await publish(cluster.node(0), 40, 'flat');
    for (let more = 0; more < 4; more++) await cluster.start({ join: true });
    // 40 publications and providers under the cid on 3 nodes, 40 names and 40 bases on 5.
    await eventually('no node holds more than it should', () => total() === 40 * 2 * 3 + 40 * 2 * 5);
    assert.equal(await readable(cluster.node(3), paths), 40);
  });

  const total = () => cluster.nodes.reduce((sum, { records }) => sum + records.recordCount(), 0);
});

describe('leases and re-assertion', () => {
  test('providers of a node that went silent are gone when its lease ends; its publication stays', async () => {
    cluster = await TestCluster.of(4, { leaseDurationMs: 600, reassertion: true });
    const publisher = cluster.node(3);
    const cid = fakeCid(7);
    publisher.pending.publish({ cid, path: 'left-behind.txt' });
    await publisher.records.publish(WAIT);
    const reader = cluster.node(0);
    const providers = async () => (await reader.records.find(cidKey(sha256, cid), 10)).providers.length;
    assert.equal(await providers(), 1);
    await eventually('the lease was renewed', () => calls('renew') > 8);
    assert.equal(await providers(), 1);

    await cluster.kill(publisher);
    await eventually('its provider is gone', async () => (await providers()) === 0);
    assert.equal(await readable(reader, ['left-behind.txt']), 1);
  });

  test('a node that leaves ends its lease at once', async () => {
    cluster = await TestCluster.of(4);
    const publisher = cluster.node(1);
    const cid = fakeCid(8);
    publisher.pending.publish({ cid, path: 'mine.txt' });
    await publisher.records.publish(WAIT);
    await cluster.leave(publisher);
    assert.deepEqual((await cluster.node(0).records.find(cidKey(sha256, cid), 10)).providers, []);
  });

  test('what every node lost is asserted again by the node that published it', async () => {
    cluster = await TestCluster.of(4, { leaseDurationMs: 800 });
    const publisher = cluster.node(0);
    const paths = await publish(publisher, 30);
    await loseAllBut(publisher);
    await eventually('everything is back', async () => (await readable(cluster.node(2), paths)) === 30);
    await eventually('it provides them again', async () => {
      const { providers } = await cluster.node(1).records.find(cidKey(sha256, fakeCid(4)), 10);
      return providers[0]?.node === publisher.id;
    });
  });

  test('with re-assertion off, what every node lost stays lost', async () => {
    cluster = await TestCluster.of(3, { leaseDurationMs: 400, reassertion: false });
    const paths = await publish(cluster.node(0), 5);
    await loseAllBut(cluster.node(0));
    const renewed = calls('renew') + 12;
    await eventually('it renewed all around', () => calls('renew') >= renewed);
    assert.equal(await readable(cluster.node(1), paths), 0);
  });

  test('a name outlives its publisher: whoever provides the content asserts the publication too', async () => {
    cluster = await TestCluster.of(4, { leaseDurationMs: 800 });
    const [publisher, holder] = [cluster.node(0), cluster.node(2)];
    const cid = fakeCid(9);
    publisher.pending.publish({ cid, path: 'theirs/original.txt' });
    await publisher.records.publish(WAIT);
    holder.pending.publish({ cid, path: 'mine/copy.txt' });
    await holder.records.publish(WAIT);

    await loseAllBut(holder);
    await eventually('the publisher’s name is there', async () => {
      const found = await cluster.node(0).records.find(nameKey(sha256, 'theirs/original.txt'), 10);
      return found.publications[0]?.publisher === publisher.id;
    });
  });

  test('a publication that came after its content was provided is learned at a renewal', async () => {
    cluster = await TestCluster.of(4, { leaseDurationMs: 800 });
    const [publisher, holder] = [cluster.node(0), cluster.node(2)];
    const cid = fakeCid(9);
    holder.pending.publish({ cid, path: 'mine/copy.txt' });
    await holder.records.publish(WAIT);
    publisher.pending.publish({ cid, path: 'theirs/later.txt' });
    await publisher.records.publish(WAIT);
    const told = calls('renew') + 16;
    await eventually('both renewed all around', () => calls('renew') >= told);

    await loseAllBut(holder);
    await eventually('the publisher’s name is there', async () => {
      const found = await cluster.node(0).records.find(nameKey(sha256, 'theirs/later.txt'), 10);
      return found.publications[0]?.publisher === publisher.id;
    });
  });

  test('at rest a renewal costs one small message for each owner', async () => {
    cluster = await TestCluster.of(4, { leaseDurationMs: 1200 });
    await publish(cluster.node(0), 200);
    const quiet = cluster.node(2);
    const before = quiet.calls.get('renew') ?? 0;
    await eventually('it settled', () => (quiet.calls.get('renew') ?? 0) >= before + 4);
    const [bytes, renewals, stores] = [
      quiet.bytesIn,
      quiet.calls.get('renew') ?? 0,
      quiet.calls.get('store') ?? 0,
    ];
    await eventually('it was renewed again', () => (quiet.calls.get('renew') ?? 0) >= renewals + 4);
    assert.equal(quiet.calls.get('store') ?? 0, stores);
    const perRenewal = (quiet.bytesIn - bytes) / ((quiet.calls.get('renew') ?? 0) - renewals);
    assert.ok(perRenewal < 4000, `${perRenewal} bytes for each renewal`);
  });
});

describe('full keys', () => {
  test('765 files of one last name are all listed, from several publishers, and withdrawn like any', async () => {
    cluster = await TestCluster.of(4);
    const [first, second] = [cluster.node(0), cluster.node(1)];
    for (let index = 0; index < 765; index++) {
      const publisher = index < 600 ? first : second;
      publisher.pending.publish({ cid: fakeCid(index), path: `package-${index}/copyright` });
    }
    await Promise.all([first.records.publish(WAIT), second.records.publish(WAIT)]);
    const list = async () => {
      const found = await cluster.node(2).records.find(baseKey(sha256, 'copyright'), 2000);
      assert.equal(found.truncated, false);
      return found.publications.filter(({ kind }) => kind === 'publication').map(({ path }) => path);
    };
    assert.deepEqual(
      new Set(await list()),
      new Set(Array.from({ length: 765 }, (_, index) => `package-${index}/copyright`)),
    );

    second.pending.withdraw({ cid: fakeCid(764), path: 'package-764/copyright' });
    first.pending.withdraw({ cid: fakeCid(3), path: 'package-3/copyright' });
    await Promise.all([first.records.publish(WAIT), second.records.publish(WAIT)]);
    const left = await list();
    assert.equal(left.length, 763);
    assert.ok(!left.includes('package-764/copyright') && !left.includes('package-3/copyright'));
  });

  test('a find that is given fewer than there are says so', async () => {
    cluster = await TestCluster.of(2);
    for (let index = 0; index < 30; index++) {
      cluster.node(0).pending.publish({ cid: fakeCid(index), path: `d${index}/same.txt` });
    }
    await cluster.node(0).records.publish(WAIT);
    const found = await cluster.node(1).records.find(baseKey(sha256, 'same.txt'), 10);
    assert.equal(found.publications.length, 10);
    assert.equal(found.truncated, true);
  });
});

after(() => cluster.close());
