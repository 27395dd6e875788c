/**
 * Memory for pieces on their way, and threads that verify and write them: the thread that receives only receives, straight
 * into this memory, and nothing is copied. Threads start with the first piece that is worth one.
 */
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { PIECE_BYTES } from '../content/profile.ts';
import { Problem } from '../problems/problem.ts';
import { startWorker } from '../storage/worker-thread.ts';
import { checkPiece, type PieceCheck, type PieceVerdict } from './check-piece.ts';

/** Pieces in memory at once, of all sources together: that is what a transfer takes, whatever the file's size. */
export const SLOTS = 16;
/** Full pieces that wait for a thread. */
const SLOTS_WAITING = 1;
/** One hashes about as fast as one core receives; more than a few only wait. */
const THREADS_MAX = 4;

export interface Slot {
  readonly index: number;
  /** `PIECE_BYTES`, the holder's until it gives the slot back. */
  readonly bytes: Buffer;
}

export interface CheckRequest {
  readonly slot: number;
  readonly check: PieceCheck;
}

export interface CheckReply {
  readonly slot: number;
  readonly verdict: PieceVerdict;
}

interface Waiter {
  readonly resolve: (verdict: PieceVerdict) => void;
  readonly reject: (reason: unknown) => void;
}

interface CheckThread {
  readonly worker: Worker;
  /** By slot. */
  readonly waiters: Map<number, Waiter>;
}

export class PieceChecker {
  readonly #memory = new SharedArrayBuffer(SLOTS * PIECE_BYTES);
  readonly #free: Slot[] = [];
  readonly #threads = new Set<CheckThread>();
  readonly #threadsMax: number;
  readonly #wanting: (() => void)[] = [];
  #slotsMax = SLOTS;
  #closed = false;

  /** @param threads 0: all in the calling thread, for what is too small to be worth their start */
  constructor(threads: number = Math.min(availableParallelism(), THREADS_MAX)) {
    this.#threadsMax = threads;
    for (let index = SLOTS - 1; index >= 0; index -= 1) {
      this.#free.push({ index, bytes: Buffer.from(this.#memory, index * PIECE_BYTES, PIECE_BYTES) });
    }
  }

  /**
   * As many sources send into files: more slots than keep every thread busy would only hold more of what a kill loses. Without
   * this all are to be had, as a stream needs that waits for its pieces in order.
   */
  serveSources(sources: number): void {
    this.#slotsMax = Math.min(SLOTS, sources + this.#threadsMax + SLOTS_WAITING);
    this.#wake();
  }

  /** A slot to fill, or null when all are taken. */
  takeSlot(): Slot | null {
    return this.#isFree() ? (this.#free.pop() ?? null) : null;
  }

  /** Kept when a slot may be free: whoever waited looks again. */
  slotFree(): Promise<void> {
    if (this.#isFree()) return Promise.resolve();
    return new Promise((resolve) => this.#wanting.push(resolve));
  }

  async waitForSlot(): Promise<Slot> {
    for (;;) {
      const slot = this.takeSlot();
      if (slot !== null) return slot;
      await this.slotFree();
    }
  }

  releaseSlot(slot: Slot): void {
    this.#free.push(slot);
    this.#wake();
  }

  /** The slot stays taken. @throws Problem `internal` when a thread died, `interrupted` when this was closed */
  check(slot: Slot, check: PieceCheck): Promise<PieceVerdict> {
    if (this.#closed) return Promise.reject(new Problem('interrupted'));
    if (this.#threadsMax === 0) {
      return Promise.resolve(checkPiece(slot.bytes.subarray(0, check.length), check));
    }
    const { worker, waiters } = this.#leastBusy();
    return new Promise((resolve, reject) => {
      waiters.set(slot.index, { resolve, reject });
      worker.ref();
      worker.postMessage({ slot: slot.index, check } satisfies CheckRequest);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
  }

  #isFree(): boolean {
    return SLOTS - this.#free.length < this.#slotsMax;
  }

  #wake(): void {
    if (this.#isFree()) for (const wake of this.#wanting.splice(0)) wake();
  }

  #leastBusy(): CheckThread {
    let best: CheckThread | null = null;
    for (const thread of this.#threads) {
      if (best === null || thread.waiters.size < best.waiters.size) best = thread;
    }
    if (best !== null && (best.waiters.size === 0 || this.#threads.size === this.#threadsMax)) return best;
    return this.#start();
  }

  #start(): CheckThread {
    const worker = startWorker(import.meta.url, './piece-check-worker', { workerData: this.#memory });
    const thread: CheckThread = { worker, waiters: new Map() };
    this.#threads.add(thread);
    worker.on('message', ({ slot, verdict }: CheckReply) => {
      const waiter = thread.waiters.get(slot);
      if (waiter === undefined) throw new Error('the thread answers only for slots that wait');
      thread.waiters.delete(slot);
      if (thread.waiters.size === 0) worker.unref();
      waiter.resolve(verdict);
    });
    let cause: unknown;
    worker.on('error', (error) => {
      cause = error;
    });
    // Only when the thread has ended can nobody read the slots that it held.
    worker.on('exit', () => this.#lose(thread, cause));
    return thread;
  }

  #lose(thread: CheckThread, cause: unknown): void {
    this.#threads.delete(thread);
    const problem = this.#closed
      ? new Problem('interrupted')
      : new Problem('internal', { reason: 'a hashing thread died' }, cause);
    for (const { reject } of thread.waiters.values()) reject(problem);
    thread.waiters.clear();
  }
}
