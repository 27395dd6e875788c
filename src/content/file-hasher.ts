/**
 * Hashes files in a few worker threads, so that the event loop which answers the ring stays free. Small files go many
 * to a message.
 */
import { availableParallelism } from 'node:os';
import { Problem } from '../problems/problem.ts';
import { startWorker } from '../storage/worker-thread.ts';
import type { HashBatch, HashedFile, HashOutcome, HashReply } from './hash-message.ts';
import type { LeafList } from './leaf-list.ts';
import { PieceThread } from './piece-thread.ts';
import { StreamHasher } from './stream-hasher.ts';
import { ThreadPool } from './thread-pool.ts';

/** One thread already hashes at the speed of a fast disk; the other cores have other work. */
const WORKERS_DEFAULT = Math.min(2, availableParallelism());

/** Files a message: enough to make its cost vanish, few enough to spread over the workers. */
const BATCH_FILES = 32;

export interface HashOptions {
  /** Ends the work at the next piece; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

export class FileHasher {
  readonly #pool: ThreadPool<HashBatch, HashReply>;
  #pieceThread: PieceThread | null = null;
  #closed = false;

  constructor(options: { workers?: number } = {}) {
    const start = () => startWorker(import.meta.url, './hash-worker');
    this.#pool = new ThreadPool(start, options.workers ?? WORKERS_DEFAULT);
  }

  /**
   * Hashes one regular file; symlinks are not followed.
   * @throws the system's error with its `code`, or with `not_a_file`; the signal's reason; Problem `interrupted`
   */
  async hashFile(path: string, options: HashOptions = {}): Promise<HashedFile> {
    const [outcome] = await this.hashFiles([path], options);
    if (outcome?.type === 'hashed') return outcome.file;
    if (outcome?.type !== 'failed')
      throw new Error('a batch that was not cancelled answers for each of its files');
    throw Object.assign(new Error(outcome.message), { code: outcome.code, path });
  }

  /**
   * Hashes many files; the outcomes stand in the order of `paths`.
   * @throws the signal's reason; Problem `interrupted` when the hasher is closed, `internal` when a thread died
   */
  async hashFiles(paths: readonly string[], { signal }: HashOptions = {}): Promise<HashOutcome[]> {
    signal?.throwIfAborted();
    const cancelled = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const cancel = () => Atomics.store(new Int32Array(cancelled), 0, 1);
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const replies: Promise<HashReply>[] = [];
      for (let start = 0; start < paths.length; start += BATCH_FILES) {
        replies.push(this.#pool.ask({ paths: paths.slice(start, start + BATCH_FILES), cancelled }));
      }
      const outcomes = (await allSettled(replies, cancel)).flatMap((reply) => reply.outcomes);
      signal?.throwIfAborted();
      return outcomes;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** For a file that arrives in chunks. @param leaves of what came before @throws Problem `interrupted` */
  openStream(leaves?: LeafList): StreamHasher {
    if (this.#closed) throw new Problem('interrupted');
    this.#pieceThread ??= new PieceThread();
    return new StreamHasher(this.#pieceThread, leaves);
  }

  /** Ends the threads; what is under way is rejected with Problem `interrupted`. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#pieceThread?.close(), this.#pool.close()]);
  }
}

/** All results, or the first failure once every batch has ended, so that no thread still reads for a caller gone. */
async function allSettled<T>(promises: Promise<T>[], cancel: () => void): Promise<T[]> {
  for (const promise of promises) promise.catch(cancel);
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
