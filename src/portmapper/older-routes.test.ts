import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Problem } from '../problems/problem.ts';
import { answerOf, result, TestPortmapper } from './portmapper.test-support.ts';

let portmapper: TestPortmapper;

beforeEach(() => {
  portmapper = new TestPortmapper();
});
afterEach(() => portmapper.close());

describe('older clients', () => {
  test('see the addresses of all and of the active nodes, and 404 when none is active', async () => {
    await portmapper.start();
    assert.deepEqual(await portmapper.get('/all_nodes'), {
      status: 200,
      json: { all_nodes: [], active_nodes: [] },
    });
    const none = await portmapper.get<{ detail: string }>('/active_nodes');
    assert.equal(none.status, 404);
    assert.deepEqual(Object.keys(none.json), ['detail']);
    const here = await portmapper.addNode();
    const gone = await portmapper.addNode();
    await gone.speak(portmapper.running.address, 'leave');
    const all = await portmapper.get<{ all_nodes: string[]; active_nodes: string[] }>('/all_nodes');
    assert.deepEqual(all.json.all_nodes.sort(), [here.address, gone.address].sort());
    assert.deepEqual(all.json.active_nodes, [here.address]);
    assert.deepEqual(await portmapper.get('/active_nodes'), {
      status: 200,
      json: { active_nodes: [here.address] },
    });
  });

  test('find the newest file of exactly that name at an active node that holds it by that name', async () => {
    await portmapper.start();
    const [one, two, gone] = [
      await portmapper.addNode(),
      await portmapper.addNode(),
      await portmapper.addNode(),
    ];
    await gone.speak(portmapper.running.address, 'leave');
    const results = [
      result('deep/año 1.txt', 9, [one]),
      result('año 1.txt', 5, [one]),
      result('año 1.txt', 8, [two, one]),
      // The publisher is away; another node has the same bytes, by another name.
      result('año 1.txt', 9, [gone, one]),
      result('otro.txt', 9, [gone, one]),
      // A folder is nothing that these clients could download.
      { ...result('folder', 9, [one]), type: 'directory' },
    ];
    for (const node of [one, two])
      node.answers.set('/api/v1/search', { status: 200, json: answerOf(results) });
    const found = await portmapper.get('/search/a%C3%B1o%201.txt');
    assert.deepEqual(found, { status: 200, json: { node_address: two.address, filename: 'año 1.txt' } });
    const nested = await portmapper.get('/search/deep/a%C3%B1o%201.txt');
    assert.deepEqual(nested.json, { node_address: one.address, filename: 'deep/año 1.txt' });
    for (const path of ['/search/AÑO%201.txt', '/search/otro.txt', '/search/folder']) {
      const missing = await portmapper.get<{ detail: string }>(path);
      assert.equal(missing.status, 404, path);
      assert.deepEqual(Object.keys(missing.json), ['detail']);
    }
  });

  test('are told 404 by a search when no node is there, or none can answer, and why', async () => {
    await portmapper.start();
    const nobody = await portmapper.get<{ detail: string }>('/search/x');
    assert.deepEqual([nobody.status, Object.keys(nobody.json)], [404, ['detail']]);
    const node = await portmapper.addNode();
    for (const problem of [new Problem('not_ready'), new Problem('deadline'), new Problem('internal')]) {
      node.answers.set('/api/v1/search', { status: problem.status, json: problem.toDocument() });
      const { status, json } = await portmapper.get<{ detail: string }>('/search/x');
      assert.deepEqual([status, Object.keys(json)], [404, ['detail']]);
      assert.match(json.detail, /could not be asked/);
    }
  });
});
