import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { pino } from 'pino';
import { request } from 'undici';
import { FakeNode } from '../../test/fake-node.ts';
import { until } from '../../test/until.ts';
import type { NetworkInfo, NodeList, Placement } from '../client/schemas/portmapper-routes.ts';
import type { FilePage, NodeState, Ring, SearchAnswer, SearchResult } from '../client/schemas/shared.ts';
import { Problem } from '../problems/problem.ts';
import type { Timings } from './availability.ts';
import { type RunningPortmapper, startPortmapper } from './portmapper.ts';

const log = pino({ level: 'silent' });
const CID = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';
/** Silence shows after 0.6 s in place of 7.5, so that the stories are short. */
const QUICK: Timings = { heartbeatIntervalMs: 100, suspectAfterMs: 400, inactiveAfterMs: 600 };

let dataDir: string;
let portmapper: RunningPortmapper;
let nodes: FakeNode[];

async function start(timings?: Timings): Promise<void> {
  const config = { host: '127.0.0.1', port: 0, dataDir, insecure: false, version: '1.2.3', log };
  portmapper = await startPortmapper(timings === undefined ? config : { ...config, timings });
}

async function get<Answer>(path: string): Promise<{ status: number; json: Answer }> {
  const { statusCode, body } = await request(`http://${portmapper.address}${path}`);
  return { status: statusCode, json: (await body.json()) as Answer };
}

async function addNode(): Promise<FakeNode> {
  const node = await new FakeNode(portmapper.networkId).listen();
  nodes.push(node);
  await node.speak(portmapper.address, 'register');
  return node;
}

async function stateOf(node: FakeNode): Promise<NodeState | undefined> {
  const { json } = await get<NodeList>('/api/v1/nodes');
  return json.nodes.find(({ id }) => id === node.id)?.state;
}

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'anillo-portmapper-'));
  nodes = [];
});
afterEach(async () => {
  await portmapper.stop();
  await Promise.all(nodes.map((node) => node.close()));
  rmSync(dataDir, { recursive: true });
});

describe('a portmapper', () => {
  test('serves one network for good, also after a restart', async () => {
    await start();
    const { json } = await get<NetworkInfo>('/api/v1/network');
    assert.equal(json.networkId, portmapper.networkId);
    assert.equal(json.protocolVersion, '1.0');
    const { networkId } = portmapper;
    await portmapper.stop();
    await start();
    assert.equal(portmapper.networkId, networkId);
  });

  test('is alone over its data directory', async () => {
    await start();
    await assert.rejects(
      startPortmapper({ host: '127.0.0.1', port: 0, dataDir, insecure: false, version: '1', log }),
      (error) => error instanceof Problem && error.code === 'data_in_use',
    );
  });

  test('stays on loopback unless somebody says insecure', async () => {
    await start();
    const config = { host: '0.0.0.0', port: 0, dataDir: join(dataDir, 'other'), version: '1', log };
    await assert.rejects(
      startPortmapper({ ...config, insecure: false }),
      (error) => error instanceof Problem && error.code === 'not_loopback' && error.exitCode === 5,
    );
  });

  test('lets exactly one of five nodes that register at once found the ring', async () => {
    await start();
    nodes = await Promise.all([1, 2, 3, 4, 5].map(() => new FakeNode(portmapper.networkId).listen()));
    for (const node of nodes) node.report = { ...node.report, joined: false };
    const answers = await Promise.all(nodes.map((node) => node.speak(portmapper.address, 'register')));
    assert.equal(answers.filter(({ mayFound }) => mayFound).length, 1);
    assert.ok(answers.every(({ seeds }) => seeds.length === 0));
  });

  test('shows a node that falls silent as suspect and then inactive, and as active when it speaks again', async () => {
    await start(QUICK);
    const node = await addNode();
    assert.equal(await stateOf(node), 'active');
    await until('it is suspect', 5_000, async () => (await stateOf(node)) === 'suspect');
    await until('it is inactive', 5_000, async () => (await stateOf(node)) === 'inactive');
    await node.speak(portmapper.address, 'heartbeat');
    assert.equal(await stateOf(node), 'active');
    const { json } = await get<NodeList>('/api/v1/nodes');
    const share = json.nodes[0]?.availability['1h'];
    assert.ok(typeof share === 'number' && share > 0 && share < 1);
  });

  test('shows a clean leave at once, and says whose endpoints and totals those are', async () => {
    await start();
    const node = await addNode();
    node.report = { ...node.report, files: 3, bytes: 77, roundTripMs: 1.5 };
    await node.speak(portmapper.address, 'heartbeat');
    await node.speak(portmapper.address, 'leave');
    const { json } = await get<NodeList>('/api/v1/nodes');
    const [listed] = json.nodes;
    assert.equal(listed?.state, 'inactive');
    assert.equal(listed?.address, node.address);
    assert.deepEqual(listed?.endpoints, node.endpoints);
    assert.deepEqual([listed?.files, listed?.bytes, listed?.roundTripMs], [3, 77, 1.5]);
  });

  test('knows its nodes after a restart, and takes them back by a heartbeat', async () => {
    await start();
    const node = await addNode();
    await portmapper.stop();
    await start();
    assert.equal(await stateOf(node), 'suspect');
    await node.speak(portmapper.address, 'heartbeat');
    assert.equal(await stateOf(node), 'active');
  });

  test('lists nodes in pages', async () => {
    await start();
    for (let i = 0; i < 5; i++) await addNode();
    const seen: string[] = [];
    let cursor = '';
    for (;;) {
      const { json } = await get<NodeList>(`/api/v1/nodes?limit=2&cursor=${cursor}`);
      assert.ok(json.nodes.length <= 2);
      seen.push(...json.nodes.map(({ id }) => id));
      if (!json.nextCursor) break;
      cursor = json.nextCursor;
    }
    assert.deepEqual(seen, nodes.map(({ id }) => id).sort());
  });

  test('names active nodes with room for an upload', async () => {
    await start();
    const full = await addNode();
    full.report = { ...full.report, freeBytes: 10 };
    await full.speak(portmapper.address, 'heartbeat');
    const roomy = await addNode();
    const { json } = await get<Placement>('/api/v1/placement?size=1000&replicas=2');
    assert.deepEqual(
      json.nodes.map(({ id, upload }) => [id, upload]),
      [[roomy.id, roomy.endpoints.upload]],
    );
  });

  test('answers what is not built with 501 and what is malformed with 400, as problems', async () => {
    await start();
    const unbuilt = await get<{ code: string }>('/api/v1/tasks');
    assert.deepEqual([unbuilt.status, unbuilt.json.code], [501, 'not_built']);
    const malformed = await get<{ code: string }>('/api/v1/placement?size=-1');
    assert.deepEqual([malformed.status, malformed.json.code], [400, 'bad_request']);
  });
});

describe('older clients', () => {
  test('see the addresses of all and of the active nodes, and 404 when none is active', async () => {
    await start();
    assert.deepEqual(await get('/all_nodes'), { status: 200, json: { all_nodes: [], active_nodes: [] } });
    const none = await get<{ detail: string }>('/active_nodes');
    assert.equal(none.status, 404);
    assert.deepEqual(Object.keys(none.json), ['detail']);
    const here = await addNode();
    const gone = await addNode();
    await gone.speak(portmapper.address, 'leave');
    const all = await get<{ all_nodes: string[]; active_nodes: string[] }>('/all_nodes');
    assert.deepEqual(all.json.all_nodes.sort(), [here.address, gone.address].sort());
    assert.deepEqual(all.json.active_nodes, [here.address]);
    assert.deepEqual(await get('/active_nodes'), { status: 200, json: { active_nodes: [here.address] } });
  });

  test('find the newest file of exactly that name at an active node that holds it by that name', async () => {
    await start();
    const [one, two, gone] = [await addNode(), await addNode(), await addNode()];
    await gone.speak(portmapper.address, 'leave');
    const results = [
      result('deep/año 1.txt', 9, [one]),
      result('año 1.txt', 5, [one]),
      result('año 1.txt', 8, [two, one]),
      // The publisher is away; another node has the same bytes, by another name.
      result('año 1.txt', 9, [gone, one]),
      result('otro.txt', 9, [gone, one]),
    ];
    for (const node of [one, two])
      node.answers.set('/api/v1/search', { status: 200, json: answerOf(results) });
    const found = await get('/search/a%C3%B1o%201.txt');
    assert.deepEqual(found, { status: 200, json: { node_address: two.address, filename: 'año 1.txt' } });
    const nested = await get('/search/deep/a%C3%B1o%201.txt');
    assert.deepEqual(nested.json, { node_address: one.address, filename: 'deep/año 1.txt' });
    for (const path of ['/search/AÑO%201.txt', '/search/otro.txt']) {
      const missing = await get<{ detail: string }>(path);
      assert.equal(missing.status, 404, path);
      assert.deepEqual(Object.keys(missing.json), ['detail']);
    }
  });

  test('are told 404 by a search when no node is there, or none can answer, and why', async () => {
    await start();
    const nobody = await get<{ detail: string }>('/search/x');
    assert.deepEqual([nobody.status, Object.keys(nobody.json)], [404, ['detail']]);
    const node = await addNode();
    for (const problem of [new Problem('not_ready'), new Problem('deadline'), new Problem('internal')]) {
      node.answers.set('/api/v1/search', { status: problem.status, json: problem.toDocument() });
      const { status, json } = await get<{ detail: string }>('/search/x');
      assert.deepEqual([status, Object.keys(json)], [404, ['detail']]);
      assert.match(json.detail, /could not be asked/);
    }
  });
});

describe('questions about the whole network', () => {
  test('pass through a node, and another one when that does not answer', async () => {
    await start();
    const dead = [await addNode(), await addNode()];
    const live = await addNode();
    for (const node of dead) await node.close();
    live.answers.set('/api/v1/search', {
      status: 200,
      json: answerOf([result('x', 1, [dead[0] as FakeNode, live])]),
    });
    const { status, json } = await get<SearchAnswer>('/api/v1/search?q=x&limit=7');
    assert.equal(status, 200);
    assert.equal(json.results[0]?.name, 'x');
    assert.ok(live.asked.includes('GET /api/v1/search?q=x&limit=7'));
  });

  test('are answered with the states that the registry knows', async () => {
    await start();
    const [live, gone] = [await addNode(), await addNode()];
    await gone.speak(portmapper.address, 'leave');
    live.answers.set('/api/v1/search', { status: 200, json: answerOf([result('x', 1, [live, gone])]) });
    const { json } = await get<SearchAnswer>('/api/v1/search?q=x');
    assert.deepEqual(
      json.results[0]?.providers.map(({ state }) => state),
      ['active', 'inactive'],
    );
    assert.equal(json.away, 0, 'who left is not missed');
  });

  test('come a result a line for who asks so, the counts last', async () => {
    await start();
    const live = await addNode();
    const results = [result('x', 1, [live]), result('y/x', 1, [live])];
    const counts = { asked: 1, answered: 1, away: 7, truncated: false };
    const firstCame = Promise.withResolvers<void>();
    const spoken = (async function* () {
      yield results[0];
      await firstCame.promise;
      yield results[1];
      yield counts;
    })();
    live.lines.set('/api/v1/search', spoken);
    const { headers, body } = await request(`http://${portmapper.address}/api/v1/search?q=x`, {
      headers: { accept: 'application/x-ndjson' },
    });
    assert.match(String(headers['content-type']), /^application\/x-ndjson/);
    let text = '';
    for await (const piece of body) {
      text += piece;
      if (text.includes('\n')) firstCame.resolve();
    }
    assert.deepEqual(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
      [...results, { ...counts, away: 0 }],
    );
  });

  test('end with the problem as the last line when the node breaks off', async () => {
    await start();
    const live = await addNode();
    const broken = (async function* () {
      yield result('x', 1, [live]);
      yield new Problem('deadline', { what: 'The owner', timeoutMs: 5 }).toDocument();
    })();
    live.lines.set('/api/v1/search', broken);
    const { body } = await request(`http://${portmapper.address}/api/v1/search?q=x`, {
      headers: { accept: 'application/x-ndjson' },
    });
    const [, last] = (await body.text()).trim().split('\n');
    assert.equal(JSON.parse(last ?? '').code, 'deadline');
  });

  test('wait for a node that takes long, as the ring may', async () => {
    await start();
    const live = await addNode();
    const slow = Promise.withResolvers<void>();
    live.answers.set('/api/v1/search', { status: 200, json: answerOf([]), after: slow.promise });
    const asked = get<SearchAnswer>('/api/v1/search?q=x');
    await until(
      'the portmapper looked whether it lives',
      10_000,
      () => live.asked.filter((line) => line === 'GET /healthz').length >= 2,
    );
    slow.resolve();
    assert.equal((await asked).status, 200);
    assert.equal(live.asked.filter((line) => line.includes('/search')).length, 1, 'it was asked once');
  });

  test('show on the ring who fell silent, but not who left', async () => {
    await start(QUICK);
    const silent = await addNode();
    const left = await addNode();
    await left.speak(portmapper.address, 'leave');
    await until('it is inactive', 5_000, async () => (await stateOf(silent)) === 'inactive');
    const live = await addNode();
    const self = { id: live.id, address: live.address, state: 'active', successors: [live.id] };
    const remembered = { id: left.id, address: left.address, state: 'inactive', successors: [] };
    live.answers.set('/api/v1/ring', { status: 200, json: { members: [self, remembered] } });
    live.answers.set('/api/v1/search', { status: 200, json: answerOf([]) });
    assert.equal((await get<SearchAnswer>('/api/v1/search?q=x')).json.away, 1);
    const { json } = await get<Ring>('/api/v1/ring');
    const states = Object.fromEntries(json.members.map(({ id, state }) => [id, state]));
    assert.equal(states[silent.id], 'inactive');
    assert.equal(states[left.id], undefined);
    assert.ok(states[live.id] === 'active' || states[live.id] === 'suspect');
  });

  test('fail with what the node said when another would say the same', async () => {
    await start();
    const [one, two] = [await addNode(), await addNode()];
    const json = new Problem('bad_cid', { cid: 'zzz' }).toDocument();
    for (const node of [one, two]) node.answers.set('/api/v1/files/zzz', { status: 400, json });
    const { status, json: problem } = await get<{ code: string }>('/api/v1/files/zzz');
    assert.deepEqual([status, problem.code], [400, 'bad_cid']);
    assert.equal(one.asked.length + two.asked.length, 1);
  });

  test('fail as no_nodes when none is active', async () => {
    await start();
    const { status, json } = await get<{ code: string }>('/api/v1/lookup/x');
    assert.deepEqual([status, json.code], [503, 'no_nodes']);
  });

  test('list the files of every node, page after page, and name the nodes that did not answer', async () => {
    await start();
    const [one, two, dead] = [await addNode(), await addNode(), await addNode()];
    await dead.close();
    for (const node of [one, two]) {
      const files = ['a', 'b'].map((name) => ({ ...listed(name), tags: [] }));
      node.answers.set('/api/v1/files', { status: 200, json: { files, nextCursor: null } });
    }
    const seen: string[] = [];
    const unreached: string[] = [];
    let cursor = '';
    do {
      const { json } = await get<FilePage>(`/api/v1/files?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...json.files.map(({ name, node }) => `${node?.id} ${name}`));
      unreached.push(...(json.unreached ?? []).map(({ id }) => id));
      cursor = json.nextCursor ?? '';
    } while (cursor !== '');
    const expected = [one, two].flatMap(({ id }) => [`${id} a`, `${id} b`]);
    assert.deepEqual(seen.sort(), expected.sort());
    assert.deepEqual(unreached, [dead.id]);
  });
});

function listed(name: string) {
  return { name, cid: CID, size: 1, type: 'text/plain', modified: 1, why: 'own' };
}

function result(name: string, modified: number, holders: readonly FakeNode[]): SearchResult {
  const providers = holders.map(({ id, address }) => ({
    id,
    address,
    download: address,
    state: 'active' as const,
  }));
  const { id: publisher } = holders[0] as FakeNode;
  const seq = `${modified}`;
  return { name, cid: CID, size: 1, type: 'text/plain', tags: [], modified, publisher, seq, providers };
}

function answerOf(results: readonly SearchResult[]): SearchAnswer {
  return { results: [...results], asked: 1, answered: 1, away: 0, truncated: false };
}
