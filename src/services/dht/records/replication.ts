/**
 * Keeps the copies of this node's range on its next successors, and this node's own copy whole: after every change of
 * neighbours, and now and then in between. Who comes to own keys pulls first and claims them then; one that leaves gives first.
 */
import type { Logger } from 'pino';
import type { KeyRange } from '../../../records/key-range.ts';
import { CID_COPIES, NAME_COPIES } from '../../../records/placement.ts';
import type { Random, RingEvent } from '../../../ring/effect.ts';
import type { Contact } from '../../../ring/message.ts';
import type { RingPort } from '../ring-port.ts';
import type { Clock } from './clock.ts';
import type { OwnerMap } from './owner-map.ts';
import type { Ownership } from './ownership.ts';
import type { RangeSync, Share } from './range-sync.ts';
import { Rhythm } from './rhythm.ts';
import { Takeover } from './takeover.ts';

export interface ReplicationOptions {
  readonly ring: RingPort;
  readonly ownership: Ownership;
  readonly owners: OwnerMap;
  readonly sync: RangeSync;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly syncIntervalMs: number;
  readonly syncDelayMs: number;
  readonly claimPatienceMs: number;
}

export class Replication {
  readonly #options: ReplicationOptions;
  readonly #takeover: Takeover;
  readonly #rhythm: Rhythm;
  #unsubscribe: () => void = () => {};

  constructor(options: ReplicationOptions) {
    this.#options = options;
    this.#takeover = new Takeover(options);
    this.#rhythm = new Rhythm({
      ...options,
      intervalMs: options.syncIntervalMs,
      delayMs: options.syncDelayMs,
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
    const range = this.#options.ownership.place();
    if (range === null) return;
    const given = this.#heirs(NAME_COPIES).map((peer, index) =>
      this.#options.sync.give(peer, this.#share(range, index < CID_COPIES ? 0 : NAME_COPIES), signal),
    );
    await Promise.allSettled(given);
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    await this.#rhythm.stop();
  }

  #onEvent({ type }: RingEvent): void {
    if (type === 'joined' || type === 'doubted' || type === 'orphaned') this.#takeover.beginAnew();
    if (type === 'joined' || type === 'settled' || type === 'neighboursChanged') this.#rhythm.soon();
  }

  /** False when it is worth trying again soon. */
  async #reconcile(signal: AbortSignal): Promise<boolean> {
    const { ownership } = this.#options;
    const range = ownership.owned();
    if (range === null) return ownership.place() === null;
    let isWhole = ownership.isClaimed(range) || (await this.#takeover.pull(range, signal));
    for (const [index, peer] of this.#heirs(NAME_COPIES - 1).entries()) {
      const share = this.#share(range, index < CID_COPIES - 1 ? 0 : NAME_COPIES);
      isWhole = (await this.#syncWith(peer, share, signal)) && isWhole;
    }
    return isWhole;
  }

  #heirs(count: number): readonly Contact[] {
    return this.#options.ownership.successors().slice(0, count);
  }

  #share(range: KeyRange, minCopies: number): Share {
    return { range, minCopies, isClaimed: () => this.#options.ownership.isClaimed(range) };
  }

  async #syncWith(peer: Contact, share: Share, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#options.sync.sync(peer, share, signal);
      return true;
    } catch (error) {
      signal.throwIfAborted();
      this.#options.log.debug({ peer: peer.id, reason: String(error) }, 'ranges could not be compared');
      return false;
    }
  }
}
