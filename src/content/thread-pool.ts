/**
 * A few worker threads that answer one request each at a time, started when there is work for them. A thread that dies
 * fails the request that it held, and the next request gets a new one. Idle threads keep no process alive.
 */
import type { Worker } from 'node:worker_threads';
import { Problem } from '../problems/problem.ts';

interface Job<Request, Reply> {
  readonly request: Request;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (reason: unknown) => void;
}

interface Thread<Request, Reply> {
  readonly worker: Worker;
  job: Job<Request, Reply> | null;
}

export class ThreadPool<Request, Reply> {
  readonly #start: () => Worker;
  readonly #threadsMax: number;
  readonly #threads = new Set<Thread<Request, Reply>>();
  readonly #queue: Job<Request, Reply>[] = [];
  #closed = false;

  /** `start` makes a worker that answers every message with exactly one. */
  constructor(start: () => Worker, threadsMax: number) {
    this.#start = start;
    this.#threadsMax = threadsMax;
  }

  /** @throws Problem `internal` when the thread died, `interrupted` when the pool was closed */
  ask(request: Request): Promise<Reply> {
    if (this.#closed) return Promise.reject(new Problem('interrupted'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, resolve, reject });
      this.#dispatch();
    });
  }

  /** Ends the threads; what is under way is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    const threads = [...this.#threads];
    for (const job of this.#queue.splice(0)) job.reject(new Problem('interrupted'));
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const thread = this.#idleThread();
      const job = thread === null ? undefined : this.#queue.shift();
      if (thread === null || job === undefined) return;
      this.#give(thread, job);
    }
  }

  #give(thread: Thread<Request, Reply>, job: Job<Request, Reply>): void {
    try {
      thread.worker.postMessage(job.request);
    } catch (error) {
      job.reject(error); // The request cannot be cloned: the caller's mistake, and nothing was sent.
      return;
    }
    thread.job = job;
    thread.worker.ref();
  }

  #idleThread(): Thread<Request, Reply> | null {
    for (const thread of this.#threads) if (thread.job === null) return thread;
    return this.#threads.size < this.#threadsMax ? this.#startThread() : null;
  }

  #startThread(): Thread<Request, Reply> {
    const worker = this.#start();
    const thread: Thread<Request, Reply> = { worker, job: null };
    this.#threads.add(thread);
    worker.unref();
    worker.on('message', (reply: Reply) => {
      const job = thread.job;
      thread.job = null;
      worker.unref();
      job?.resolve(reply);
      this.#dispatch();
    });
    worker.on('error', (error) => this.#lose(thread, error));
    worker.on('exit', (code) => this.#lose(thread, new Error(`the thread ended with code ${code}`)));
    return thread;
  }

  #lose(thread: Thread<Request, Reply>, cause: unknown): void {
    if (!this.#threads.delete(thread)) return;
    const reason = this.#closed
      ? new Problem('interrupted')
      : new Problem('internal', { reason: 'a worker thread died' }, cause);
    thread.job?.reject(reason);
    thread.job = null;
    if (!this.#closed) this.#dispatch();
  }
}
