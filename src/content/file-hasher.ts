/**
 * Hashes files in a few worker threads, so that the event loop which answers the ring stays free. Small files go
 * many to a message. A worker that dies fails the batch it held, and the next batch gets a new one.
 */
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { Problem } from '../problems/problem.ts';
import { startWorker } from '../storage/worker-thread.ts';
import type { HashBatch, HashedFile, HashOutcome, HashReply } from './hash-message.ts';
import { PieceThread } from './piece-thread.ts';
import { StreamHasher } from './stream-hasher.ts';

/** One thread already hashes at the speed of a fast disk; the other cores have other work. */
const WORKERS_DEFAULT = Math.min(2, availableParallelism());

/** Files a message: enough to make its cost vanish, few enough to spread over the workers. */
const BATCH_FILES = 32;

interface Job {
  readonly batch: HashBatch;
  readonly resolve: (outcomes: readonly HashOutcome[]) => void;
  readonly reject: (reason: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  job: Job | null;
}

export interface HashOptions {
  /** Ends the work at the next piece; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

export class FileHasher {
  readonly #threadsMax: number;
  readonly #threads = new Set<Thread>();
  readonly #queue: Job[] = [];
  #pieceThread: PieceThread | null = null;
  #closed = false;

  constructor(options: { workers?: number } = {}) {
    this.#threadsMax = options.workers ?? WORKERS_DEFAULT;
  }

  /**
   * Hashes one regular file; symlinks are not followed.
   * @throws the system's error with its `code`, or with `not_a_file`; the signal's reason
   */
  async hashFile(path: string, options: HashOptions = {}): Promise<HashedFile> {
    const [outcome] = await this.hashFiles([path], options);
    if (outcome?.type === 'hashed') return outcome.file;
    if (outcome?.type !== 'failed')
      throw new Error('a batch that was not cancelled answers for each of its files');
    throw Object.assign(new Error(outcome.message), { code: outcome.code, path });
  }

  /** Hashes many files; the outcomes stand in the order of `paths`. @throws the signal's reason */
  async hashFiles(paths: readonly string[], { signal }: HashOptions = {}): Promise<HashOutcome[]> {
    signal?.throwIfAborted();
    const cancelled = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const cancel = () => Atomics.store(new Int32Array(cancelled), 0, 1);
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const batches: Promise<readonly HashOutcome[]>[] = [];
      for (let start = 0; start < paths.length; start += BATCH_FILES) {
        batches.push(this.#submit({ paths: paths.slice(start, start + BATCH_FILES), cancelled }));
      }
      const outcomes = (await settleAll(batches, cancel)).flat();
      signal?.throwIfAborted();
      return outcomes;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** For a file that arrives in chunks. */
  openStream(): StreamHasher {
    if (this.#closed) throw closedProblem();
    this.#pieceThread ??= new PieceThread();
    return new StreamHasher(this.#pieceThread);
  }

  /** Ends the threads; what is under way is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    const threads = [...this.#threads];
    for (const job of this.#queue.splice(0)) job.reject(closedProblem());
    await Promise.all([this.#pieceThread?.close(), ...threads.map(({ worker }) => worker.terminate())]);
  }

  #submit(batch: HashBatch): Promise<readonly HashOutcome[]> {
    if (this.#closed) return Promise.reject(closedProblem());
    return new Promise((resolve, reject) => {
      this.#queue.push({ batch, resolve, reject });
      this.#dispatch();
    });
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const thread = this.#idleThread();
      const job = thread === null ? undefined : this.#queue.shift();
      if (thread === null || job === undefined) return;
      thread.job = job;
      thread.worker.ref();
      thread.worker.postMessage(job.batch);
    }
  }

  #idleThread(): Thread | null {
    for (const thread of this.#threads) if (thread.job === null) return thread;
    return this.#threads.size < this.#threadsMax ? this.#startThread() : null;
  }

  #startThread(): Thread {
    const worker = startWorker(import.meta.url, './hash-worker');
    const thread: Thread = { worker, job: null };
    this.#threads.add(thread);
    worker.on('message', (reply: HashReply) => {
      const job = thread.job;
      thread.job = null;
      worker.unref(); // An idle hasher keeps no process alive.
      job?.resolve(reply.outcomes);
      this.#dispatch();
    });
    worker.on('error', (error) => this.#lose(thread, error));
    worker.on('exit', (code) => this.#lose(thread, new Error(`the hashing thread ended with code ${code}`)));
    return thread;
  }

  #lose(thread: Thread, cause: unknown): void {
    if (!this.#threads.delete(thread)) return;
    const reason = this.#closed
      ? closedProblem()
      : new Problem('internal', { reason: 'a hashing thread died' }, cause);
    thread.job?.reject(reason);
    thread.job = null;
    if (!this.#closed) this.#dispatch();
  }
}

/** All results, or the first failure once every batch has ended, so that no thread still reads for a caller gone. */
async function settleAll<T>(promises: Promise<T>[], cancel: () => void): Promise<T[]> {
  for (const promise of promises) promise.catch(cancel);
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

function closedProblem(): Problem {
  return new Problem('interrupted');
}
