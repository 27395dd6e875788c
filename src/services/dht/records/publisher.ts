/**
 * Drains the catalog's pending changes onto the ring, in batches signed together, a few at once, in the order of their coming.
 * A change is settled when enough nodes hold what it says; until then it waits in the catalog, whatever dies. Signed again
 * it falls into the same slots, so that nothing is ever doubled.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Problem } from '../../../problems/problem.ts';
import type { RingPort } from '../ring-port.ts';
import type { Delivery } from './delivery.ts';
import type { PendingChange, PendingSource } from './pending-source.ts';
import type { RecordStore } from './record-store.ts';
import { Slots } from './slots.ts';

/** 256 records under one signature, and a slice of a few milliseconds for whoever reads the catalog. */
const BATCH_CHANGES_MAX = 128;
/** While one batch is stored the next is signed. */
const BATCHES_IN_FLIGHT = 2;
/** After a full batch, this share of the time that it took is left to lookups and transfers. */
const REST_SHARE = 0.5;
const DELAY_GROWTH_MAX = 32;

export interface PublisherOptions {
  readonly ring: RingPort;
  readonly source: PendingSource;
  readonly store: RecordStore;
  readonly delivery: Delivery;
  readonly log: Logger;
  readonly pendingPollMs: number;
  readonly retryDelayMs: number;
}

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #stopping = new AbortController();
  readonly #waiters = new Set<() => void>();
  #wake: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  #seenVersion = -1;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Looks for changes now. */
  nudge(): void {
    this.#seenVersion = -1;
    this.#wake();
  }

  /** Resolves when everything that is pending now stands on the ring. @throws Problem `deadline`, `not_ready` when it is stopped */
  async waitUntilPublished(timeoutMs: number): Promise<void> {
    const last = await this.#lastPendingId();
    if (last === null) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const check = () => {
      const [first] = this.#options.source.pending(1);
      if (first === undefined || first.id > last) resolve();
    };
    const late = () => reject(new Problem('deadline', { what: 'The ring', timeoutMs }));
    const timer = setTimeout(late, timeoutMs);
    const stopped = () => reject(new Problem('not_ready'));
    this.#stopping.signal.addEventListener('abort', stopped, { once: true });
    this.#waiters.add(check);
    try {
      check();
      await promise;
    } finally {
      clearTimeout(timer);
      this.#stopping.signal.removeEventListener('abort', stopped);
      this.#waiters.delete(check);
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopping.signal.aborted) {
      try {
        const isClean = this.#mayDrain() ? await this.#drain() : true;
        failures = isClean ? 0 : failures + 1;
      } catch (error) {
        failures++;
        this.#options.log.warn({ reason: String(error) }, 'pending changes could not be published');
      }
      if (failures > 0) this.#seenVersion = -1;
      await this.#rest(failures);
    }
  }

  /** Is there anything new to look at, and a ring to bring it to? */
  #mayDrain(): boolean {
    if (!this.#options.ring.neighbours().joined) return false;
    const version = this.#options.source.dataVersion();
    if (version === this.#seenVersion) return false;
    this.#seenVersion = version;
    return true;
  }

  /** Everything that is pending, once. False when some of it has to be tried again. */
  async #drain(): Promise<boolean> {
    const slots = new Slots(BATCHES_IN_FLIGHT);
    const onTheirWay = new Set<Promise<void>>();
    let isClean = true;
    let afterId: number | undefined;
    while (!this.#stopping.signal.aborted) {
      const changes = this.#options.source.pending(BATCH_CHANGES_MAX, afterId);
      const last = changes.at(-1);
      if (last === undefined) break;
      afterId = last.id;
      const started = Promise.withResolvers<void>();
      const work = slots
        .run(async () => {
          started.resolve();
          const startedMs = performance.now();
          if (!(await this.#publish(changes))) isClean = false;
          if (changes.length === BATCH_CHANGES_MAX)
            await this.#yield((performance.now() - startedMs) * REST_SHARE);
        })
        .finally(() => onTheirWay.delete(work));
      onTheirWay.add(work);
      // Reads the next changes only once these are being worked on: the catalog is the queue.
      await Promise.race([started.promise, work]);
    }
    await Promise.all(onTheirWay);
    return isClean;
  }

  /** True when every change was settled; never rejects. */
  async #publish(changes: readonly PendingChange[]): Promise<boolean> {
    try {
      return await this.#signAndDeliver(changes);
    } catch (error) {
      this.#options.log.warn({ reason: String(error) }, 'pending changes could not be published');
      return false;
    }
  }

  async #signAndDeliver(changes: readonly PendingChange[]): Promise<boolean> {
    const signed = await this.#options.store.run('sign', { changes, nowMs: Date.now() });
    const left = await this.#options.delivery.deliver(signed, this.#stopping.signal);
    const unsettled = new Set(left.flatMap((outgoing) => outgoing.changes));
    const settled = changes.map(({ id }) => id).filter((id) => !unsettled.has(id));
    if (settled.length > 0) this.#options.source.settle(settled);
    for (const check of this.#waiters) check();
    return unsettled.size === 0;
  }

  async #yield(restMs: number): Promise<void> {
    await pause(restMs, undefined, { signal: this.#stopping.signal }).catch(() => null);
  }

  async #rest(failures: number): Promise<void> {
    const { pendingPollMs, retryDelayMs } = this.#options;
    const delayMs =
      failures === 0 ? pendingPollMs : retryDelayMs * Math.min(2 ** (failures - 1), DELAY_GROWTH_MAX);
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    if (this.#stopping.signal.aborted) return;
    await pause(delayMs, undefined, { signal: woken.signal, ref: false }).catch(() => null);
    this.#wake = () => {};
  }

  async #lastPendingId(): Promise<number | null> {
    let last: number | null = null;
    for (;;) {
      const page = this.#options.source.pending(BATCH_CHANGES_MAX, last ?? undefined);
      const id = page.at(-1)?.id;
      if (id === undefined) return last;
      last = id;
      await pause(0);
    }
  }
}
