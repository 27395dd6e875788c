import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Problem } from '../../problems/problem.ts';
import {
  ownerOf,
  startTestDht,
  startTestRing,
  temporaryFolder,
  until,
  untilOneRing,
} from './dht.test-support.ts';

const randomKey = (): string => randomBytes(32).toString('hex');

test('a node that is told nobody makes a ring of one and owns every key', async (t) => {
  const node = await startTestDht(t, { dataDir: temporaryFolder(t) });
  await untilOneRing([node]);
  const found = await node.api.lookup(randomKey());
  assert.equal(found.owner.id, node.id);
  assert.equal(found.hops, 0);
  assert.deepEqual(found.path, []);
});

for (const count of [2, 5]) {
  test(`${count} nodes are one ring, and each answers the true owner of any key`, async (t) => {
    const nodes = await startTestRing(t, count);
    for (let round = 0; round < 40; round++) {
      const key = randomKey();
      const asked = nodes[round % count] ?? assert.fail();
      const found = await asked.api.lookup(key);
      const owner = nodes.find(({ id }) => id === ownerOf(nodes, key)) ?? assert.fail();
      assert.deepEqual(found.owner, { id: owner.id, address: `index-of-${owner.id.slice(0, 8)}:5000` });
      assert.equal(found.hops === 0, owner === asked);
      if (found.hops > 0) assert.deepEqual(found.path.at(-1)?.id, owner.id);
    }
  });
}

test('the ring is shown in its order, this node first, with the successors of each', async (t) => {
  const nodes = await startTestRing(t, 3);
  const [node = assert.fail()] = nodes;
  const sorted = nodes.map(({ id }) => id).sort();
  const at = sorted.indexOf(node.id);
  const order = [...sorted.slice(at), ...sorted.slice(0, at)];
  const ring = await node.api.ring();
  assert.deepEqual(
    ring.map(({ id }) => id),
    order,
  );
  for (const [index, member] of ring.entries()) {
    assert.equal(member.state, 'active');
    assert.equal(member.address, `index-of-${member.id.slice(0, 8)}:5000`);
    assert.equal(member.successors[0], order[(index + 1) % order.length]);
  }
});

test('a node that leaves is gone from its neighbours at once, and lookups go on', async (t) => {
  const nodes = await startTestRing(t, 3);
  const [gone = assert.fail(), ...left] = nodes;
  await gone.stop({ leave: true });
  for (const node of left) {
    const key = randomKey();
    assert.equal((await node.api.lookup(key)).owner.id, ownerOf(left, key));
  }
  await untilOneRing(left);
});

test('a node restarted on its data directory, told nobody, rejoins under its old id by the members it remembers', async (t) => {
  const nodes = await startTestRing(t, 3);
  const [first = assert.fail(), ...rest] = nodes;
  await first.stop({ leave: true });
  await untilOneRing(rest);
  const again = await startTestDht(t, { dataDir: first.dataDir });
  assert.equal(again.id, first.id);
  await untilOneRing([again, ...rest]);
});

test('a whole network that was stopped is one ring again when it starts without help', async (t) => {
  const nodes = await startTestRing(t, 3);
  for (const node of nodes) await node.stop({ leave: false });
  const timing = { founding: { silenceMs: 600 } };
  const again = await Promise.all(
    nodes.map(({ dataDir, port }) => startTestDht(t, { dataDir, port, timing })),
  );
  await untilOneRing(again);
});

test('a port that is taken is named, and the second service does not start', async (t) => {
  const node = await startTestDht(t, { dataDir: temporaryFolder(t) });
  const { port } = node;
  await assert.rejects(startTestDht(t, { dataDir: temporaryFolder(t), port }), (error) => {
    const { code, details } = Problem.from(error);
    assert.equal(code, 'port_taken');
    assert.equal(details.port, port);
    assert.match(String(details.who), new RegExp(`PID ${process.pid}\\b`));
    return true;
  });
});

test('a changed endpoint of a service reaches the peers', async (t) => {
  const founder = await startTestDht(t, { dataDir: temporaryFolder(t) });
  let index = 'before:1';
  const other = await startTestDht(t, {
    dataDir: temporaryFolder(t),
    join: [founder.address],
    endpoints: () => ({ dht: null, index, upload: null, download: null, messaging: null }),
  });
  await untilOneRing([founder, other]);
  index = 'after:1';
  const shown = async () => (await founder.api.status()).successors[0]?.address;
  await until('the founder shows the new endpoint', async () => (await shown()) === 'after:1');
});

test('a key is the hash of its text, or of what the records put before it', async (t) => {
  const { api } = await startTestDht(t, { dataDir: temporaryFolder(t) });
  const sha = (text: string) => createHash('sha256').update(text).digest('hex');
  assert.equal(api.keyOf('text', 'año'), sha('año'));
  assert.equal(api.keyOf('name', 'a/b'), sha('name\0a/b'));
  assert.equal(api.keyOf('base', 'b'), sha('base\0b'));
  assert.equal(api.keyOf('cid', 'bafk'), sha('cid\0bafk'));
});
