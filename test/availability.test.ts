/** What the portmapper says of nodes that die, fall silent, leave and return; and what it remembers. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { getJson, TestNetwork, type TestNode } from './network.ts';
import { until } from './until.ts';

let network: TestNetwork;

before(async () => {
  network = await TestNetwork.start({ nodes: 3 });
});
after(() => network.stop());

interface Registered {
  readonly address: string;
  readonly state: string;
  readonly lastSeen: number;
  readonly availability: Readonly<Record<string, number | null>>;
}

async function registered(node: TestNode): Promise<Registered> {
  const { nodes } = await getJson<{ nodes: Registered[] }>(`${network.portmapper.url}/api/v1/nodes`);
  const found = nodes.find((candidate) => candidate.address === new URL(node.url).host);
  assert.ok(found, `${node.name} is registered`);
  return found;
}

function untilState(node: TestNode, state: string, timeoutMs: number): Promise<void> {
  return until(`${node.name} is ${state}`, timeoutMs, async () => (await registered(node)).state === state);
}

test('a killed node is inactive within ten seconds, and active within three of its return', async () => {
  const node = network.node(1);
  await node.end('SIGKILL');
  await untilState(node, 'inactive', 10_000);
  await node.start();
  await untilState(node, 'active', 3000);
});

test('a silent node is inactive within ten seconds, and active within three once it goes on', async () => {
  const node = network.node(2);
  node.pause();
  await untilState(node, 'inactive', 10_000);
  node.resume();
  await untilState(node, 'active', 3000);
});

test('a clean stop shows at once', async () => {
  const node = network.node(3);
  assert.equal(await node.end('SIGTERM'), 0);
  assert.equal((await registered(node)).state, 'inactive');
  await node.start();
  await untilState(node, 'active', 3000);
});

test('a restarted portmapper knows the nodes and their history', async () => {
  const before = await registered(network.node(1));
  assert.ok((before.availability['1h'] ?? 1) < 1, 'it was away for a while');
  await network.portmapper.end('SIGKILL');
  await network.portmapper.start();
  const known = await registered(network.node(1));
  assert.ok((known.availability['1h'] ?? 1) < 1);
  for (const node of network.nodes) await untilState(node, 'active', 5000);
});
