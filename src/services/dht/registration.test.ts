/** Real nodes' processes and real portmappers: who is killed, stopped, continued, leaves and comes back. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { pino } from 'pino';
import { request } from 'undici';
import { until } from '../../../test/until.ts';
import type { NodeList, RegisteredNode } from '../../client/schemas/portmapper-routes.ts';
import { type Endpoints, signDescriptor } from '../../identity/descriptor.ts';
import { makeNetworkId } from '../../identity/network.ts';
import { NodeKey } from '../../identity/node-key.ts';
import { type RunningPortmapper, startPortmapper } from '../../portmapper/portmapper.ts';
import type { Problem } from '../../problems/problem.ts';
import { type PortmapperAnswer, type Registration, startRegistration } from './registration.ts';

const log = pino({ level: 'silent' });
const HOUR_MS = 3_600_000;
const SCRIPT = join(import.meta.dirname, '../../../test/registered-node.ts');

let folder: string;
let networkId: string;
let portmappers: RunningPortmapper[];
let children: ChildProcess[];
let registrations: Registration[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'anillo-registration-'));
  networkId = makeNetworkId();
  portmappers = [];
  children = [];
  registrations = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(registrations.map((registration) => registration.stop({ leaving: false })));
  await Promise.all(portmappers.map((portmapper) => portmapper.stop()));
  rmSync(folder, { recursive: true, force: true });
});

async function startOne(name: string, port = 0, network = networkId): Promise<RunningPortmapper> {
  const dataDir = join(folder, name);
  const config = { host: '127.0.0.1', port, dataDir, insecure: false, version: '1', log, networkId: network };
  const portmapper = await startPortmapper(config);
  portmappers.push(portmapper);
  return portmapper;
}

function startProcess(name: string, portmapper: RunningPortmapper): ChildProcess {
  const dataDir = join(folder, name);
  mkdirSync(dataDir, { recursive: true });
  const args = [SCRIPT, dataDir, networkId, `http://${portmapper.address}`];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  children.push(child);
  return child;
}

/** A node in this process. */
function register(urls: readonly string[], network = networkId) {
  const key = NodeKey.generate();
  const answers: PortmapperAnswer[] = [];
  const refusals: { readonly problem: Problem; readonly portmapper: string }[] = [];
  const incarnation = Date.now();
  const node = { key, answers, refusals, index: '127.0.0.1:2', joined: true };
  let descriptor = sign();
  function sign() {
    const endpoints: Endpoints = {
      dht: '127.0.0.1:1',
      index: node.index,
      upload: null,
      download: null,
      messaging: null,
    };
    const expiresAtMs = Date.now() + HOUR_MS;
    return signDescriptor(key, {
      networkId: network,
      incarnation,
      endpoints,
      labels: {},
      version: '',
      expiresAtMs,
    });
  }
  const registration = startRegistration({
    portmappers: urls,
    key,
    networkId: network,
    incarnation,
    descriptor: () => descriptor,
    report: () => ({ files: 0, bytes: 0, freeBytes: 0, insecure: false }),
    isJoined: () => node.joined,
    onAnswer: (answer) => answers.push(answer),
    onRefused: (problem, portmapper) => refusals.push({ problem, portmapper }),
    log,
  });
  registrations.push(registration);
  const move = (index: string) => {
    node.index = index;
    descriptor = sign();
    registration.registerNow();
  };
  return Object.assign(node, { registration, move });
}

async function listed({ address }: RunningPortmapper): Promise<RegisteredNode[]> {
  const { body } = await request(`http://${address}/api/v1/nodes`);
  return ((await body.json()) as NodeList).nodes;
}

function untilState(portmapper: RunningPortmapper, state: string, timeoutMs: number): Promise<void> {
  return until(`the node is ${state}`, timeoutMs, async () => (await listed(portmapper))[0]?.state === state);
}

test('a killed node is inactive within 10 s, and active within 3 s of its return under the same id', async () => {
  const portmapper = await startOne('p');
  const child = startProcess('n', portmapper);
  await untilState(portmapper, 'active', 10_000);
  child.kill('SIGKILL');
  await untilState(portmapper, 'inactive', 10_000);
  const before = (await listed(portmapper))[0] as RegisteredNode;
  startProcess('n', portmapper);
  await untilState(portmapper, 'active', 3_000);
  const [after, ...others] = await listed(portmapper);
  assert.deepEqual(others, []);
  assert.equal(after?.id, before.id);
  assert.ok((after?.incarnation ?? 0) > before.incarnation);
});

test('a node that is stopped is inactive within 10 s, and active within 3 s once it goes on', async () => {
  const portmapper = await startOne('p');
  const child = startProcess('n', portmapper);
  await untilState(portmapper, 'active', 10_000);
  child.kill('SIGSTOP');
  await untilState(portmapper, 'inactive', 10_000);
  child.kill('SIGCONT');
  await untilState(portmapper, 'active', 3_000);
});

test('a node that ends cleanly is inactive as soon as its process has ended', async () => {
  const portmapper = await startOne('p');
  const child = startProcess('n', portmapper);
  await untilState(portmapper, 'active', 10_000);
  child.kill('SIGTERM');
  await once(child, 'exit');
  assert.equal((await listed(portmapper))[0]?.state, 'inactive');
});

test('a portmapper that comes back hears of the node within 3 s, also when it forgot everything', async () => {
  const portmapper = await startOne('p');
  const port = Number(portmapper.address.split(':')[1]);
  const node = register([`http://${portmapper.address}`]);
  await untilState(portmapper, 'active', 5_000);
  for (const name of ['p', 'fresh']) {
    await portmappers.at(-1)?.stop();
    const again = await startOne(name, port);
    await untilState(again, 'active', 3_000);
    assert.equal((await listed(again))[0]?.id, node.key.id);
  }
});

test('one portmapper that is down or refuses keeps no other from being served', async () => {
  const down = await startOne('down');
  await down.stop();
  const foreign = await startOne('foreign', 0, makeNetworkId());
  const good = await startOne('good');
  const urls = [down, foreign, good].map(({ address }) => `http://${address}`);
  const node = register(urls);
  await untilState(good, 'active', 5_000);
  await until('the refusal was told', 5_000, () => node.refusals.length > 0);
  assert.deepEqual(
    node.refusals.map(({ problem, portmapper }) => [problem.code, portmapper]),
    [['other_network', urls[1]]],
  );
  assert.ok(node.answers.every(({ portmapper }) => portmapper === urls[2]));
});

test('a node is told who is on the ring, and whether it may found it', async () => {
  const portmapper = await startOne('p');
  const first = register([`http://${portmapper.address}`]);
  first.joined = false;
  await until('it is told to found', 5_000, () => first.answers.some(({ mayFound }) => mayFound));
  first.joined = true;
  first.registration.registerNow();
  const second = register([`http://${portmapper.address}`]);
  second.joined = false;
  await until('it has the first as a seed', 5_000, () =>
    second.answers.some(({ seeds }) =>
      seeds.some(({ id, address }) => id === first.key.id && address === '127.0.0.1:1'),
    ),
  );
  assert.ok(second.answers.every(({ mayFound }) => !mayFound));
});

test('a changed descriptor is known at once, and round trips are measured', async () => {
  const portmapper = await startOne('p');
  const node = register([`http://${portmapper.address}`]);
  await untilState(portmapper, 'active', 5_000);
  node.move('127.0.0.1:7777');
  await until('it moved', 1_500, async () => (await listed(portmapper))[0]?.address === '127.0.0.1:7777');
  const [{ roundTripMs }] = (await listed(portmapper)) as [RegisteredNode];
  assert.ok(roundTripMs !== null && roundTripMs > 0);
});

test('a stop that is no leave says nothing', async () => {
  const portmapper = await startOne('p');
  const node = register([`http://${portmapper.address}`]);
  await untilState(portmapper, 'active', 5_000);
  await node.registration.stop({ leaving: false });
  assert.equal((await listed(portmapper))[0]?.state, 'active');
  node.registration.registerNow();
  assert.equal((await listed(portmapper))[0]?.state, 'active');
});
