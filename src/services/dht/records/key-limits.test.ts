/** What a store keeps of a key that more is said of than it takes. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { StoreOutcome } from '../../../generated/anillo/records/v1/records.ts';
import { makeNetworkId } from '../../../identity/network.ts';
import { NodeKey } from '../../../identity/node-key.ts';
import { nameKey } from '../../../records/keys.ts';
import type { ProviderBody } from '../../../records/record.ts';
import { BatchSigner } from './batch-signer.ts';
import { BundleWriter } from './bundle-writer.ts';
import { fakeCid } from './pending.test-support.ts';
import { sha256 } from './record-checks.ts';
import { RecordStore } from './record-store.ts';
import type { Outgoing, OutgoingBatch } from './record-tasks.ts';
import { StoredRecords } from './stored-records.ts';

const WHOLE = { from: '00'.repeat(32), to: '00'.repeat(32) };
const STORED = StoreOutcome.STORE_OUTCOME_STORED;
const networkId = makeNetworkId();

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'anillo-limits-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

async function openStore(t: TestContext): Promise<RecordStore> {
  const store = await RecordStore.open(await folder(t), networkId, NodeKey.generate());
  t.after(() => store.close());
  return store;
}

function bundleOf({ batches }: OutgoingBatch, items: readonly Outgoing[]): Uint8Array {
  const writer = new BundleWriter();
  const encoded = batches[0]?.encoded ?? new Uint8Array(0);
  for (const item of items) writer.add({ placementKey: Buffer.from(item.key, 'hex'), ...item }, encoded);
  return writer.finish();
}

/** A key full of providers, and how one more is offered: the code of its refusal, or ''. */
async function fullKey(t: TestContext, state: ProviderBody['state']) {
  const store = await openStore(t);
  const signed = new StoredRecords(join(await folder(t), 'asserted.db'), 'normal');
  t.after(() => signed.database.close());
  const offer = async (key: NodeKey, offered: ProviderBody['state']): Promise<string | undefined> => {
    const signer = new BatchSigner(signed, key, networkId);
    const record = { kind: 'provider', body: { cid: fakeCid(1), state: offered } } as const;
    const assertion = { record, slot: signer.slotOf(record), changes: [] };
    const batch = signed.transact(() => signer.sign([assertion], Date.now()));
    const bundle = bundleOf(batch, batch.outgoing);
    return (await store.run('store', { bundle, owned: WHOLE, isWide: false })).codes[0];
  };
  const keys = Array.from({ length: 256 }, () => NodeKey.generate());
  await store.run('keep', { nodes: keys.map(({ id }) => id) });
  for (const key of keys) assert.equal(await offer(key, state), '');
  return { store, keys, offer };
}

test('nodes that no longer have a content do not keep out one that has it', async (t) => {
  const { store, offer } = await fullKey(t, 'none');
  const newcomer = NodeKey.generate();
  await store.run('keep', { nodes: [newcomer.id] });
  assert.equal(await offer(NodeKey.generate(), 'none'), 'full');
  assert.equal(await offer(newcomer, 'complete'), '');
  assert.equal(store.count(), 256);
});

test('a dead provider makes room for a live one, and a live one for nobody', async (t) => {
  const { store, keys, offer } = await fullKey(t, 'complete');
  const [first, second] = [NodeKey.generate(), NodeKey.generate()];
  const living = [...keys.slice(1), first, second].map(({ id }) => id);
  await store.run('keep', { nodes: living });
  assert.equal(await offer(first, 'complete'), '');
  assert.equal(await offer(second, 'complete'), 'full');
  assert.equal(store.count(), 256);
});

test('every holder keeps the same 32 versions of a path, in whatever order they come', async (t) => {
  const publisher = await openStore(t);
  const path = 'a.txt';
  const rest = { size: 1, modifiedMs: 1, type: '', tags: [], copies: 1, previous: null };
  const changes = Array.from({ length: 40 }, (_, id) => ({
    id,
    act: 'publish' as const,
    file: { path, cid: fakeCid(id), ...rest },
    lastCopy: false,
  }));
  const signed = await publisher.run('sign', { changes, nowMs: Date.now() });
  const versions = signed.outgoing.filter(({ key }) => key === nameKey(sha256, path));
  const bundles = [0, 10, 20, 30].map((at) => bundleOf(signed, versions.slice(at, at + 10)));

  const digests: string[] = [];
  for (const order of [bundles, bundles.toReversed()]) {
    const holder = await openStore(t);
    for (const bundle of order) await holder.run('replicate', { bundle });
    assert.equal(holder.count(), 32);
    const { summary } = await holder.run('digest', { table: 'stored', range: WHOLE, minCopies: 0 });
    digests.push(Buffer.from(summary).toString('hex'));
    const late = await holder.run('store', {
      bundle: bundleOf(signed, versions.slice(0, 1)),
      owned: WHOLE,
      isWide: false,
    });
    assert.notEqual(late.outcomes[0], STORED);
  }
  assert.equal(digests[0], digests[1]);
});
