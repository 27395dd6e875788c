/**
 * How a node comes to answer for a range that it owns now: it pulls it from the nodes after it, in their order, because others
 * may be as new as itself, until it has asked so many that nothing acknowledged can be missing. Then it claims it.
 */
import type { Logger } from 'pino';
import { isWithin, type KeyRange } from '../../../records/key-range.ts';
import { CID_COPIES, readQuorum } from '../../../records/placement.ts';
import type { Identifier } from '../../../ring/identifier.ts';
import type { Contact } from '../../../ring/message.ts';
import type { RingPort } from '../ring-port.ts';
import type { Clock } from './clock.ts';
import type { OwnerMap } from './owner-map.ts';
import type { Ownership } from './ownership.ts';
import type { RangeSync, Source } from './range-sync.ts';
import { successionOf } from './succession.ts';

/** Copies that are all of it together, whatever the size of the ring was when they were written. */
const ENOUGH_COPIES = readQuorum(CID_COPIES);

export interface TakeoverOptions {
  readonly ring: RingPort;
  readonly ownership: Ownership;
  readonly owners: OwnerMap;
  readonly sync: RangeSync;
  readonly clock: Clock;
  readonly log: Logger;
  readonly claimPatienceMs: number;
}

export class Takeover {
  readonly #options: TakeoverOptions;
  #tried: { readonly from: Identifier; readonly sinceMs: number } | null = null;

  constructor(options: TakeoverOptions) {
    this.#options = options;
  }

  /** True once the range, or what is left of it by then, is claimed; false when it has to be tried again. */
  async pull(range: KeyRange, signal: AbortSignal): Promise<boolean> {
    const { ownership, clock, log, claimPatienceMs } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#tried?.from !== range.from) this.#tried = { from: range.from, sinceMs: nowMs };
    const waitedMs = nowMs - this.#tried.sinceMs;
    const pulled = await this.#pullAround(range, signal);
    // A node that never answers must not keep the range unclaimed for ever; one that is dead has left the ring by then.
    if (pulled === 'disputed' || (pulled === 'part' && waitedMs < claimPatienceMs)) return false;
    const owned = ownership.owned();
    if (owned === null || !isWithin(owned, range)) return false;
    ownership.claim(owned);
    this.#tried = null;
    log.debug({ from: owned.from, waitedMs }, 'a range is claimed');
    return true;
  }

  /** This node's place is not what it was: the wait for a silent node begins anew. */
  beginAnew(): void {
    this.#tried = null;
  }

  /** All of it is here with enough copies, and when everybody was asked; it is disputed while another takes it for its own, or some of it is refused here. */
  async #pullAround(range: KeyRange, signal: AbortSignal): Promise<'all' | 'part' | 'disputed'> {
    const { ring, ownership, owners } = this.#options;
    let copies = ownership.holdingOf(range) === 'copy' ? 1 : 0;
    let isDisputed = false;
    let isMissing = false;
    try {
      for await (const peer of successionOf(ring.self, ownership.successors(), owners)) {
        const source = await this.#pullFrom(peer, range, signal);
        isMissing ||= source === null;
        // What this node refuses, because of its own clock perhaps, would be missing from what it claims.
        isDisputed ||= source?.isOwner === true || source?.isTaken === false;
        if (source?.holding === 'copy') copies++;
        if (copies >= ENOUGH_COPIES) break;
      }
    } catch (error) {
      signal.throwIfAborted();
      this.#options.log.debug({ reason: String(error) }, 'the nodes after this one are not all known');
      isMissing = true;
    }
    if (isDisputed) return 'disputed';
    return copies >= ENOUGH_COPIES || !isMissing ? 'all' : 'part';
  }

  /** Null when it does not answer. */
  async #pullFrom(peer: Contact, range: KeyRange, signal: AbortSignal): Promise<Source | null> {
    try {
      return await this.#options.sync.take(peer, range, signal);
    } catch (error) {
      signal.throwIfAborted();
      this.#options.log.debug({ peer: peer.id, reason: String(error) }, 'a range could not be pulled');
      return null;
    }
  }
}
