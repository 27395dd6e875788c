/** The records on this node, from the event loop: tasks for the worker, and reads on a connection that only reads. */
import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Worker } from 'node:worker_threads';
import type { NodeKey } from '../../../identity/node-key.ts';
import type { Problem } from '../../../problems/problem.ts';
import { openDatabase } from '../../../storage/database.ts';
import { startWorker } from '../../../storage/worker-thread.ts';
import { type Clock, MACHINE_CLOCK } from './clock.ts';
import { kindNumber } from './record-codec.ts';
import { RECORD_MIGRATIONS } from './record-schema.ts';
import type { RecordWorkerData, StoredLease, TaskInput, TaskName, TaskOutput } from './record-tasks.ts';
import { type TaskThread, TaskWorker } from './task-worker.ts';

const PROVIDER = kindNumber('provider');

/** A record under a key, as it is stored. */
export interface StoredRow {
  readonly slot: Uint8Array;
  readonly kind: number;
  readonly encoded: Uint8Array;
  readonly batch: Uint8Array;
  /** Who signed it, 64 hexadecimal digits. */
  readonly signer: string;
  readonly expires: number | null;
}

/** Where records lie, and who works on them. */
export interface RecordPlace {
  start(): TaskThread;
  /** A connection that only reads, once the thread has opened the file. */
  openReader(): DatabaseSync;
}

export class RecordStore {
  readonly storeId: bigint;
  /** Leases as the last life left them. */
  readonly leases: readonly StoredLease[];
  readonly #worker: TaskWorker;
  readonly #reader: DatabaseSync;
  readonly #entries: StatementSync;
  readonly #providers: StatementSync;
  readonly #count: StatementSync;

  private constructor(worker: TaskWorker, reader: DatabaseSync, opened: TaskOutput<'open'>) {
    this.#worker = worker;
    this.#reader = reader;
    this.storeId = opened.storeId;
    this.leases = opened.leases;
    const columns = `p.slot, p.kind, p.expires, r.encoded, b.encoded AS batch, lower(hex(s.node)) AS signer
      FROM placements p JOIN records r ON r.id = p.record JOIN batches b ON b.root = r.root
      JOIN signers s ON s.id = p.signer`;
    this.#entries = reader.prepare(
      `SELECT ${columns} WHERE p.key = ? AND p.slot > ? AND p.kind <> ${PROVIDER} ORDER BY p.slot LIMIT ?`,
    );
    this.#providers = reader.prepare(
      `SELECT ${columns} WHERE p.key = ? AND p.kind = ${PROVIDER} ORDER BY p.slot`,
    );
    this.#count = reader.prepare('SELECT coalesce(sum(placements), 0) AS count FROM signers');
  }

  /**
   * @param start how the worker is started
   * @throws Problem `newer_data`
   */
  static open(
    dataDir: string,
    networkId: string,
    key: NodeKey,
    start: (data: RecordWorkerData) => Worker = startRecordWorker,
  ): Promise<RecordStore> {
    const data = { dataDir, networkId, keyPem: key.toPem() };
    const options = { synchronous: 'normal', readOnly: true } as const;
    return RecordStore.at({
      start: () => start(data),
      openReader: () => openDatabase(join(dataDir, 'records.db'), RECORD_MIGRATIONS, options),
    });
  }

  /** @throws Problem `newer_data` */
  static async at(place: RecordPlace, clock: Clock = MACHINE_CLOCK): Promise<RecordStore> {
    const worker = new TaskWorker(() => place.start(), clock);
    try {
      const opened = await worker.run('open', {});
      return new RecordStore(worker, place.openReader(), opened);
    } catch (error) {
      await worker.end();
      throw error;
    }
  }

  /** Resolves when records can neither be written nor read any more, and says why. */
  get failed(): Promise<Problem> {
    return this.#worker.failed;
  }

  /** @throws Problem `busy`, or what the task met */
  run<Name extends TaskName>(name: Name, input: TaskInput<Name>): Promise<TaskOutput<Name>> {
    return this.#worker.run(name, input);
  }

  /** Everything under a key but providers, in order of slot. */
  entries(key: Uint8Array, afterSlot: Uint8Array, limit: number): StoredRow[] {
    return this.#entries.all(key, afterSlot, limit) as unknown as StoredRow[];
  }

  providers(key: Uint8Array): StoredRow[] {
    return this.#providers.all(key) as unknown as StoredRow[];
  }

  /** Placements stored here; 0 once closed. */
  count(): number {
    if (!this.#reader.isOpen) return 0;
    return Number(this.#count.get()?.count ?? 0);
  }

  async close(): Promise<void> {
    this.#reader.close();
    await this.#worker.run('close', {}).catch(() => null);
    await this.#worker.end();
  }
}

export function startRecordWorker(data: RecordWorkerData): Worker {
  return startWorker(import.meta.url, './record-worker', { workerData: data });
}
