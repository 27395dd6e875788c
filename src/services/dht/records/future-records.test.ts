import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeNetworkId } from '../../../identity/network.ts';
import { NodeKey } from '../../../identity/node-key.ts';
import { nameKey } from '../../../records/keys.ts';
import { BundleWriter } from './bundle-writer.ts';
import { fakeCid } from './pending.test-support.ts';
import { sha256 } from './record-checks.ts';
import { decodeRecord } from './record-codec.ts';
import { RecordStore } from './record-store.ts';
import type { OutgoingBatch } from './record-tasks.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const WHOLE = { from: '00'.repeat(32), to: '00'.repeat(32) };
const PATH = 'a/b.txt';

function change(id: number, act: 'publish' | 'withdraw', number: number) {
  const rest = { size: 1, modifiedMs: 1, type: '', tags: [], copies: 1, previous: null };
  return { id, act, file: { path: PATH, cid: fakeCid(number), ...rest }, lastCopy: act === 'withdraw' };
}

function bundleOf({ outgoing, batches }: OutgoingBatch): Uint8Array {
  const writer = new BundleWriter();
  for (const item of outgoing) {
    const placed = { placementKey: Buffer.from(item.key, 'hex'), ...item };
    writer.add(placed, batches[0]?.encoded ?? new Uint8Array(0));
  }
  return writer.finish();
}

test('what was signed by a clock that was months ahead is signed again in its order, and taken', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'anillo-clock-'));
  const key = NodeKey.generate();
  const store = await RecordStore.open(dataDir, makeNetworkId(), key);
  await store.run('keep', { nodes: [key.id] });
  t.after(async () => {
    await store.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  const wrongMs = Date.now() + 90 * DAY_MS;
  const first = await store.run('sign', { changes: [change(1, 'publish', 1)], nowMs: wrongMs });
  const changes = [change(2, 'withdraw', 1), change(3, 'publish', 2)];
  await store.run('sign', { changes, nowMs: wrongMs });
  const taken = async (batch: OutgoingBatch) =>
    new Set((await store.run('store', { bundle: bundleOf(batch), owned: WHOLE, isWide: false })).codes);
  assert.deepEqual(await taken(first), new Set(['clock_skew']));

  const { more, ...again } = await store.run('resign', { nowMs: Date.now() });
  assert.equal(more, true);
  assert.deepEqual(await taken(again), new Set(['']));
  const named = again.outgoing.filter((item) => item.key === nameKey(sha256, PATH));
  const kinds = named
    .map(({ record }) => decodeRecord(record))
    .sort((left, right) => Number((left?.seq ?? 0n) - (right?.seq ?? 0n)))
    .map((record) => record?.kind);
  assert.deepEqual(kinds, ['tombstone', 'publication']);

  assert.deepEqual(await store.run('resign', { nowMs: Date.now() }), {
    outgoing: [],
    batches: [],
    more: false,
  });
  const next = await store.run('sign', { changes: [change(4, 'publish', 3)], nowMs: Date.now() });
  assert.deepEqual(await taken(next), new Set(['']));
});
