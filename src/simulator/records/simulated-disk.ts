/** The disk of one simulated machine: SQLite databases in memory that outlive the processes which open them. */
import { DatabaseSync } from 'node:sqlite';
import type { NodeKey } from '../../identity/node-key.ts';
import type { Identifier } from '../../ring/identifier.ts';
import type { Clock } from '../../services/dht/records/clock.ts';
import { RECORD_MIGRATIONS } from '../../services/dht/records/record-schema.ts';
import type { RecordPlace } from '../../services/dht/records/record-store.ts';
import type { TaskRequest, TaskResponse } from '../../services/dht/records/record-tasks.ts';
import { TaskRunner } from '../../services/dht/records/task-runner.ts';
import type { TaskThread } from '../../services/dht/records/task-worker.ts';
import { openDatabase } from '../../storage/database.ts';

/** What a task takes of the thread, milliseconds. */
const TASK_MS = 0.2;

/** Names of databases in memory are known to the whole process. */
let disks = 0;

export class SimulatedDisk {
  readonly #name = `simulated-${disks++}`;
  /** A database in memory lives as long as somebody has it open. */
  readonly #keepers: DatabaseSync[];

  /** @param storeId by which others know this disk's records again */
  constructor(storeId: bigint) {
    this.#keepers = (['records', 'asserted'] as const).map((name) =>
      openDatabase(this.#fileOf(name), RECORD_MIGRATIONS, { synchronous: 'normal' }),
    );
    this.#keepers[0]?.prepare("UPDATE facts SET value = ? WHERE name = 'store_id'").run(storeId);
  }

  /** For one process; `close` when it ends. */
  mount(networkId: string, key: NodeKey, clock: Clock): MountedDisk {
    const runner = new TaskRunner({
      fileOf: (name) => this.#fileOf(name),
      dataDir: this.#name,
      networkId,
      key,
      wallMs: () => clock.wallMs(),
    });
    return new MountedDisk(runner, clock, this.#fileOf('records'));
  }

  /** Which kind of record stands in a slot under a key; null where none does. */
  kindAt(key: Identifier, slot: Identifier): number | null {
    const statement = this.#keepers[0]?.prepare('SELECT kind FROM placements WHERE key = ? AND slot = ?');
    const row = statement?.get(Buffer.from(key, 'hex'), Buffer.from(slot, 'hex'));
    return row === undefined ? null : Number(row.kind);
  }

  /** All that was on it is gone. */
  destroy(): void {
    for (const keeper of this.#keepers) keeper.close();
  }

  #fileOf(name: string): string {
    return `file:${this.#name}-${name}?mode=memory&cache=shared`;
  }
}

export class MountedDisk implements RecordPlace {
  readonly #runner: TaskRunner;
  readonly #clock: Clock;
  readonly #file: string;
  #reader: DatabaseSync | null = null;
  #isOpen = true;

  constructor(runner: TaskRunner, clock: Clock, file: string) {
    this.#runner = runner;
    this.#clock = clock;
    this.#file = file;
  }

  start(): TaskThread {
    return new SimulatedThread((request) => this.#answer(request), this.#clock);
  }

  openReader(): DatabaseSync {
    this.#reader = new DatabaseSync(this.#file, { readOnly: true });
    return this.#reader;
  }

  /** The process has ended, however. */
  close(): void {
    if (this.#reader?.isOpen) this.#reader.close();
    this.#answer({ id: 0, name: 'close', input: {} });
  }

  #answer(request: TaskRequest): TaskResponse {
    if (request.name !== 'close') return this.#runner.answer(request);
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    return wasOpen ? this.#runner.answer(request) : { id: request.id, output: null };
  }
}

/** One task at a time, each of which takes a while; what goes in and out is copied, as between threads. */
class SimulatedThread implements TaskThread {
  readonly #answer: (request: TaskRequest) => TaskResponse;
  readonly #clock: Clock;
  #listener: (response: TaskResponse) => void = () => {};
  #busyUntilMs = 0;

  constructor(answer: (request: TaskRequest) => TaskResponse, clock: Clock) {
    this.#answer = answer;
    this.#clock = clock;
  }

  postMessage(request: TaskRequest): void {
    const copy = structuredClone(request);
    const nowMs = this.#clock.monotonicMs();
    this.#busyUntilMs = Math.max(nowMs, this.#busyUntilMs) + TASK_MS;
    this.#clock.after(this.#busyUntilMs - nowMs, () => this.#listener(structuredClone(this.#answer(copy))));
  }

  on(event: 'message' | 'error' | 'exit', listener: (argument: never) => void): void {
    if (event === 'message') this.#listener = listener as (response: TaskResponse) => void;
  }

  async terminate(): Promise<void> {
    this.#listener = () => {};
  }
}
