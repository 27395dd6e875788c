import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pino } from 'pino';
import { request } from 'undici';
import type { NodeStatus, StoredFile } from '../client/schemas/node-routes.ts';
import type { NodeList } from '../client/schemas/portmapper-routes.ts';
import type { SearchAnswer } from '../client/schemas/shared.ts';
import { makeNetworkId } from '../identity/network.ts';
import { startPortmapper } from '../portmapper/portmapper.ts';
import type { Problem } from '../problems/problem.ts';
import type { NodeConfig } from './configuration.ts';
import type { ServiceName } from './configuration-schema.ts';
import { type RunningNode, startNode } from './run-node.ts';

/** More than sockets hold. */
const LARGE_BYTES = 16 * 1024 * 1024;
const log = pino({ level: process.env.ANILLO_LOG ?? 'silent' });
const root = mkdtempSync(join(tmpdir(), 'anillo-node-'));
const running = new Set<RunningNode>();
after(async () => {
  await Promise.all([...running].map((node) => node.stop()));
  rmSync(root, { recursive: true, force: true });
});

function configOf(name: string, more: Partial<NodeConfig> = {}): NodeConfig {
  return {
    share: join(root, name, 'shared'),
    data: join(root, name, 'data'),
    host: '127.0.0.1',
    advertise: null,
    port: 0,
    grpcPort: 0,
    portmappers: [],
    join: [],
    services: ['dht', 'index', 'upload', 'download'],
    dht: null,
    labels: {},
    insecure: false,
    reserveBytes: 0,
    bounds: {},
    timings: { stillnessMs: 50 },
    ...more,
  };
}

async function start(config: NodeConfig): Promise<RunningNode> {
  const node = await startNode(config, { log, version: '0.0.0' });
  running.add(node);
  return node;
}

async function stop(node: RunningNode): Promise<void> {
  running.delete(node);
  await node.stop();
}

async function json<Answer>(url: string, method: 'GET' | 'PUT' = 'GET', body?: string): Promise<Answer> {
  const answer = await request(url, { method, body: body ?? null });
  const text = await answer.body.text();
  assert.ok(answer.statusCode < 300, `${url}: ${answer.statusCode} ${text}`);
  return JSON.parse(text) as Answer;
}

async function bytes(url: string): Promise<string> {
  const answer = await request(url);
  assert.equal(answer.statusCode, 200, url);
  return answer.body.text();
}

async function until(claim: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, claim);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('a whole node takes a file in, publishes it, finds it and gives it out, and has its old id after a restart', async () => {
  const config = configOf('whole');
  const node = await start(config);
  await node.ready;
  const url = `http://${node.addresses.rest}`;
  const stored = await json<StoredFile>(`${url}/api/v1/files?name=a%2Fb.txt`, 'PUT', 'hello');
  assert.deepEqual(
    [stored.state, stored.published, stored.node],
    ['stored', true, { id: node.id, address: node.addresses.rest }],
  );
  for (const q of ['a/b.txt', 'b.txt', stored.cid]) {
    const { results } = await json<SearchAnswer>(`${url}/api/v1/search?q=${encodeURIComponent(q)}`);
    assert.deepEqual(
      results.map((result) => [result.name, result.providers[0]?.download]),
      [['a/b.txt', node.addresses.rest]],
      q,
    );
  }
  assert.equal(await bytes(`${url}/ipfs/${stored.cid}`), 'hello');
  assert.equal(await bytes(`${url}/download/a%2Fb.txt`), 'hello');
  const status = await json<NodeStatus>(`${url}/api/v1/status`);
  assert.deepEqual([status.id, status.joined, status.address], [node.id, true, node.addresses.rest]);
  assert.deepEqual(status.endpoints, {
    dht: node.addresses.grpc,
    index: node.addresses.rest,
    upload: node.addresses.rest,
    download: node.addresses.rest,
    messaging: null,
  });
  await stop(node);
  assert.deepEqual(readdirSync(join(config.data, 'services')), []);
  const again = await start(config);
  await again.ready;
  assert.equal(again.id, node.id);
  assert.equal(await bytes(`http://${again.addresses.rest}/download/a/b.txt`), 'hello');
  await stop(again);
});

test('a clean stop shows at once, though a download still runs', async (t) => {
  const dataDir = join(root, 'portmapper');
  const portmapper = await startPortmapper({
    host: '127.0.0.1',
    port: 0,
    dataDir,
    insecure: false,
    version: '0',
    log,
  });
  t.after(() => portmapper.stop());
  const node = await start(configOf('leaving', { portmappers: [`http://${portmapper.address}`] }));
  await node.ready;
  const stateOf = async () =>
    (await json<NodeList>(`http://${portmapper.address}/api/v1/nodes`)).nodes[0]?.state;
  await until('it is registered', async () => (await stateOf()) === 'active');
  const url = `http://${node.addresses.rest}`;
  // Nobody reads it yet.
  await json(`${url}/api/v1/files?name=large`, 'PUT', 'x'.repeat(LARGE_BYTES));
  const download = await request(`${url}/download/large`);
  const stopped = stop(node);
  await until('it is shown as inactive', async () => (await stateOf()) === 'inactive');
  assert.equal((await download.body.text()).length, LARGE_BYTES, 'it still runs to its end');
  await stopped;
});

test('a second node joins by the first, learns its network and finds its files', async () => {
  const first = await start(configOf('first'));
  await first.ready;
  const second = await start(configOf('second', { join: [first.addresses.grpc ?? ''] }));
  await second.ready;
  writeFileSync(join(root, 'first', 'shared', 'dropped.txt'), 'dropped');
  const url = `http://${second.addresses.rest}`;
  await until('the file is found through the second node', async () => {
    return (await json<SearchAnswer>(`${url}/api/v1/search?q=dropped.txt`)).results.length === 1;
  });
  const [one, two] = await Promise.all(
    [first, second].map((node) => json<NodeStatus>(`http://${node.addresses.rest}/api/v1/status`)),
  );
  assert.equal(one?.networkId, two?.networkId);
  await stop(second);
  await stop(first);
});

test('the services of a node run apart, meet over its data directory, and pass the older routes on', async () => {
  const parts = new Map<ServiceName, RunningNode>();
  for (const service of ['dht', 'index', 'upload', 'download'] as const) {
    parts.set(service, await start(configOf('apart', { services: [service] })));
  }
  await Promise.all([...parts.values()].map((part) => part.ready));
  const url = (service: ServiceName) => `http://${parts.get(service)?.addresses.rest}`;
  const stored = await json<StoredFile>(`${url('upload')}/api/v1/files?name=x.txt`, 'PUT', 'apart');
  assert.equal(stored.published, true);
  assert.equal(stored.node.id, parts.get('dht')?.id);
  assert.equal(stored.node.address, parts.get('index')?.addresses.rest);
  assert.equal(await bytes(`${url('download')}/ipfs/${stored.cid}`), 'apart');
  assert.equal(await bytes(`${url('index')}/download/x.txt`), 'apart');
  const form =
    '--b\r\nContent-Disposition: form-data; name="file"; filename="old ñ.txt"\r\n\r\nviejo\r\n--b--\r\n';
  const older = await request(`${url('index')}/upload/`, {
    method: 'POST',
    body: form,
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
  });
  assert.equal(older.statusCode, 200);
  assert.equal(((await older.body.json()) as { filename: string }).filename, 'old ñ.txt');
  await until('the descriptor names all services', async () => {
    const { results } = await json<SearchAnswer>(`${url('index')}/api/v1/search?q=x.txt`);
    return results[0]?.providers[0]?.download === parts.get('download')?.addresses.rest;
  });
  for (const part of [...parts.values()].reverse()) await stop(part);
});

test('a node whose folder went is not ready and has no room, and is ready again when it is back', async () => {
  const config = configOf('unmounted', { bounds: { versionsMax: 1 } });
  const node = await start(config);
  await node.ready;
  const url = `http://${node.addresses.rest}`;
  const readiness = async () => {
    const answer = await request(`${url}/readyz`);
    return [answer.statusCode, ((await answer.body.json()) as { code?: string }).code];
  };
  const room = async () => (await json<NodeStatus>(`${url}/api/v1/status`)).freeBytes;
  assert.deepEqual(await readiness(), [200, undefined]);
  assert.ok((await room()) > 0);
  renameSync(config.share, `${config.share}-away`);
  mkdirSync(config.share);
  assert.deepEqual(await readiness(), [503, 'suspended']);
  await until('it says that it has no room', async () => (await room()) === 0);
  // A write that had begun may have left a folder there; the mark of a shared folder never.
  assert.ok(!existsSync(join(config.share, '.anillo', 'folder')));
  rmSync(config.share, { recursive: true });
  renameSync(`${config.share}-away`, config.share);
  assert.deepEqual(await readiness(), [200, undefined]);
  for (const text of ['1', '2', '3']) await json(`${url}/api/v1/files?name=a`, 'PUT', text);
  assert.equal(readdirSync(join(config.share, '.anillo/versions')).length, 1);
  await stop(node);
});

test('a service that already runs over the data directory is refused, and so is a taken port', async () => {
  const config = configOf('locked');
  const node = await start(config);
  await assert.rejects(start(config), { code: 'data_in_use', exitCode: 1 });
  const port = Number(new URL(`http://${node.addresses.rest}`).port);
  await assert.rejects(start(configOf('other', { port })), { code: 'port_taken' });
  const grpcPort = Number(new URL(`http://${node.addresses.grpc}`).port);
  await assert.rejects(
    start(configOf('other', { grpcPort })),
    (error: Problem) => error.code === 'port_taken' && error.message.includes(`PID ${process.pid}`),
  );
  await stop(node);
  // Nothing of the refused ones holds on to their data.
  await stop(await start(configOf('other')));
});

test('a host beyond loopback is refused', async () => {
  await assert.rejects(start(configOf('outside', { host: '0.0.0.0' })), {
    code: 'not_loopback',
    exitCode: 5,
  });
  assert.equal(existsSync(join(root, 'outside')), false);
});

test('a first start whose contact is not there ends with unreachable and leaves nothing', async () => {
  const { settleNetwork } = await import('./settle-network.ts');
  const config = configOf('alone', { portmappers: ['http://127.0.0.1:1'], join: ['127.0.0.1:1'] });
  await assert.rejects(settleNetwork(config, { log }, 300), { code: 'unreachable', exitCode: 4 });
  assert.equal(existsSync(join(root, 'alone')), false);
});

test('a start that is told to end does not wait for its contacts', async () => {
  const { settleNetwork } = await import('./settle-network.ts');
  const config = configOf('ended', { portmappers: ['http://127.0.0.1:1'], join: ['127.0.0.1:1'] });
  const ending = new AbortController();
  const settling = settleNetwork(config, { log, signal: ending.signal }, 3_600_000);
  ending.abort();
  await assert.rejects(settling, { code: 'interrupted' });
});

test('a node of another network, or of another major version, is refused by the portmapper it is given', async () => {
  const { settleNetwork } = await import('./settle-network.ts');
  let answer = {
    networkId: makeNetworkId(),
    protocolVersion: '1.0',
    version: '0',
    insecure: false,
    startedAt: 0,
    time: 0,
  };
  const portmapper = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => portmapper.listen(0, '127.0.0.1', resolve));
  const portmappers = [`http://127.0.0.1:${(portmapper.address() as AddressInfo).port}`];
  try {
    assert.equal(await settleNetwork(configOf('new', { portmappers }), { log }), answer.networkId);
    const made = await start(configOf('elsewhere'));
    await stop(made);
    await assert.rejects(start(configOf('elsewhere', { portmappers })), {
      code: 'other_network',
      exitCode: 5,
    });
    answer = { ...answer, protocolVersion: '2.0' };
    await assert.rejects(settleNetwork(configOf('new', { portmappers }), { log }), {
      code: 'other_version',
      exitCode: 5,
    });
  } finally {
    portmapper.close();
  }
});

test('a node that joins by a peer of another network fails with it and stops', async () => {
  const first = await start(configOf('theirs'));
  await first.ready;
  const made = await start(configOf('ours'));
  await made.ready;
  await stop(made);
  const outcome = await startNode(configOf('ours', { join: [first.addresses.grpc ?? ''] }), {
    log,
    version: '0',
  }).then(
    async (node) => {
      await assert.rejects(node.ready, { code: 'other_network' });
      return node.failed;
    },
    (error: unknown) => error,
  );
  assert.equal((outcome as { code: string }).code, 'other_network');
  await stop(first);
});
