/**
 * Keeps the copies of this node's range on its next successors, and this node's own copy whole: after every change of
 * neighbours, and now and then in between. A newcomer pulls first and claims its range then; one that leaves gives first.
 */
import type { Logger } from 'pino';
import type { KeyRange } from '../../../records/key-range.ts';
import { CID_COPIES, NAME_COPIES } from '../../../records/placement.ts';
import type { RingEvent } from '../../../ring/effect.ts';
import type { RingPort } from '../ring-port.ts';
import type { Ownership } from './ownership.ts';
import type { RangeSync } from './range-sync.ts';
import { Rhythm } from './rhythm.ts';

export interface ReplicationOptions {
  readonly ring: RingPort;
  readonly ownership: Ownership;
  readonly sync: RangeSync;
  readonly log: Logger;
  readonly syncIntervalMs: number;
  readonly syncDelayMs: number;
}

export class Replication {
  readonly #options: ReplicationOptions;
  readonly #rhythm: Rhythm;
  #unsubscribe: () => void = () => {};

  constructor(options: ReplicationOptions) {
    this.#options = options;
    this.#rhythm = new Rhythm({
      intervalMs: options.syncIntervalMs,
      delayMs: options.syncDelayMs,
      log: options.log,
      what: 'comparing ranges with the neighbours',
      work: (signal) => this.#reconcile(signal),
    });
  }

  start(): void {
    this.#unsubscribe = this.#options.ring.onEvent((event) => this.#onEvent(event));
    this.#rhythm.start();
    this.#rhythm.soon();
  }

  /** Gives the successors everything of this node's range that they lack: one more of them than hold it now. */
  async handOver(signal: AbortSignal): Promise<void> {
    const { ownership, sync } = this.#options;
    const range = ownership.owned();
    if (range === null) return;
    const given = ownership
      .successors()
      .slice(0, NAME_COPIES)
      .map((peer, index) => sync.give(peer, range, index < CID_COPIES ? 0 : NAME_COPIES, signal));
    await Promise.allSettled(given);
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    await this.#rhythm.stop();
  }

  #onEvent(event: RingEvent): void {
    if (event.type === 'orphaned') this.#options.ownership.forget();
    // While it was in doubt others may have taken what belongs here.
    if (event.type === 'joined' || event.type === 'settled' || event.type === 'neighboursChanged')
      this.#rhythm.soon();
  }

  /** False when it is worth trying again soon. */
  async #reconcile(signal: AbortSignal): Promise<boolean> {
    const { ownership } = this.#options;
    const range = ownership.owned();
    if (range === null) return true;
    ownership.shrink(range);
    const successors = ownership.successors();
    let pulled = successors.length === 0 ? 1 : 0;
    let isWhole = true;
    for (const [index, peer] of successors.slice(0, NAME_COPIES - 1).entries()) {
      const holdsAll = index < CID_COPIES - 1;
      const isDone = await this.#syncWith(peer, range, holdsAll ? 0 : NAME_COPIES, signal);
      if (isDone && holdsAll) pulled++;
      isWhole &&= isDone;
    }
    // One that had the range before has given it, or there is nobody who could have.
    if (pulled > 0 && this.#isStillOwned(range)) ownership.claim(range);
    return isWhole;
  }

  async #syncWith(
    peer: Parameters<RangeSync['sync']>[0],
    range: KeyRange,
    minCopies: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      await this.#options.sync.sync(peer, range, minCopies, signal);
      return true;
    } catch (error) {
      signal.throwIfAborted();
      this.#options.log.debug({ peer: peer.id, reason: String(error) }, 'ranges could not be compared');
      return false;
    }
  }

  #isStillOwned(range: KeyRange): boolean {
    const owned = this.#options.ownership.owned();
    return owned !== null && owned.from === range.from && owned.to === range.to;
  }
}
