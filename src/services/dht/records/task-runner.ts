/**
 * Checks, stores and signs records: the tasks of `record-tasks.ts` over the two sets of tables, one at a time, in the order of
 * their coming. A worker thread carries it, or whoever stands for one.
 */
import type { NodeKey } from '../../../identity/node-key.ts';
import { Problem } from '../../../problems/problem.ts';
import { AssertedRecords } from './asserted-records.ts';
import { BatchSigner } from './batch-signer.ts';
import { FutureRecords } from './future-records.ts';
import { IntakeClock } from './intake-clock.ts';
import { KeyLimits } from './key-limits.ts';
import { loadLeases, saveLeases } from './lease-rows.ts';
import { checksOf } from './record-checks.ts';
import { decodeBundle } from './record-codec.ts';
import { RecordIntake } from './record-intake.ts';
import type { RecordTasks, TableName, TaskRequest, TaskResponse } from './record-tasks.ts';
import { RingRecords } from './ring-records.ts';
import { StoredRecords } from './stored-records.ts';
import { unassertedFiles } from './unasserted-files.ts';

/** SQLite's result codes for what no repetition changes: <https://www.sqlite.org/rescode.html>. */
const SQLITE_FULL = 13;
const SQLITE_BROKEN: ReadonlySet<number> = new Set([8, 10, 11, 14, 26]);

export interface TaskRunnerOptions {
  /** The name of the file of each set of tables. */
  readonly fileOf: (name: 'records' | 'asserted') => string;
  /** For what is said of the disk. */
  readonly dataDir: string;
  readonly networkId: string;
  readonly key: NodeKey;
  /** Unix milliseconds. */
  readonly wallMs: () => number;
}

export class TaskRunner {
  readonly #dataDir: string;
  readonly #tasks: RecordTasks;

  /** Opens both files. @throws Problem `newer_data` */
  constructor(options: TaskRunnerOptions) {
    this.#dataDir = options.dataDir;
    this.#tasks = tasksOf(options);
  }

  /** Never throws: what the task met is in the answer. */
  answer({ id, name, input }: TaskRequest): TaskResponse {
    try {
      const task = this.#tasks[name] as (input: unknown) => unknown;
      return { id, output: task(input) };
    } catch (error) {
      const { code, details, stack } = this.#problemOf(error);
      return { id, code, details, stack: error instanceof Error ? (error.stack ?? '') : (stack ?? '') };
    }
  }

  #problemOf(error: unknown): Problem {
    const code = (error as { errcode?: number }).errcode;
    if (code === undefined) return Problem.from(error);
    // The last byte is the kind, what is before it says more of it.
    const kind = code & 0xff;
    if (kind === SQLITE_FULL)
      return new Problem('no_space', { what: 'records', where: this.#dataDir }, error);
    const reason = error instanceof Error ? error.message : String(error);
    if (SQLITE_BROKEN.has(kind)) return new Problem('cannot_write', { path: this.#dataDir, reason }, error);
    return Problem.from(error);
  }
}

function tasksOf({ fileOf, networkId, key, wallMs }: TaskRunnerOptions): RecordTasks {
  const checks = checksOf(networkId);
  const intakeOf = ({ database, table }: StoredRecords) =>
    new RecordIntake(table, new KeyLimits(database, table), checks);
  // What the catalog strikes out because it was signed and sent has to be here after a loss of power; what is stored for the ring,
  // its nodes assert again.
  const tables: Readonly<Record<TableName, StoredRecords>> = {
    stored: new StoredRecords(fileOf('records'), 'normal'),
    asserted: new StoredRecords(fileOf('asserted'), 'full'),
  };
  const ring = new RingRecords(tables.stored, intakeOf(tables.stored));
  const intakeClock = new IntakeClock(tables.stored, wallMs);
  const signer = new BatchSigner(tables.asserted, key, networkId);
  const future = new FutureRecords(tables.asserted, tables.stored, signer, key.id);
  const asserted = new AssertedRecords(tables.asserted, signer, intakeOf(tables.asserted), key.id);
  return {
    open: () => ({ storeId: tables.stored.fact('store_id'), leases: loadLeases(tables.stored.database) }),
    store: ({ bundle, owned, isWide }) => ring.store(bundle, owned, isWide, intakeClock.nowMs()),
    replicate: ({ bundle }) => ring.replicate(bundle, intakeClock.nowMs()),
    digest: (selection) => tables[selection.table].digest(selection),
    entries: (input) => tables[input.table].entries(input, input.cursor, input.limit),
    pick: ({ table, wanted, bundlesMax }) => tables[table].pick(wanted, bundlesMax),
    missing: ({ table, entries, orSuperseded }) => ({
      missing: tables[table].missing(entries, orSuperseded),
    }),
    renew: (input) => ring.renew(input),
    sign: ({ changes, nowMs }) => asserted.sign(changes, nowMs),
    resign: ({ nowMs }) => future.resign(nowMs),
    shard: ({ refused, nowMs }) => asserted.shard(refused, nowMs),
    outgoing: ({ wanted }) => asserted.outgoing(wanted),
    unasserted: ({ files }) => ({ unasserted: unassertedFiles(tables.asserted, key.id, files) }),
    learn: ({ bundle }) => ({ learned: asserted.learn(decodeBundle(bundle), intakeClock.nowMs()) }),
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
      return null;
    },
  };
}
