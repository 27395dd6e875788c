/**
 * The thread that checks, stores and signs records, so that the event loop that answers the ring stays free. One task at a
 * time, in the order of their coming.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { NodeKey } from '../../../identity/node-key.ts';
import { Problem } from '../../../problems/problem.ts';
import { yieldToOthers } from '../../../storage/thread-priority.ts';
import { AssertedRecords } from './asserted-records.ts';
import { BatchSigner } from './batch-signer.ts';
import { FutureRecords } from './future-records.ts';
import { KeyLimits } from './key-limits.ts';
import { loadLeases, saveLeases } from './lease-rows.ts';
import { checksOf } from './record-checks.ts';
import { decodeBundle } from './record-codec.ts';
import { RecordIntake } from './record-intake.ts';
import type { RecordTasks, RecordWorkerData, TableName, TaskRequest, TaskResponse } from './record-tasks.ts';
import { RingRecords } from './ring-records.ts';
import { StoredRecords } from './stored-records.ts';
import { unassertedFiles } from './unasserted-files.ts';

yieldToOthers();
const { dataDir, networkId, keyPem } = workerData as RecordWorkerData;
const key = NodeKey.fromPem(keyPem);
const checks = checksOf(networkId);
// What the catalog strikes out because it was signed and sent has to be here after a loss of power; what is stored for the ring,
// its nodes assert again.
const tables: Readonly<Record<TableName, StoredRecords>> = {
  stored: new StoredRecords(dataDir, 'records.db', 'normal'),
  asserted: new StoredRecords(dataDir, 'asserted.db', 'full'),
};
const ring = new RingRecords(tables.stored, intakeOf(tables.stored));
const signer = new BatchSigner(tables.asserted, key, networkId);
const future = new FutureRecords(tables.asserted, signer, key.id);
const asserted = new AssertedRecords(tables.asserted, signer, intakeOf(tables.asserted), key.id);

function intakeOf({ database, table }: StoredRecords): RecordIntake {
  return new RecordIntake(table, new KeyLimits(database, table), checks);
}

const tasks: RecordTasks = {
  open: () => ({ storeId: tables.stored.fact('store_id'), leases: loadLeases(tables.stored.database) }),
  store: ({ bundle, owned, isWide }) => ring.store(bundle, owned, isWide, Date.now()),
  replicate: ({ bundle }) => ring.replicate(bundle, Date.now()),
  digest: (selection) => tables[selection.table].digest(selection),
  entries: (input) => tables[input.table].entries(input, input.cursor, input.limit),
  pick: ({ table, wanted, bundlesMax }) => tables[table].pick(wanted, bundlesMax),
  missing: ({ table, entries, orSuperseded }) => ({ missing: tables[table].missing(entries, orSuperseded) }),
  renew: (input) => ring.renew(input),
  sign: ({ changes, nowMs }) => asserted.sign(changes, nowMs),
  resign: ({ nowMs }) => future.resign(nowMs),
  shard: ({ refused, nowMs }) => asserted.shard(refused, nowMs),
  outgoing: ({ wanted }) => asserted.outgoing(wanted),
  unasserted: ({ files }) => ({ unasserted: unassertedFiles(tables.asserted, key.id, files) }),
  learn: ({ bundle }) => ({ learned: asserted.learn(decodeBundle(bundle), Date.now()) }),
  nextAsserted: ({ after }) => ({ key: tables.asserted.scan.nextKey(after) }),
  nextStored: ({ after, range }) => ({ key: tables.stored.nextKey(after, range) }),
  saveLeases: ({ leases, ended }) => {
    tables.stored.transact(() => saveLeases(tables.stored.database, leases, ended));
    return null;
  },
  keep: ({ nodes }) => {
    ring.keep(nodes);
    return null;
  },
  sweep: ({ elapsedMs }) => {
    asserted.sweep(elapsedMs);
    return ring.sweep(elapsedMs);
  },
  drop: ({ pairs }) => ({ removed: ring.drop(pairs) }),
  close: () => {
    for (const { database } of Object.values(tables)) database.close();
    parentPort?.close();
    return null;
  },
};

/** SQLite's result codes for what no repetition changes: <https://www.sqlite.org/rescode.html>. */
const SQLITE_FULL = 13;
const SQLITE_BROKEN: ReadonlySet<number> = new Set([8, 10, 11, 14, 26]);

function problemOf(error: unknown): Problem {
  const code = (error as { errcode?: number }).errcode;
  if (code === undefined) return Problem.from(error);
  // The last byte is the kind, what is before it says more of it.
  const kind = code & 0xff;
  if (kind === SQLITE_FULL) return new Problem('no_space', { what: 'records', where: dataDir }, error);
  const reason = error instanceof Error ? error.message : String(error);
  if (SQLITE_BROKEN.has(kind)) return new Problem('cannot_write', { path: dataDir, reason }, error);
  return Problem.from(error);
}

function answer({ id, name, input }: TaskRequest): TaskResponse {
  try {
    const task = tasks[name] as (input: unknown) => unknown;
    return { id, output: task(input) };
  } catch (error) {
    const { code, details, stack } = problemOf(error);
    return { id, code, details, stack: error instanceof Error ? (error.stack ?? '') : (stack ?? '') };
  }
}

parentPort?.on('message', (request: TaskRequest) => parentPort?.postMessage(answer(request)));
