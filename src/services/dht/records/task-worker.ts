/**
 * The record worker, from the event loop: tasks in, answers out. One that dies is started again, since its stores are
 * transactional; one that dies again soon, or cannot write any more, is told as a failure that the node does not survive.
 */
import { Problem, type ProblemDetails } from '../../../problems/problem.ts';
import { type Clock, MACHINE_CLOCK } from './clock.ts';
import type { TaskInput, TaskName, TaskOutput, TaskRequest, TaskResponse } from './record-tasks.ts';

/** Tasks that may wait for the worker: beyond that the node is busy, and says so. */
const TASKS_MAX = 256;
/** A worker that dies twice within this time would die for ever. */
const DEATHS_APART_MS = 60_000;
/** One failed write may be an accident; an owner that can store nothing must not go on owning. */
const FAILED_WRITES_MAX = 5;
const WRITES: ReadonlySet<TaskName> = new Set([
  'store',
  'replicate',
  'sign',
  'resign',
  'shard',
  'learn',
  'saveLeases',
  'sweep',
]);
const CANNOT_WRITE: ReadonlySet<string> = new Set(['no_space', 'cannot_write']);

/** What carries out the tasks: a worker thread, or what stands for one. */
export interface TaskThread {
  postMessage(request: TaskRequest): void;
  on(event: 'message', listener: (response: TaskResponse) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'exit', listener: () => void): unknown;
  terminate(): Promise<unknown>;
}

interface Waiting {
  readonly name: TaskName;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class TaskWorker {
  /** Resolves when no task can be done any more: `no_space`, `cannot_write`, `internal`. */
  readonly failed: Promise<Problem>;
  readonly #start: () => TaskThread;
  readonly #clock: Clock;
  readonly #waiting = new Map<number, Waiting>();
  readonly #hasFailed = Promise.withResolvers<Problem>();
  #worker: TaskThread;
  #lastId = 0;
  #kept: TaskInput<'keep'> | null = null;
  #ended: Problem | null = null;
  /** On the monotonic clock. */
  #diedAtMs = Number.NEGATIVE_INFINITY;
  #hasAnswered = false;
  #failedWrites = 0;

  constructor(start: () => TaskThread, clock: Clock = MACHINE_CLOCK) {
    this.#clock = clock;
    this.#start = start;
    this.failed = this.#hasFailed.promise;
    this.#worker = this.#begin();
  }

  /** @throws Problem `busy`, or what the task met */
  run<Name extends TaskName>(name: Name, input: TaskInput<Name>): Promise<TaskOutput<Name>> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    if (this.#waiting.size >= TASKS_MAX) return Promise.reject(new Problem('busy', { seconds: 1 }));
    if (name === 'keep') this.#kept = input as TaskInput<'keep'>;
    const request: TaskRequest = { id: ++this.#lastId, name, input };
    return new Promise((resolve, reject) => {
      this.#waiting.set(request.id, { name, resolve: resolve as (output: unknown) => void, reject });
      this.#worker.postMessage(request);
    });
  }

  async end(): Promise<void> {
    this.#ended ??= new Problem('not_ready');
    await this.#worker.terminate();
  }

  #begin(): TaskThread {
    const worker = this.#start();
    let cause: unknown = new Error('the record worker has ended');
    worker.on('message', (response: TaskResponse) => this.#settle(response));
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => this.#onExit(Problem.from(cause)));
    return worker;
  }

  /** What it was doing was done whole or not at all: whoever asked tries again. */
  #onExit(problem: Problem): void {
    for (const { reject } of this.#waiting.values()) reject(problem);
    this.#waiting.clear();
    if (this.#ended !== null) return;
    const nowMs = this.#clock.monotonicMs();
    const isAccident = this.#hasAnswered && nowMs - this.#diedAtMs > DEATHS_APART_MS;
    this.#diedAtMs = nowMs;
    if (!isAccident) {
      this.#fail(problem);
      return;
    }
    this.#worker = this.#begin();
    if (this.#kept !== null) this.run('keep', this.#kept).catch(() => null);
  }

  #settle(response: TaskResponse): void {
    const waiting = this.#waiting.get(response.id);
    this.#waiting.delete(response.id);
    this.#hasAnswered = true;
    if (waiting === undefined) return;
    if ('output' in response) {
      if (WRITES.has(waiting.name)) this.#failedWrites = 0;
      waiting.resolve(response.output);
      return;
    }
    const problem = problemOf(response);
    waiting.reject(problem);
    if (!CANNOT_WRITE.has(problem.code)) return;
    this.#failedWrites++;
    if (this.#failedWrites >= FAILED_WRITES_MAX) this.#fail(problem);
  }

  #fail(problem: Problem): void {
    this.#ended ??= problem;
    this.#hasFailed.resolve(this.#ended);
  }
}

function problemOf({
  code,
  details,
  stack,
}: {
  code: string;
  details: ProblemDetails;
  stack: string;
}): Problem {
  const cause = new Error('in the record worker');
  cause.stack = stack;
  const known = Problem.fromDocument({ code, details });
  return new Problem(known.code, known.details, cause);
}
