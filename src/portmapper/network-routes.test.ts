import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { request } from 'undici';
import type { FakeNode } from '../../test/fake-node.ts';
import { until } from '../../test/until.ts';
import type { FilePage, Ring, SearchAnswer } from '../client/schemas/shared.ts';
import { Problem } from '../problems/problem.ts';
import { answerOf, listed, QUICK, result, TestPortmapper } from './portmapper.test-support.ts';

let portmapper: TestPortmapper;

beforeEach(() => {
  portmapper = new TestPortmapper();
});
afterEach(() => portmapper.close());

describe('questions about the whole network', () => {
  test('pass through a node, and another one when that does not answer', async () => {
    await portmapper.start();
    const dead = [await portmapper.addNode(), await portmapper.addNode()];
    const live = await portmapper.addNode();
    for (const node of dead) await node.close();
    live.answers.set('/api/v1/search', {
      status: 200,
      json: answerOf([result('x', 1, [dead[0] as FakeNode, live])]),
    });
    const { status, json } = await portmapper.get<SearchAnswer>('/api/v1/search?q=x&limit=7');
    assert.equal(status, 200);
    assert.equal(json.results[0]?.name, 'x');
    assert.ok(live.asked.includes('GET /api/v1/search?q=x&limit=7'));
  });

  test('are answered with the states that the registry knows', async () => {
    await portmapper.start();
    const [live, gone] = [await portmapper.addNode(), await portmapper.addNode()];
    await gone.speak(portmapper.running.address, 'leave');
    live.answers.set('/api/v1/search', { status: 200, json: answerOf([result('x', 1, [live, gone])]) });
    const { json } = await portmapper.get<SearchAnswer>('/api/v1/search?q=x');
    assert.deepEqual(
      json.results[0]?.providers.map(({ state }) => state),
      ['active', 'inactive'],
    );
    assert.equal(json.away, 0, 'who left is not missed');
  });

  test('come a result a line for who asks so, the counts last', async () => {
    await portmapper.start();
    const live = await portmapper.addNode();
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
    const { headers, body } = await request(`http://${portmapper.running.address}/api/v1/search?q=x`, {
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
    await portmapper.start();
    const live = await portmapper.addNode();
    const broken = (async function* () {
      yield result('x', 1, [live]);
      yield new Problem('deadline', { what: 'The owner', timeoutMs: 5 }).toDocument();
    })();
    live.lines.set('/api/v1/search', broken);
    const { body } = await request(`http://${portmapper.running.address}/api/v1/search?q=x`, {
      headers: { accept: 'application/x-ndjson' },
    });
    const [, last] = (await body.text()).trim().split('\n');
    assert.equal(JSON.parse(last ?? '').code, 'deadline');
  });

  test('wait for a node that takes long, as the ring may', async () => {
    await portmapper.start();
    const live = await portmapper.addNode();
    const slow = Promise.withResolvers<void>();
    live.answers.set('/api/v1/search', { status: 200, json: answerOf([]), after: slow.promise });
    const asked = portmapper.get<SearchAnswer>('/api/v1/search?q=x');
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
    await portmapper.start(QUICK);
    const silent = await portmapper.addNode();
    const left = await portmapper.addNode();
    await left.speak(portmapper.running.address, 'leave');
    await until('it is inactive', 5_000, async () => (await portmapper.stateOf(silent)) === 'inactive');
    const live = await portmapper.addNode();
    const self = { id: live.id, address: live.address, state: 'active', successors: [live.id] };
    const remembered = { id: left.id, address: left.address, state: 'inactive', successors: [] };
    live.answers.set('/api/v1/ring', { status: 200, json: { members: [self, remembered] } });
    live.answers.set('/api/v1/search', { status: 200, json: answerOf([]) });
    assert.equal((await portmapper.get<SearchAnswer>('/api/v1/search?q=x')).json.away, 1);
    const { json } = await portmapper.get<Ring>('/api/v1/ring');
    const states = Object.fromEntries(json.members.map(({ id, state }) => [id, state]));
    assert.equal(states[silent.id], 'inactive');
    assert.equal(states[left.id], undefined);
    assert.ok(states[live.id] === 'active' || states[live.id] === 'suspect');
  });

  test('give a Metalink as a node wrote it, under its own type', async () => {
    await portmapper.start();
    const node = await portmapper.addNode();
    const document = '<metalink xmlns="urn:ietf:params:xml:ns:metalink"/>';
    node.answers.set('/api/v1/files/bafy.meta4', { status: 200, json: document });
    const { statusCode, headers, body } = await request(
      `http://${portmapper.running.address}/api/v1/files/bafy.meta4`,
    );
    assert.equal(statusCode, 200);
    assert.equal(headers['content-type'], 'application/metalink4+xml; charset=utf-8');
    // The test's node writes everything as JSON.
    assert.equal(await body.text(), JSON.stringify(document));
  });

  test('fail with what the node said when another would say the same', async () => {
    await portmapper.start();
    const [one, two] = [await portmapper.addNode(), await portmapper.addNode()];
    const json = new Problem('bad_cid', { cid: 'zzz' }).toDocument();
    for (const node of [one, two]) node.answers.set('/api/v1/files/zzz', { status: 400, json });
    const { status, json: problem } = await portmapper.get<{ code: string }>('/api/v1/files/zzz');
    assert.deepEqual([status, problem.code], [400, 'bad_cid']);
    assert.equal(one.asked.length + two.asked.length, 1);
  });

  test('fail as no_nodes when none is active', async () => {
    await portmapper.start();
    const { status, json } = await portmapper.get<{ code: string }>('/api/v1/lookup/x');
    assert.deepEqual([status, json.code], [503, 'no_nodes']);
  });

  test('list the files of every node, page after page, and name the nodes that did not answer', async () => {
    await portmapper.start();
    const [one, two, dead] = [
      await portmapper.addNode(),
      await portmapper.addNode(),
      await portmapper.addNode(),
    ];
    await dead.close();
    for (const node of [one, two]) {
      const files = ['a', 'b'].map((name) => ({ ...listed(name), tags: [] }));
      node.answers.set('/api/v1/files', { status: 200, json: { files, nextCursor: null } });
    }
    const seen: string[] = [];
    const unreached: string[] = [];
    let cursor = '';
    do {
      const { json } = await portmapper.get<FilePage>(
        `/api/v1/files?limit=2${cursor && `&cursor=${cursor}`}`,
      );
      seen.push(...json.files.map(({ name, node }) => `${node?.id} ${name}`));
      unreached.push(...(json.unreached ?? []).map(({ id }) => id));
      cursor = json.nextCursor ?? '';
    } while (cursor !== '');
    const expected = [one, two].flatMap(({ id }) => [`${id} a`, `${id} b`]);
    assert.deepEqual(seen.sort(), expected.sort());
    assert.deepEqual(unreached, [dead.id]);
  });
});
