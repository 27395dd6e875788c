import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeDescriptor } from '../../identity/descriptor.ts';
import { DescriptorCache } from './descriptor-cache.ts';

const HOUR_MS = 3_600_000;

function descriptor(id: string, incarnation: number, expiresInMs = HOUR_MS): NodeDescriptor {
  return {
    id,
    networkId: '',
    publicKey: new Uint8Array(32),
    incarnation,
    endpoints: { dht: `${incarnation}:1`, index: null, upload: null, download: null, messaging: null },
    labels: {},
    version: '0',
    protocolMajor: 1,
    protocolMinor: 0,
    expiresAtMs: Date.now() + expiresInMs,
  };
}

test('the newest life of a node is kept, whatever is shown afterwards', () => {
  const cache = new DescriptorCache();
  cache.learn(descriptor('a', 2));
  cache.learn(descriptor('a', 1, 2 * HOUR_MS));
  assert.equal(cache.get('a')?.incarnation, 2);
  cache.learn(descriptor('a', 3));
  assert.equal(cache.get('a')?.incarnation, 3);
});

test('of one life the descriptor signed last is kept', () => {
  const cache = new DescriptorCache();
  const later = { ...descriptor('a', 1, 2 * HOUR_MS), version: 'later' };
  cache.learn(later);
  cache.learn(descriptor('a', 1, HOUR_MS));
  assert.equal(cache.get('a')?.version, 'later');
});

test('an expired descriptor still says where the node was', () => {
  const cache = new DescriptorCache();
  cache.learn(descriptor('a', 1, -1));
  assert.equal(cache.get('a')?.endpoints.dht, '1:1');
});

test('beyond ten thousand the one unseen for longest is forgotten', () => {
  const cache = new DescriptorCache();
  for (let node = 0; node < 10_000; node++) cache.learn(descriptor(`${node}`, 1));
  cache.learn(descriptor('0', 1));
  cache.learn(descriptor('one more', 1));
  assert.equal(cache.get('1'), null);
  assert.ok(cache.get('0') !== null && cache.get('2') !== null && cache.get('one more') !== null);
});
