import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import pino from 'pino';
import { makeNetworkId } from '../../../identity/network.ts';
import { NodeKey } from '../../../identity/node-key.ts';
import { nameKey } from '../../../records/keys.ts';
import { openDatabase } from '../../../storage/database.ts';
import { MACHINE_CLOCK } from './clock.ts';
import { TestCluster } from './cluster.test-support.ts';
import { eventually, fakeCid } from './pending.test-support.ts';
import { PendingInMemory } from './pending-in-memory.ts';
import { PublicationCheck } from './publication-check.ts';
import { sha256 } from './record-checks.ts';
import { RecordStore } from './record-store.ts';

const ENDINGS = ['', '-wal', '-shm'];

describe('the catalog compared with what is asserted', () => {
  const networkId = makeNetworkId();
  const key = NodeKey.generate();
  let source: PendingInMemory;
  let dataDir: string;
  let store: RecordStore;
  let nudges: number;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'anillo-check-'));
    source = new PendingInMemory();
    nudges = 0;
    store = await RecordStore.open(dataDir, networkId, key);
  });
  afterEach(async () => {
    await store.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  /** Signs and settles all that waits, as if the ring had taken it. */
  async function publishAll(): Promise<void> {
    const changes = source.pending(1000);
    await store.run('sign', { changes, nowMs: Date.now() });
    source.settle(changes.map(({ id }) => id));
  }

  async function add(first: number, last: number): Promise<void> {
    for (let number = first; number <= last; number++)
      source.publish({ cid: fakeCid(number), path: `f${number}` });
    await publishAll();
  }

  function compare(): Promise<number> {
    const log = pino({ level: 'silent' });
    const check = new PublicationCheck({
      source,
      store,
      clock: MACHINE_CLOCK,
      random: Math.random,
      log,
      catalogCheckDelayMs: 1,
      onQueued: () => nudges++,
    });
    return check.compare(new AbortController().signal);
  }

  const asserted = (ending: string) => join(dataDir, `asserted.db${ending}`);

  test('queues nothing when they agree, nor what waits already', async () => {
    await add(1, 5);
    source.publish({ cid: fakeCid(6), path: 'waits' });
    assert.equal(await compare(), 0);
    assert.deepEqual([source.pendingCount(), nudges], [1, 0]);
  });

  test('queues everything again when what was asserted is gone', async () => {
    await add(1, 250);
    source.withdraw({ cid: fakeCid(250), path: 'f250' });
    await publishAll();
    await store.close();
    for (const ending of ENDINGS) await rm(asserted(ending), { force: true });
    store = await RecordStore.open(dataDir, networkId, key);
    assert.equal(await compare(), 249);
    assert.deepEqual([source.pendingCount(), nudges], [249, 1]);
    await publishAll();
    assert.equal(await compare(), 0);
  });

  test('queues what came after the backup that was brought back, and what changed since', async () => {
    await add(1, 5);
    await store.close();
    await cp(asserted(''), join(dataDir, 'backup.db'));
    store = await RecordStore.open(dataDir, networkId, key);
    await add(6, 8);
    source.publish({ cid: fakeCid(99), path: 'f1' });
    await publishAll();
    await store.close();
    for (const ending of ENDINGS) await rm(asserted(ending), { force: true });
    await cp(join(dataDir, 'backup.db'), asserted(''));
    store = await RecordStore.open(dataDir, networkId, key);
    assert.equal(await compare(), 4);
    assert.deepEqual(
      source.pending(9).map(({ file }) => file.path),
      ['f1', 'f6', 'f7', 'f8'],
    );
  });
});

test('a node whose records are all gone publishes its files again when it starts', async () => {
  const cluster = await TestCluster.of(1, { catalogCheckDelayMs: 5 });
  try {
    const node = cluster.node(0);
    const key = cluster.keyOfNode(node);
    node.pending.publish({ cid: fakeCid(1), path: 'kept.txt' });
    await node.records.publish({ wait: true, timeoutMs: 20_000 });
    await cluster.kill(node);
    for (const name of ['asserted.db', 'records.db'])
      for (const ending of ENDINGS) await rm(join(node.dataDir, name + ending), { force: true });

    const { dataDir, pending } = node;
    const again = await cluster.start({ join: true, key, dataDir, source: pending });
    await eventually('its file is found', async () => {
      const { publications } = await again.records.find(nameKey(sha256, 'kept.txt'), 10);
      return publications[0]?.kind === 'publication';
    });
  } finally {
    await cluster.close();
  }
});

test('a withdrawal that was lost with a restored file is told by the owner at the next renewal', async () => {
  const cluster = await TestCluster.of(1, { leaseDurationMs: 600 });
  try {
    const node = cluster.node(0);
    const { dataDir, pending: source } = node;
    const key = cluster.keyOfNode(node);
    const file = { cid: fakeCid(1), path: 'kept.txt' };
    source.publish(file);
    await node.records.publish({ wait: true, timeoutMs: 20_000 });
    await cluster.kill(node);
    await cp(join(dataDir, 'asserted.db'), join(dataDir, 'backup.db'));

    const second = await cluster.start({ join: true, key, dataDir, source });
    source.withdraw(file, false);
    await second.records.publish({ wait: true, timeoutMs: 20_000 });
    await cluster.kill(second);
    for (const ending of ENDINGS) await rm(join(dataDir, `asserted.db${ending}`), { force: true });
    await cp(join(dataDir, 'backup.db'), join(dataDir, 'asserted.db'));

    const third = await cluster.start({ join: true, key, dataDir, source });
    const reader = openDatabase(join(dataDir, 'asserted.db'), [], { synchronous: 'normal', readOnly: true });
    const tombstones = reader.prepare('SELECT count(*) AS count FROM placements WHERE kind = 3');
    await eventually('it asserts the withdrawal', () => Number(tombstones.get()?.count) > 0);
    reader.close();
    const { publications } = await third.records.find(nameKey(sha256, file.path), 10);
    assert.notEqual(publications[0]?.kind, 'publication');
  } finally {
    await cluster.close();
  }
});
