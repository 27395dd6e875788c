/** The records on this node, from the event loop: tasks for the worker, and reads on a connection that only reads. */
import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Worker } from 'node:worker_threads';
import type { NodeKey } from '../../../identity/node-key.ts';
import { Problem } from '../../../problems/problem.ts';
import { openDatabase } from '../../../storage/database.ts';
import { startWorker } from '../../../storage/worker-thread.ts';
import { kindNumber } from './record-codec.ts';
import { RECORD_MIGRATIONS } from './record-schema.ts';
import type {
  RecordWorkerData,
  StoredLease,
  TaskInput,
  TaskName,
  TaskOutput,
  TaskRequest,
  TaskResponse,
} from './record-tasks.ts';

/** Tasks that may wait for the worker: beyond that the node is busy, and says so. */
const TASKS_MAX = 256;
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

interface Waiting {
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
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

  /** @throws Problem `newer_data` */
  static async open(dataDir: string, networkId: string, key: NodeKey): Promise<RecordStore> {
    const worker = new TaskWorker({ dataDir, networkId, keyPem: key.toPem() });
    try {
      const opened = await worker.run('open', {});
      const options = { synchronous: 'normal', readOnly: true } as const;
      return new RecordStore(
        worker,
        openDatabase(join(dataDir, 'records.db'), RECORD_MIGRATIONS, options),
        opened,
      );
    } catch (error) {
      await worker.end();
      throw error;
    }
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

class TaskWorker {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ended: Error | null = null;

  constructor(data: RecordWorkerData) {
    this.#worker = startWorker(import.meta.url, './record-worker', { workerData: data });
    this.#worker.on('message', (response: TaskResponse) => this.#settle(response));
    this.#worker.on('error', (error) =>
      this.#fail(error instanceof Error ? error : new Error(String(error))),
    );
    this.#worker.on('exit', () => this.#fail(new Error('the record worker has ended')));
  }

  run<Name extends TaskName>(name: Name, input: TaskInput<Name>): Promise<TaskOutput<Name>> {
    if (this.#ended !== null) return Promise.reject(Problem.from(this.#ended));
    if (this.#waiting.size >= TASKS_MAX) return Promise.reject(new Problem('busy', { seconds: 1 }));
    const id = ++this.#lastId;
    const request: TaskRequest = { id, name, input };
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (output: unknown) => void, reject });
      this.#worker.postMessage(request);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(response: TaskResponse): void {
    const waiting = this.#waiting.get(response.id);
    this.#waiting.delete(response.id);
    if (waiting === undefined) return;
    if ('output' in response) {
      waiting.resolve(response.output);
      return;
    }
    const cause = new Error('in the record worker');
    cause.stack = response.stack;
    const { code, details } = Problem.fromDocument({ code: response.code, details: response.details });
    waiting.reject(new Problem(code, details, cause));
  }

  #fail(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(Problem.from(this.#ended));
    this.#waiting.clear();
  }
}
