import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { credentials } from '@grpc/grpc-js';
import {
  RecordBundle,
  Record as RecordCodec,
  RecordsServiceClient,
  SignedBatch,
  StoreOutcome,
  type StoreResponse,
} from '../../../generated/anillo/records/v1/records.ts';
import { NodeKey } from '../../../identity/node-key.ts';
import { cidKey, nameKey } from '../../../records/keys.ts';
import { fromServiceError } from '../grpc-problems.ts';
import { TestCluster } from './cluster.test-support.ts';
import { LeaseBook } from './lease-book.ts';
import { fakeCid } from './pending.test-support.ts';
import { sha256 } from './record-checks.ts';
import { RecordStore } from './record-store.ts';
import type { OutgoingBatch } from './record-tasks.ts';

const file = {
  path: 'x.txt',
  cid: fakeCid(1),
  size: 1,
  modifiedMs: 1,
  type: '',
  tags: [],
  copies: 1,
  previous: null,
};

describe('what a node answers to others', () => {
  let cluster: TestCluster;
  let client: RecordsServiceClient;
  let signer: RecordStore;
  let key: NodeKey;
  let dataDir: string;

  beforeEach(async () => {
    cluster = await TestCluster.of(1);
    client = new RecordsServiceClient(cluster.node(0).contact.address, credentials.createInsecure());
    dataDir = await mkdtemp(join(tmpdir(), 'anillo-signer-'));
    key = NodeKey.generate();
    signer = await RecordStore.open(dataDir, cluster.networkId, key);
  });
  afterEach(async () => {
    client.close();
    await signer.close();
    await cluster.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  /** A publication and a provider as another node would sign them. */
  function sign(nowMs = Date.now()): Promise<OutgoingBatch> {
    return signer.run('sign', { changes: [{ id: 1, act: 'publish', file, lastCopy: false }], nowMs });
  }

  function bundleOf({ outgoing, batches }: OutgoingBatch): RecordBundle {
    return {
      batches: batches.map(({ encoded }) => SignedBatch.decode(encoded)),
      records: outgoing.map((item) => ({
        placementKey: Buffer.from(item.key, 'hex'),
        record: Buffer.from(item.record),
        remainingMs: 0n,
      })),
    };
  }

  function store(
    bundle: RecordBundle,
    withLease = true,
    networkTag = cluster.networkTag,
  ): Promise<StoreResponse> {
    const lease = withLease ? new LeaseBook(key, cluster.networkId, 1, 60_000).own : undefined;
    const request = { networkTag, bundle: Buffer.from(RecordBundle.encode(bundle).finish()), lease };
    return new Promise((resolve, reject) => {
      client.store(request, (error, response) => {
        if (error === null) resolve(response);
        else reject(fromServiceError(error, { what: 'store', address: '', timeoutMs: 0 }));
      });
    });
  }

  const outcomes = ({ results }: StoreResponse) => results.map(({ outcome, code }) => code || outcome);
  const { STORE_OUTCOME_STORED: STORED } = StoreOutcome;

  test('takes what another signed, as often as it comes', async () => {
    const bundle = bundleOf(await sign());
    assert.deepEqual(outcomes(await store(bundle)), [STORED, STORED, STORED]);
    assert.deepEqual(outcomes(await store(bundle)), [STORED, STORED, STORED]);
    assert.equal(cluster.node(0).records.recordCount(), 3);
    const found = await cluster.node(0).records.find(cidKey(sha256, file.cid), 10);
    assert.equal(found.publications[0]?.publisher, key.id);
    assert.equal(found.providers[0]?.node, key.id);
  });

  test('a newer version replaces the older, and the older no longer counts', async () => {
    const older = bundleOf(await sign(Date.now() - 5000));
    const newer = bundleOf(await sign());
    await store(newer);
    const { STORE_OUTCOME_SUPERSEDED: SUPERSEDED } = StoreOutcome;
    assert.deepEqual(outcomes(await store(older)), [SUPERSEDED, SUPERSEDED, SUPERSEDED]);
    assert.equal(cluster.node(0).records.recordCount(), 3);
  });

  test('refuses records that were changed, moved to another key, or lost their batch; nothing is stored', async () => {
    const signed = bundleOf(await sign());
    const forged: RecordBundle[] = [
      { ...signed, batches: [] },
      { ...signed, batches: signed.batches.map((batch) => ({ ...batch, signature: randomBytes(64) })) },
      { ...signed, batches: signed.batches.map((batch) => ({ ...batch, networkId: randomBytes(32) })) },
      { ...signed, records: signed.records.map((record) => ({ ...record, placementKey: randomBytes(32) })) },
      { ...signed, records: signed.records.map((placed) => ({ ...placed, record: randomBytes(300) })) },
      { ...signed, records: signed.records.map((placed) => ({ ...placed, record: renewed(placed.record) })) },
    ];
    for (const bundle of forged) {
      assert.deepEqual(outcomes(await store(bundle)), ['invalid_record', 'invalid_record', 'invalid_record']);
    }
    assert.equal(cluster.node(0).records.recordCount(), 0);
  });

  test('a record of tomorrow is refused for its clock', async () => {
    const { results } = await store(bundleOf(await sign(Date.now() + 10 * 60_000)));
    assert.deepEqual(
      results.map(({ code }) => code),
      ['clock_skew', 'clock_skew', 'clock_skew'],
    );
  });

  test('providers of a node without a lease are not taken', async () => {
    assert.deepEqual(outcomes(await store(bundleOf(await sign()), false)), [STORED, STORED, 'no_lease']);
  });

  test('a bundle of another network, or one that cannot be decoded, is refused whole', async () => {
    const bundle = bundleOf(await sign());
    await assert.rejects(store(bundle, true, 7n), { code: 'other_network' });
    const garbage = { networkTag: cluster.networkTag, bundle: Buffer.from([0xff, 0xff]), lease: undefined };
    await assert.rejects(
      new Promise((_, reject) =>
        client.store(garbage, (error) => reject(error?.metadata.get('anillo-code')[0])),
      ),
      (code) => code === 'bad_request',
    );
  });

  test('a key that another node owns is answered with that, and not stored', async () => {
    await cluster.start({ join: true });
    const owner = cluster.ownerOf(nameKey(sha256, file.path));
    const other = cluster.nodes.find((node) => node !== owner);
    client.close();
    client = new RecordsServiceClient(other?.contact.address ?? '', credentials.createInsecure());
    const signed = bundleOf(await sign());
    const named = signed.records.filter(
      ({ placementKey }) => placementKey.toString('hex') === nameKey(sha256, file.path),
    );
    const { results } = await store({ ...signed, records: named });
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      [StoreOutcome.STORE_OUTCOME_NOT_OWNER],
    );
  });
});

/** The record with a later seq, which its signer never signed. */
function renewed(encoded: Uint8Array): Buffer {
  const record = RecordCodec.decode(encoded);
  return Buffer.from(RecordCodec.encode({ ...record, seq: record.seq + 1n }).finish());
}
