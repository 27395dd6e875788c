import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idOf, registeredNode } from './answering-server.test-support.ts';
import { findNode, fromRegistry, isHostPort } from './known-node.ts';

const nodes = [
  registeredNode(idOf('abcdef11'), '127.0.0.1:5000'),
  registeredNode(idOf('abcdef22'), '127.0.0.1:5001'),
  registeredNode(idOf('99'), '127.0.0.1:5002', { state: 'inactive' }),
  registeredNode(idOf('77'), '127.0.0.1:5002', {
    endpoints: { dht: null, index: null, upload: '[::1]:7000', download: null, messaging: null },
  }),
].map(fromRegistry);

test('a node is named by its id, by a beginning of it, or by an endpoint', () => {
  assert.equal(findNode(nodes, idOf('abcdef11'))?.address, '127.0.0.1:5000');
  assert.equal(findNode(nodes, 'ABCDEF22')?.address, '127.0.0.1:5001');
  assert.equal(findNode(nodes, '127.0.0.1:5001')?.id, idOf('abcdef22'));
  assert.equal(findNode(nodes, '[::1]:7000')?.id, idOf('77'));
  assert.equal(findNode(nodes, 'ffffff'), null);
  assert.equal(findNode(nodes, 'node-1'), null);
});

test('an address that passed from one node to another names the one that lives', () => {
  assert.equal(findNode(nodes, '127.0.0.1:5002')?.id, idOf('77'));
});

test('a beginning that is short or fits several is refused as wrong usage', () => {
  assert.throws(() => findNode(nodes, 'abcde'), { code: 'prefix_short', exitCode: 2 });
  assert.throws(() => findNode(nodes, 'abcdef'), { code: 'prefix_not_unique', exitCode: 2 });
});

test('host:port is told from an id', () => {
  for (const text of ['localhost:80', '10.0.0.1:65535', '[::1]:80']) assert.ok(isHostPort(text), text);
  for (const text of ['abcdef', 'host', 'http://x:80', '::1:80', 'a b:80'])
    assert.ok(!isHostPort(text), text);
});
