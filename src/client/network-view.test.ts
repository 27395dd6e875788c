import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { AnsweringServer, idOf, nodeStatus, registeredNode } from './answering-server.test-support.ts';
import { HttpClient } from './http.ts';
import { inTurns, viewThroughNode, viewThroughPortmappers } from './network-view.ts';

const http = new HttpClient(new AbortController().signal);
const dead = await AnsweringServer.start({});
await dead.stop();
const node = await AnsweringServer.start({
  'GET /api/v1/status': () => nodeStatus(idOf('11'), node.address),
  'GET /api/v1/ring': () => ({
    members: [
      { id: idOf('11'), address: node.address, state: 'active', successors: [idOf('22')] },
      { id: idOf('22'), address: dead.address, state: 'inactive', successors: [] },
    ],
  }),
});
const portmapper = await AnsweringServer.start({
  'GET /api/v1/nodes': (_: unknown, query: URLSearchParams) =>
    query.get('cursor') === 'more'
      ? { nodes: [registeredNode(idOf('33'), '127.0.0.1:3')], nextCursor: null }
      : { nodes: [registeredNode(idOf('11'), node.address)], nextCursor: 'more' },
  'GET /api/v1/placement': { nodes: [] },
});
after(async () => {
  await http.close();
  await Promise.all([node.stop(), portmapper.stop()]);
});

test('a portmapper that is down is passed over, and all pages of the next are read', async () => {
  const view = viewThroughPortmappers(http, [dead.base, portmapper.base]);
  const nodes = await view.nodes();
  assert.deepEqual(
    nodes.map(({ id }) => id),
    [idOf('11'), idOf('33')],
  );
});

test('with every portmapper down the failure names the first', async () => {
  const view = viewThroughPortmappers(http, [dead.base]);
  await assert.rejects(view.nodes(), { code: 'unreachable', exitCode: 4 });
});

test('no place for an upload means no active node', async () => {
  const view = viewThroughPortmappers(http, [portmapper.base]);
  await assert.rejects(view.placement(1), { code: 'no_nodes', exitCode: 4 });
});

test('through one node all members are known, and those that do not answer by what the ring says', async () => {
  const nodes = await viewThroughNode(http, node.base).nodes();
  assert.deepEqual(
    nodes.map(({ state, version }) => [state, version]),
    [
      ['active', '0.1.0'],
      ['inactive', null],
    ],
  );
});

test('through one node that node is the place for an upload', async () => {
  const [target] = await viewThroughNode(http, node.base).placement(1);
  assert.equal(target?.upload, node.address);
});

test('an address that no register lists is asked itself; nobody there is an unknown node', async () => {
  const view = viewThroughPortmappers(http, [dead.base]);
  assert.equal((await view.resolveNode(node.address)).id, idOf('11'));
  await assert.rejects(view.resolveNode(dead.address), { code: 'unknown_node', exitCode: 3 });
  await assert.rejects(view.resolveNode('abcdef12'), { code: 'unreachable' });
  const known = viewThroughPortmappers(http, [portmapper.base]);
  await assert.rejects(known.resolveNode('abcdef12'), { code: 'unknown_node' });
});

test('many are asked with a bound on how many at once, and answers keep their order', async () => {
  let running = 0;
  let most = 0;
  const answers = await inTurns(
    Array.from({ length: 100 }, (_, index) => index),
    async (item) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
      return item * 2;
    },
  );
  assert.deepEqual(answers.slice(0, 3), [0, 2, 4]);
  assert.equal(answers.length, 100);
  assert.ok(most > 1 && most <= 16, `${most} at once`);
});
