import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { Descriptor } from '../generated/anillo/ring/v1/ring.ts';
import { Problem } from '../problems/problem.ts';
import { type DescriptorDraft, openDescriptor, signDescriptor } from './descriptor.ts';
import { beginIncarnation } from './incarnation.ts';
import { makeNetworkId, readNetworkId, storeNetworkId } from './network.ts';
import { loadNodeKey, NODE_KEY_FILE, NodeKey, verifySignature } from './node-key.ts';

const NOW_MS = 1_800_000_000_000;
let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'anillo-identity-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

function draft(changes: Partial<DescriptorDraft> = {}): DescriptorDraft {
  return {
    networkId: 'ab'.repeat(32),
    incarnation: 7,
    endpoints: { dht: '127.0.0.1:50051', index: '[::1]:5000', upload: null, download: null, messaging: null },
    labels: { site: 'north' },
    version: '0.1.0',
    expiresAtMs: NOW_MS + 1000,
    ...changes,
  };
}

test('a node keeps its key over restarts, readable by its owner alone, and its id follows from the key', async () => {
  const first = await loadNodeKey(dataDir);
  const second = await loadNodeKey(dataDir);
  assert.equal(second.id, first.id);
  assert.equal(statSync(join(dataDir, NODE_KEY_FILE)).mode & 0o777, 0o600);
  const expected = createHash('sha256')
    .update(Buffer.from('anillo-node-v1\0'))
    .update(first.publicKey)
    .digest('hex');
  assert.equal(first.id, expected);
});

test('a signature holds for its own domain, message and key only', () => {
  const key = NodeKey.generate();
  const message = Buffer.from('message');
  const signature = key.sign('one\0', message);
  assert.equal(verifySignature(key.publicKey, signature, 'one\0', message), true);
  assert.equal(verifySignature(key.publicKey, signature, 'two\0', message), false);
  assert.equal(verifySignature(key.publicKey, signature, 'one\0', Buffer.from('other')), false);
  assert.equal(verifySignature(NodeKey.generate().publicKey, signature, 'one\0', message), false);
  assert.equal(verifySignature(new Uint8Array(3), signature, 'one\0', message), false);
});

test('a descriptor comes back as it was signed', () => {
  const key = NodeKey.generate();
  const opened = openDescriptor(signDescriptor(key, draft()), NOW_MS);
  assert.equal(opened?.id, key.id);
  assert.equal(opened?.networkId, draft().networkId);
  assert.deepEqual(opened?.endpoints, draft().endpoints);
  assert.deepEqual(opened?.labels, { site: 'north' });
  assert.equal(opened?.incarnation, 7);
});

test('a descriptor that was altered, expired, or claims the id of another key does not open', () => {
  const key = NodeKey.generate();
  const signed = signDescriptor(key, draft());
  const altered = Buffer.from(signed.descriptor);
  altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
  assert.equal(openDescriptor({ ...signed, descriptor: altered }, NOW_MS), null);
  assert.equal(openDescriptor(signDescriptor(key, draft({ expiresAtMs: NOW_MS })), NOW_MS), null);

  const wire = Descriptor.decode(signed.descriptor);
  wire.id = Buffer.from(NodeKey.generate().id, 'hex');
  const stolen = Buffer.from(Descriptor.encode(wire).finish());
  const signature = Buffer.from(key.sign('anillo-descriptor-v1\0', wire.networkId, stolen));
  assert.equal(openDescriptor({ descriptor: stolen, signature }, NOW_MS), null);
  assert.equal(openDescriptor({ descriptor: Buffer.from('nonsense'), signature }, NOW_MS), null);
});

test('incarnations rise over restarts, also when the clock was set back', async () => {
  const first = await beginIncarnation(dataDir, NOW_MS);
  const back = await beginIncarnation(dataDir, NOW_MS - 3_600_000);
  const later = await beginIncarnation(dataDir, NOW_MS + 5);
  assert.deepEqual([first, back, later], [NOW_MS, NOW_MS + 1, NOW_MS + 5]);
});

test('a data directory belongs to one network; a damaged file is complained about, not replaced', async () => {
  assert.equal(readNetworkId(dataDir), null);
  const networkId = makeNetworkId();
  await storeNetworkId(dataDir, networkId);
  assert.equal(readNetworkId(dataDir), networkId);
  writeFileSync(join(dataDir, 'network-id'), 'damaged');
  assert.throws(
    () => readNetworkId(dataDir),
    (error) => error instanceof Problem && error.code === 'bad_configuration',
  );
});
