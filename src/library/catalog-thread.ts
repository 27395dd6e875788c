/**
 * Gives orders to the thread that writes the catalog durably. Orders that wait together are committed together, with one
 * wait for the disk.
 */
import type { Worker } from 'node:worker_threads';
import { Problem } from '../problems/problem.ts';
import { startWorker } from '../storage/worker-thread.ts';
import type { CatalogOrders, CatalogWriter } from './catalog-orders.ts';

export interface OrderMessage {
  readonly id: number;
  readonly name: keyof CatalogOrders;
  readonly parameters: readonly unknown[];
}

export type OrderReply =
  | { readonly id: number; readonly done: true; readonly result: unknown }
  /** `problem` is a `ProblemDocument`. */
  | { readonly id: number; readonly done: false; readonly problem: unknown };

interface Waiter {
  readonly resolve: (result: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

export class CatalogThread implements CatalogWriter {
  readonly #dataDir: string;
  readonly #waiters = new Map<number, Waiter>();
  #worker: Worker | null = null;
  #lastId = 0;
  #closed = false;

  /** Starts with its first order. */
  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  write<Name extends keyof CatalogOrders>(
    name: Name,
    ...parameters: Parameters<CatalogOrders[Name]>
  ): Promise<ReturnType<CatalogOrders[Name]>> {
    if (this.#closed) return Promise.reject(new Problem('interrupted'));
    const worker = this.#worker ?? this.#start();
    this.#lastId += 1;
    const message: OrderMessage = { id: this.#lastId, name, parameters };
    return new Promise((resolve, reject) => {
      this.#waiters.set(message.id, {
        resolve: (result) => resolve(result as ReturnType<CatalogOrders[Name]>),
        reject,
      });
      worker.ref(); // An idle one keeps no process alive.
      worker.postMessage(message);
    });
  }

  /** Orders that were given are still carried out. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    if (worker === null) return;
    worker.ref();
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.postMessage('close');
    await ended;
  }

  #start(): Worker {
    const worker = startWorker(import.meta.url, './catalog-worker', { workerData: this.#dataDir });
    this.#worker = worker;
    worker.on('message', (replies: readonly OrderReply[]) => {
      for (const reply of replies) this.#settle(reply);
      if (this.#waiters.size === 0 && !this.#closed) worker.unref();
    });
    let cause: unknown;
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => this.#lose(cause));
    return worker;
  }

  #settle(reply: OrderReply): void {
    const waiter = this.#waiters.get(reply.id);
    if (waiter === undefined) throw new Error('the catalog thread answers only what it was told');
    this.#waiters.delete(reply.id);
    if (reply.done) waiter.resolve(reply.result);
    else waiter.reject(Problem.fromDocument(reply.problem));
  }

  #lose(cause: unknown): void {
    this.#worker = null; // The next order starts another.
    const waiters = [...this.#waiters.values()];
    this.#waiters.clear();
    for (const { reject } of waiters)
      reject(new Problem('internal', { reason: 'the catalog thread died' }, cause));
  }
}
