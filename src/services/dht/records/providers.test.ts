import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { credentials } from '@grpc/grpc-js';
import { RecordsServiceClient, type StoreRequest } from '../../../generated/anillo/records/v1/records.ts';
import { NodeKey } from '../../../identity/node-key.ts';
import { cidKey } from '../../../records/keys.ts';
import { BatchSigner } from './batch-signer.ts';
import { asBuffer, BundleWriter } from './bundle-writer.ts';
import { TestCluster } from './cluster.test-support.ts';
import { LeaseBook } from './lease-book.ts';
import { eventually, fakeCid } from './pending.test-support.ts';
import { sha256 } from './record-checks.ts';
import { StoredRecords } from './stored-records.ts';

test('of many providers 256 are kept and a sample of 32 is told, and that it is one is said', async () => {
  const cluster = await TestCluster.of(1);
  const dataDir = await mkdtemp(join(tmpdir(), 'anillo-providers-'));
  const stored = new StoredRecords(join(dataDir, 'asserted.db'), 'normal');
  const client = new RecordsServiceClient(cluster.node(0).contact.address, credentials.createInsecure());
  try {
    const cid = fakeCid(1);
    const codes: string[] = [];
    for (let index = 0; index < 260; index++) codes.push(await store(client, provide(cluster, stored, cid)));
    assert.deepEqual(codes.slice(0, 256).filter(Boolean), []);
    assert.deepEqual(codes.slice(256), ['full', 'full', 'full', 'full']);

    const told = new Set<string>();
    for (let reads = 0; reads < 20; reads++) {
      const found = await cluster.node(0).records.find(cidKey(sha256, cid), 10);
      assert.equal(found.providers.length, 32);
      assert.equal(found.truncated, true);
      for (const { node } of found.providers) told.add(node);
    }
    assert.ok(told.size > 100, `always the same ${told.size} of 256`);
  } finally {
    client.close();
    stored.database.close();
    await cluster.close();
    await rm(dataDir, { recursive: true, force: true });
  }
});

test('providers whose lease ran out not long ago are given to a newcomer once, not at every comparison', async () => {
  const cluster = await TestCluster.of(1, { syncIntervalMs: 20 });
  const dataDir = await mkdtemp(join(tmpdir(), 'anillo-providers-'));
  const stored = new StoredRecords(join(dataDir, 'asserted.db'), 'normal');
  const owner = cluster.node(0);
  const client = new RecordsServiceClient(owner.contact.address, credentials.createInsecure());
  try {
    const cid = fakeCid(1);
    assert.equal(await store(client, provide(cluster, stored, cid, 1)), '');
    const providers = async () => (await owner.records.find(cidKey(sha256, cid), 10)).providers;
    await eventually('the lease has run out', async () => (await providers()).length === 0);
    const newcomer = await cluster.start({ join: true });
    await eventually('it holds the provider too', () => newcomer.records.recordCount() === 1);
    const [given, compared] = ['replicate', 'digest'].map((call) => calls(cluster, call));
    await eventually('they compared again', () => calls(cluster, 'digest') >= (compared ?? 0) + 6);
    assert.equal(calls(cluster, 'replicate'), given);
    assert.deepEqual(await providers(), []);
  } finally {
    client.close();
    stored.database.close();
    await cluster.close();
    await rm(dataDir, { recursive: true, force: true });
  }
});

/** Calls of a method that reached any node. */
function calls(cluster: TestCluster, method: string): number {
  return cluster.nodes.reduce((sum, node) => sum + (node.calls.get(method) ?? 0), 0);
}

/** One more node says that it holds the content, and lives for so long. */
function provide(
  { networkId, networkTag }: TestCluster,
  stored: StoredRecords,
  cid: string,
  leaseDurationMs = 600_000,
): StoreRequest {
  const key = NodeKey.generate();
  const signer = new BatchSigner(stored, key, networkId);
  const record = { kind: 'provider', body: { cid, state: 'complete' } } as const;
  const assertion = { record, slot: signer.slotOf(record), changes: [] };
  const { outgoing, batches } = stored.transact(() => signer.sign([assertion], Date.now()));
  const writer = new BundleWriter();
  for (const item of outgoing) {
    writer.add(
      { placementKey: Buffer.from(item.key, 'hex'), ...item },
      batches[0]?.encoded ?? new Uint8Array(0),
    );
  }
  const lease = new LeaseBook(key, networkId, 1, leaseDurationMs).own;
  return { networkTag, bundle: asBuffer(writer.finish()), lease };
}

/** The code of the refusal, or ''. */
function store(client: RecordsServiceClient, request: StoreRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    client.store(request, (error, response) => {
      if (error === null) resolve(response.results[0]?.code ?? 'none');
      else reject(error);
    });
  });
}
