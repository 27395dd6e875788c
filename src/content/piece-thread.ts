/**
 * One worker thread that hashes pieces out of memory shared with it, for streams. Measured with 512 pieces: the calling
 * thread spends 0.17 ms of CPU a MiB (copying, messages) instead of 0.75 ms, at 85 % of the throughput.
 */
import type { Worker } from 'node:worker_threads';
import { Problem } from '../problems/problem.ts';
import { startWorker } from '../storage/worker-thread.ts';
import { PIECE_BYTES } from './profile.ts';

/** Bounds the memory of all streams together; a stream that finds none free hashes in its own thread. */
const SLOTS = 8;

export interface PieceSlot {
  readonly index: number;
  /** `PIECE_BYTES` of shared memory, the holder's until it hashes or releases them. */
  readonly bytes: Uint8Array;
}

export interface PieceRequest {
  readonly index: number;
  readonly length: number;
}

export interface PieceReply {
  readonly index: number;
  readonly digest: Uint8Array;
}

interface Waiter {
  readonly slot: PieceSlot;
  readonly resolve: (digest: Uint8Array) => void;
  readonly reject: (reason: unknown) => void;
}

export class PieceThread {
  readonly #memory = new SharedArrayBuffer(SLOTS * PIECE_BYTES);
  readonly #free: PieceSlot[] = [];
  readonly #waiters = new Map<number, Waiter>();
  #worker: Worker | null = null;
  #closed = false;

  constructor() {
    for (let index = 0; index < SLOTS; index += 1) {
      this.#free.push({ index, bytes: new Uint8Array(this.#memory, index * PIECE_BYTES, PIECE_BYTES) });
    }
  }

  /** A slot to fill, or null when all are taken. */
  takeSlot(): PieceSlot | null {
    return this.#free.pop() ?? null;
  }

  releaseSlot(slot: PieceSlot): void {
    this.#free.push(slot);
  }

  /** SHA-256 of the first `length` bytes of the slot, which is released in any case. @throws Problem `internal` */
  hash(slot: PieceSlot, length: number): Promise<Uint8Array> {
    if (this.#closed) {
      this.releaseSlot(slot);
      return Promise.reject(new Problem('interrupted'));
    }
    return new Promise((resolve, reject) => {
      this.#waiters.set(slot.index, { slot, resolve, reject });
      this.#worker ??= this.#start();
      this.#worker.ref();
      const request: PieceRequest = { index: slot.index, length };
      this.#worker.postMessage(request);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = startWorker(import.meta.url, './piece-worker', { workerData: this.#memory });
    worker.on('message', ({ index, digest }: PieceReply) => {
      const waiter = this.#waiters.get(index);
      if (waiter === undefined) throw new Error('the thread answers only for slots that wait');
      this.#waiters.delete(index);
      if (this.#waiters.size === 0) worker.unref();
      this.releaseSlot(waiter.slot);
      waiter.resolve(digest);
    });
    let cause: unknown;
    worker.on('error', (error) => {
      cause = error;
    });
    // Only when the thread has ended can nobody read the slots that it held.
    worker.on('exit', () => this.#lose(cause));
    return worker;
  }

  #lose(cause: unknown): void {
    this.#worker = null;
    const problem = this.#closed
      ? new Problem('interrupted')
      : new Problem('internal', { reason: 'a hashing thread died' }, cause);
    const waiters = [...this.#waiters.values()];
    this.#waiters.clear();
    for (const { slot, reject } of waiters) {
      this.releaseSlot(slot);
      reject(problem);
    }
  }
}
