import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeNetworkId } from '../../../identity/network.ts';
import { NodeKey } from '../../../identity/node-key.ts';
import { millisOf } from '../../../records/clock.ts';
import { BundleWriter } from './bundle-writer.ts';
import { fakeCid } from './pending.test-support.ts';
import type { PendingChange } from './pending-source.ts';
import { decodeRecord } from './record-codec.ts';
import { RecordStore } from './record-store.ts';
import type { OutgoingBatch } from './record-tasks.ts';

const HOUR_MS = 3_600_000;
const key = NodeKey.generate();
const networkId = makeNetworkId();

async function openStore(t: TestContext): Promise<RecordStore> {
  const dataDir = await mkdtemp(join(tmpdir(), 'anillo-clock-'));
  const store = await RecordStore.open(dataDir, networkId, key);
  t.after(async () => {
    await store.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  return store;
}

function published(path: string, number: number): PendingChange {
  const rest = { size: 1, modifiedMs: 1, type: '', tags: [], copies: 1, previous: null };
  return { id: number, act: 'publish', file: { path, cid: fakeCid(number), ...rest }, lastCopy: false };
}

/** Of the publications in it, in order. */
function seqsOf({ outgoing }: OutgoingBatch): bigint[] {
  const seqs = outgoing.flatMap(({ record }) => {
    const decoded = decodeRecord(record);
    return decoded?.kind === 'publication' ? [decoded.seq] : [];
  });
  return [...new Set(seqs)];
}

function bundleOf({ outgoing, batches }: OutgoingBatch): Uint8Array {
  const writer = new BundleWriter();
  for (const item of outgoing)
    writer.add(
      { placementKey: Buffer.from(item.key, 'hex'), ...item },
      batches[0]?.encoded ?? new Uint8Array(),
    );
  return writer.finish();
}

test('several versions of a path in one batch are newer one than the other, whatever the clock says', async (t) => {
  const store = await openStore(t);
  const nowMs = Date.now();
  const [first = 0n] = seqsOf(await store.run('sign', { changes: [published('a', 1)], nowMs }));
  const changes = [published('a', 2), published('a', 3)];
  const [second = 0n, third = 0n] = seqsOf(await store.run('sign', { changes, nowMs: nowMs - HOUR_MS }));
  assert.ok(first < second && second < third);
});

test('a path that was never published is signed as of now, though the clock was ahead before', async (t) => {
  const store = await openStore(t);
  const nowMs = Date.now();
  await store.run('sign', { changes: [published('a', 1)], nowMs: nowMs + HOUR_MS });
  const [seq = 0n] = seqsOf(await store.run('sign', { changes: [published('b', 2)], nowMs }));
  assert.equal(millisOf(seq), nowMs);
});

test('what an owner told of a version counts, though this node has forgotten it', async (t) => {
  const [before, after] = [await openStore(t), await openStore(t)];
  const nowMs = Date.now();
  const first = await before.run('sign', { changes: [published('a', 1)], nowMs });
  await after.run('learn', { bundle: bundleOf(first) });
  const changes = [published('a', 2)];
  const [second = 0n] = seqsOf(await after.run('sign', { changes, nowMs: nowMs - HOUR_MS }));
  assert.ok(second > (seqsOf(first)[0] ?? 0n));
});
