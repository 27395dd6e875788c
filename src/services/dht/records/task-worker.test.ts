/** What becomes of a store whose thread dies, or whose disk is full. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { makeNetworkId } from '../../../identity/network.ts';
import { NodeKey } from '../../../identity/node-key.ts';
import { eventually, fakeCid } from './pending.test-support.ts';
import { RecordStore, startRecordWorker } from './record-store.ts';
import { TaskWorker } from './task-worker.ts';

const WHOLE = { from: '00'.repeat(32), to: '00'.repeat(32) };

async function openStore(t: TestContext): Promise<{ store: RecordStore; workers: Worker[] }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'anillo-worker-'));
  t.after(() => rm(dataDir, { recursive: true, force: true }));
  const workers: Worker[] = [];
  const store = await RecordStore.open(dataDir, makeNetworkId(), NodeKey.generate(), (data) => {
    const worker = startRecordWorker(data);
    workers.push(worker);
    return worker;
  });
  t.after(() => store.close());
  return { store, workers };
}

function sign(store: RecordStore, id: number) {
  const rest = { size: 1, modifiedMs: 1, type: '', tags: [], copies: 1, previous: null };
  const file = { path: `file ${id}`, cid: fakeCid(id), ...rest };
  const changes = [{ id, act: 'publish' as const, file, lastCopy: false }];
  return store.run('sign', { changes, nowMs: Date.now() });
}

test('a record worker that dies is started again, and has all that was acknowledged', async (t) => {
  const { store, workers } = await openStore(t);
  await sign(store, 1);
  await workers[0]?.terminate();
  await eventually('another worker has started', () => workers.length === 2);
  await sign(store, 2);
  const { count } = await store.run('digest', { table: 'asserted', range: WHOLE, minCopies: 0 });
  assert.equal(count, 6);
});

test('one that dies again within a minute ends the node', async (t) => {
  const { store, workers } = await openStore(t);
  await workers[0]?.terminate();
  await eventually('another worker has started', () => workers.length === 2);
  await workers[1]?.terminate();
  assert.equal((await store.failed).code, 'internal');
  await assert.rejects(sign(store, 1), { code: 'internal' });
  assert.equal(workers.length, 2);
});

test('a disk that stays full ends the node, and it says so', async (t) => {
  const full = `
    const { parentPort } = require('node:worker_threads');
    parentPort.on('message', ({ id, name }) => parentPort.postMessage(name === 'digest'
      ? { id, output: {} }
      : { id, code: 'no_space', details: { what: 'records', where: '/data' }, stack: '' }));`;
  const worker = new TaskWorker(() => new Worker(full, { eval: true }));
  t.after(() => worker.end());
  for (let writes = 0; writes < 5; writes++) {
    await assert.rejects(worker.run('sweep', { elapsedMs: 1 }), { code: 'no_space' });
    if (writes < 4) await worker.run('digest', { table: 'stored', range: WHOLE, minCopies: 0 });
  }
  assert.match((await worker.failed).message, /no room for records on \/data/);
});
