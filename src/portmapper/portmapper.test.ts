import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { FakeNode } from '../../test/fake-node.ts';
import { until } from '../../test/until.ts';
import type { NetworkInfo, NodeList, Placement } from '../client/schemas/portmapper-routes.ts';
import { Problem } from '../problems/problem.ts';
import { QUICK, TestPortmapper } from './portmapper.test-support.ts';
import { startPortmapper } from './portmapper.ts';

let portmapper: TestPortmapper;

beforeEach(() => {
  portmapper = new TestPortmapper();
});
afterEach(() => portmapper.close());

describe('a portmapper', () => {
  test('serves one network for good, also after a restart', async () => {
    await portmapper.start();
    const { json } = await portmapper.get<NetworkInfo>('/api/v1/network');
    assert.equal(json.networkId, portmapper.running.networkId);
    assert.equal(json.protocolVersion, '1.0');
    const { networkId } = portmapper.running;
    await portmapper.running.stop();
    await portmapper.start();
    assert.equal(portmapper.running.networkId, networkId);
  });

  test('is alone over its data directory', async () => {
    await portmapper.start();
    await assert.rejects(
      startPortmapper(portmapper.config),
      (error) => error instanceof Problem && error.code === 'data_in_use',
    );
  });

  test('stays on loopback unless somebody says insecure', async () => {
    await portmapper.start();
    const dataDir = join(portmapper.dataDir, 'other');
    await assert.rejects(
      startPortmapper({ ...portmapper.config, host: '0.0.0.0', dataDir }),
      (error) => error instanceof Problem && error.code === 'not_loopback' && error.exitCode === 5,
    );
  });

  test('lets exactly one of five nodes that register at once found the ring', async () => {
    await portmapper.start();
    const nodes = await Promise.all(
      [1, 2, 3, 4, 5].map(() => new FakeNode(portmapper.running.networkId).listen()),
    );
    portmapper.nodes = nodes;
    for (const node of nodes) node.report = { ...node.report, joined: false };
    const answers = await Promise.all(
      nodes.map((node) => node.speak(portmapper.running.address, 'register')),
    );
    assert.equal(answers.filter(({ mayFound }) => mayFound).length, 1);
    assert.ok(answers.every(({ seeds }) => seeds.length === 0));
  });

  test('shows a node that falls silent as suspect and then inactive, and as active when it speaks again', async () => {
    await portmapper.start(QUICK);
    const node = await portmapper.addNode();
    assert.equal(await portmapper.stateOf(node), 'active');
    await until('it is suspect', 5_000, async () => (await portmapper.stateOf(node)) === 'suspect');
    await until('it is inactive', 5_000, async () => (await portmapper.stateOf(node)) === 'inactive');
    await node.speak(portmapper.running.address, 'heartbeat');
    assert.equal(await portmapper.stateOf(node), 'active');
    const { json } = await portmapper.get<NodeList>('/api/v1/nodes');
    const share = json.nodes[0]?.availability['1h'];
    assert.ok(typeof share === 'number' && share > 0 && share < 1);
  });

  test('shows a clean leave at once, and says whose endpoints and totals those are', async () => {
    await portmapper.start();
    const node = await portmapper.addNode();
    node.report = { ...node.report, files: 3, bytes: 77, roundTripMs: 1.5 };
    await node.speak(portmapper.running.address, 'heartbeat');
    await node.speak(portmapper.running.address, 'leave');
    const { json } = await portmapper.get<NodeList>('/api/v1/nodes');
    const [listed] = json.nodes;
    assert.equal(listed?.state, 'inactive');
    assert.equal(listed?.address, node.address);
    assert.deepEqual(listed?.endpoints, node.endpoints);
    assert.deepEqual([listed?.files, listed?.bytes, listed?.roundTripMs], [3, 77, 1.5]);
  });

  test('knows its nodes after a restart, and takes them back by a heartbeat', async () => {
    await portmapper.start();
    const node = await portmapper.addNode();
    await portmapper.running.stop();
    await portmapper.start();
    assert.equal(await portmapper.stateOf(node), 'suspect');
    await node.speak(portmapper.running.address, 'heartbeat');
    assert.equal(await portmapper.stateOf(node), 'active');
  });

  test('lists nodes in pages', async () => {
    await portmapper.start();
    for (let i = 0; i < 5; i++) await portmapper.addNode();
    const seen: string[] = [];
    let cursor = '';
    for (;;) {
      const { json } = await portmapper.get<NodeList>(`/api/v1/nodes?limit=2&cursor=${cursor}`);
      assert.ok(json.nodes.length <= 2);
      seen.push(...json.nodes.map(({ id }) => id));
      if (!json.nextCursor) break;
      cursor = json.nextCursor;
    }
    assert.deepEqual(seen, portmapper.nodes.map(({ id }) => id).sort());
  });

  test('names active nodes with room for an upload', async () => {
    await portmapper.start();
    const full = await portmapper.addNode();
    full.report = { ...full.report, freeBytes: 10 };
    await full.speak(portmapper.running.address, 'heartbeat');
    const roomy = await portmapper.addNode();
    const { json } = await portmapper.get<Placement>('/api/v1/placement?size=1000&replicas=2');
    assert.deepEqual(
      json.nodes.map(({ id, upload }) => [id, upload]),
      [[roomy.id, roomy.endpoints.upload]],
    );
  });

  test('answers what is not built with 501 and what is malformed with 400, as problems', async () => {
    await portmapper.start();
    const unbuilt = await portmapper.get<{ code: string }>('/api/v1/tasks');
    assert.deepEqual([unbuilt.status, unbuilt.json.code], [501, 'not_built']);
    const malformed = await portmapper.get<{ code: string }>('/api/v1/placement?size=-1');
    assert.deepEqual([malformed.status, malformed.json.code], [400, 'bad_request']);
  });
});
