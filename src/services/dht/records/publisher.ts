/**
 * Brings the catalog's pending changes onto the ring. Each is signed once in this life, in the order of its coming, and
 * brought until enough nodes hold what it says; only then is it struck out of the catalog (`settlement.ts`).
 * After a death what was not struck out is signed again in the same order and falls into the same slots.
 */
import type { Logger } from 'pino';
import { Problem } from '../../../problems/problem.ts';
import type { RingPort } from '../ring-port.ts';
import { Arrivals } from './arrivals.ts';
import { type Clock, signalAfter, wait } from './clock.ts';
import type { Delivery, DeliveryWatch } from './delivery.ts';
import type { PendingChange, PendingSource } from './pending-source.ts';
import type { RecordStore } from './record-store.ts';
import type { Outgoing, OutgoingBatch } from './record-tasks.ts';
import { Settlement } from './settlement.ts';
import { Slots } from './slots.ts';

/** 256 records under one signature, and a slice of a few milliseconds for whoever reads the catalog. */
const BATCH_CHANGES_MAX = 128;
/** While one batch is stored the next is signed. */
const BATCHES_IN_FLIGHT = 2;
/** A batch that takes longer waits for a node that does not answer: others are brought meanwhile. */
const PATIENCE_MS = 1000;
/** Changes on their way; beyond it the ring is away, and the catalog is the queue. */
const OPEN_MAX = 8192;
/** After a full batch, this share of the time that it took is left to lookups and transfers. */
const REST_SHARE = 0.5;
/** What is signed again in one go may take this long to be brought. */
const RESIGN_MAX_MS = 5000;
/** Looked for no oftener: it may be the owner's clock that is wrong, for long. */
const RESIGN_EVERY_MS = 30_000;
const DELAY_GROWTH_MAX = 32;

export interface PublisherOptions {
  readonly ring: Pick<RingPort, 'neighbours'>;
  readonly source: PendingSource;
  readonly store: Pick<RecordStore, 'run'>;
  readonly delivery: Pick<Delivery, 'deliver' | 'whenAhead'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly pendingPollMs: number;
  readonly retryDelayMs: number;
}

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #stopping = new AbortController();
  readonly #settlement: Settlement;
  readonly #slots = new Slots(BATCHES_IN_FLIGHT);
  readonly #onTheirWay = new Set<Promise<void>>();
  /** The last change that was signed. */
  #signedId = 0;
  #wake: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  #seenVersion = -1;
  /** Owners refuse what was signed as of the future. */
  #isAhead = false;
  #resignAtMs = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#settlement = new Settlement(options);
    options.delivery.whenAhead(() => {
      this.#isAhead = true;
    });
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Looks for changes now. */
  nudge(): void {
    this.#seenVersion = -1;
    this.#wake();
  }

  /**
   * Resolves when what is pending now of `paths`, or of all, stands on the ring.
   * @throws Problem `deadline`, `invalid_record` (the ring will never take it), `not_ready` (stopped meanwhile)
   */
  async waitUntilPublished(timeoutMs: number, paths: readonly string[] = []): Promise<void> {
    await this.#settlement.wait(timeoutMs, paths);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#settlement.fail(new Problem('not_ready'));
    this.#wake();
    await this.#running;
    await Promise.all(this.#onTheirWay);
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopping.signal.aborted) {
      try {
        this.#settlement.settle();
        const isNew = this.#mayDrain();
        await this.#resignWhenDue();
        if (isNew) await this.#drain();
        failures = 0;
      } catch (error) {
        failures++;
        this.#seenVersion = -1;
        this.#options.log.warn({ reason: String(error) }, 'pending changes could not be published');
      }
      await this.#rest(failures);
    }
  }

  /** Is there anything new to look at, and a ring to bring it to? */
  #mayDrain(): boolean {
    if (!this.#options.ring.neighbours().joined || this.#settlement.openCount >= OPEN_MAX) return false;
    const version = this.#options.source.dataVersion();
    if (version === this.#seenVersion) return false;
    this.#seenVersion = version;
    return true;
  }

  /** A clock that jumps says nothing of which time was right: the owners do. */
  async #resignWhenDue(): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs();
    if (!this.#isAhead || nowMs < this.#resignAtMs) return;
    this.#isAhead = false;
    this.#resignAtMs = nowMs + RESIGN_EVERY_MS;
    await this.#resign();
  }

  async #resign(): Promise<void> {
    const { store, delivery, clock, log } = this.#options;
    const signed = new Set<string>();
    while (!this.#stopping.signal.aborted) {
      const { more, ...batch } = await store.run('resign', { nowMs: clock.wallMs() });
      // Who took the old ones tells of them, and they would be signed again without end.
      if (!more || batch.outgoing.every(({ slot }) => signed.has(slot))) return;
      for (const { slot } of batch.outgoing) signed.add(slot);
      log.warn({ records: batch.outgoing.length }, 'the clock was far ahead: records are signed again');
      // Nothing waits for it, and renewal brings what is left of it.
      await delivery.deliver(
        batch,
        AbortSignal.any([this.#stopping.signal, signalAfter(clock, RESIGN_MAX_MS)]),
      );
    }
  }

  /** Everything that was not signed yet, once. */
  async #drain(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      if (this.#settlement.openCount >= OPEN_MAX) {
        this.#seenVersion = -1;
        return;
      }
      const changes = this.#options.source.pending(BATCH_CHANGES_MAX, this.#signedId);
      if (changes.length === 0) return;
      // Signed and the next read only once these are being brought: the catalog is the queue.
      const release = await this.#slots.take();
      try {
        this.#start(changes, await this.#sign(changes), release);
      } catch (error) {
        release();
        throw error;
      }
    }
  }

  async #sign(changes: readonly PendingChange[]): Promise<OutgoingBatch> {
    const { store, clock } = this.#options;
    const signed = await store.run('sign', { changes, nowMs: clock.wallMs() });
    this.#signedId = changes.at(-1)?.id ?? this.#signedId;
    this.#settlement.add(changes);
    this.#settlement.refuse(signed.refused);
    return signed;
  }

  /** @param release the slot, given back when the batch is there or takes too long */
  #start(changes: readonly PendingChange[], signed: OutgoingBatch, release: () => void): void {
    const { clock } = this.#options;
    const startedMs = clock.monotonicMs();
    const endPatience = clock.after(PATIENCE_MS, release);
    const work = this.#bring(changes, signed)
      .catch((error: unknown) => {
        this.#options.log.error(
          { err: error },
          'changes were not brought to the ring; a restart tries again',
        );
      })
      .then(async () => {
        endPatience();
        const isFull = changes.length === BATCH_CHANGES_MAX;
        if (isFull) await this.#yield(Math.min(clock.monotonicMs() - startedMs, PATIENCE_MS) * REST_SHARE);
        release();
      })
      .finally(() => this.#onTheirWay.delete(work));
    this.#onTheirWay.add(work);
  }

  /** Until all of them are there, whatever it takes. */
  async #bring(changes: readonly PendingChange[], signed: OutgoingBatch): Promise<void> {
    const { delivery } = this.#options;
    const arrivals = new Arrivals(signed.outgoing);
    const watch = this.#watch(arrivals);
    this.#settlement.arrive(changes.map(({ id }) => id).filter((id) => arrivals.hasAll(id)));
    let batch: OutgoingBatch | null = signed;
    let left: readonly Outgoing[] = signed.outgoing;
    for (let failures = 0; left.length > 0 && !this.#stopping.signal.aborted; failures++) {
      try {
        if (batch !== null) left = await delivery.deliver(batch, this.#stopping.signal, watch);
      } catch (error) {
        this.#options.log.warn({ err: error }, 'changes were not brought to the ring, and are tried again');
      }
      if (left.length === 0) return;
      left = left.map(withoutBytes);
      await this.#yield(this.#delayMs(failures));
      batch = await this.#again(left, watch);
    }
  }

  #watch(arrivals: Arrivals): DeliveryWatch {
    return {
      stored: (items) => this.#settlement.arrive(arrivals.strike(items)),
      replaced: (items, by) => {
        arrivals.expect(by);
        this.#settlement.arrive(arrivals.strike(items));
      },
      refused: (items, reason) => {
        this.#settlement.refuse(items.flatMap(({ changes }) => changes.map((id) => ({ id, reason }))));
        this.#settlement.arrive(arrivals.strike(items));
      },
    };
  }

  /** What stands now where these were to be brought; null when it cannot be read now. */
  async #again(left: readonly Outgoing[], watch: DeliveryWatch): Promise<OutgoingBatch | null> {
    const { store, log } = this.#options;
    try {
      const byPair = new Map(left.map((item) => [pairOf(item), item]));
      const wanted = Buffer.from([...byPair.keys()].join(''), 'hex');
      const { outgoing, batches } = await store.run('outgoing', { wanted });
      const again = outgoing.map((item) => ({ ...item, changes: byPair.get(pairOf(item))?.changes ?? [] }));
      for (const item of again) byPair.delete(pairOf(item));
      // A newer change of their slots has moved the others, and brings them itself.
      watch.stored([...byPair.values()]);
      return { outgoing: again, batches };
    } catch (error) {
      log.warn({ reason: String(error) }, 'signed records could not be read');
      return null;
    }
  }

  async #yield(restMs: number): Promise<void> {
    await wait(this.#options.clock, restMs, this.#stopping.signal);
  }

  #delayMs(failures: number): number {
    return this.#options.retryDelayMs * Math.min(2 ** failures, DELAY_GROWTH_MAX);
  }

  async #rest(failures: number): Promise<void> {
    const delayMs = failures === 0 ? this.#options.pendingPollMs : this.#delayMs(failures - 1);
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    if (this.#stopping.signal.aborted) return;
    await wait(this.#options.clock, delayMs, woken.signal);
    this.#wake = () => {};
  }
}

function pairOf({ key, slot }: Outgoing): string {
  return key + slot;
}

/** What waits long is read again when its turn comes. */
function withoutBytes(item: Outgoing): Outgoing {
  return { ...item, record: new Uint8Array(0) };
}
