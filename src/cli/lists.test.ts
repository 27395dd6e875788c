/** Lists that are gathered from every node, as processes. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { AnsweringServer, idOf, registeredNode } from '../client/answering-server.test-support.ts';
import { anillo, closeNetwork, network } from './anillo.test-support.ts';

after(closeNetwork);

test('a list names the nodes that did not answer, and fails when none did', async (t) => {
  const away = { id: idOf('22'), address: '127.0.0.1:1' };
  const silent = { id: idOf('33'), address: '127.0.0.1:2' };
  const here = { id: idOf('11'), address: network.address };
  let isHere = true;
  const nodes = () => [
    registeredNode(away.id, away.address, { state: 'inactive' }),
    registeredNode(silent.id, silent.address),
    ...(isHere ? [registeredNode(here.id, here.address)] : []),
  ];
  const portmapper = await AnsweringServer.start({ 'GET /api/v1/nodes': () => ({ nodes: nodes() }) });
  t.after(() => portmapper.stop());
  const asked = ['--portmapper', portmapper.base, '--json'];
  for (const [command, key] of [
    ['ls', 'files'],
    ['trash', 'entries'],
  ] as const) {
    isHere = true;
    const partly = await anillo([command, ...asked]);
    assert.equal(partly.code, 0, partly.stderr);
    assert.deepEqual(JSON.parse(partly.stdout), { [key]: [], unreached: [away, silent] });
    isHere = false;
    const none = await anillo([command, ...asked]);
    assert.equal(none.code, 4, none.stderr);
    assert.deepEqual(JSON.parse(none.stdout), { [key]: [], unreached: [away, silent] });
    assert.match(none.stderr, /127\.0\.0\.1:2: .*cannot be reached/);
  }
  const lost = await anillo(['trash', '--restore', 'x', ...asked]);
  assert.deepEqual([lost.code, JSON.parse(lost.stdout).problem.code], [4, 'answer_incomplete']);
});
