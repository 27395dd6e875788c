/**
 * Which keys this node answers for. What it owns follows from its predecessor; what it has claimed, only once it has pulled
 * it: until then it says that it may not know all. Of what it owned not long ago, or an owner told it of lately, it holds a copy: later
 * others may have come in between, and what is written since stands on them.
 */
import { HeldRanges } from '../../../records/held-ranges.ts';
import { intersect, isInRange, isWithin, type KeyRange } from '../../../records/key-range.ts';
import type { RingEvent } from '../../../ring/effect.ts';
import type { Identifier } from '../../../ring/identifier.ts';
import type { Contact } from '../../../ring/message.ts';
import type { RingPort } from '../ring-port.ts';
import { type Clock, MACHINE_CLOCK } from './clock.ts';
import type { Holding } from './holding.ts';
import { RECORD_PARAMETERS } from './parameters.ts';

/** A copy that its owner did not confirm for so many comparisons is none: one may fail. */
const COMPARISONS_IN_LIFE = 2.5;

export class Ownership {
  readonly #ring: RingPort;
  readonly #clock: Clock;
  readonly #copyLifeMs: number;
  readonly #held = new HeldRanges();
  /** Pulled while owned; everything since came through this node. */
  #claimed: KeyRange | null = null;
  #unsubscribe: () => void = () => {};

  /** @param syncIntervalMs owners compare their range with those that hold copies so often */
  constructor(
    ring: RingPort,
    clock: Clock = MACHINE_CLOCK,
    syncIntervalMs = RECORD_PARAMETERS.syncIntervalMs,
  ) {
    this.#ring = ring;
    this.#clock = clock;
    this.#copyLifeMs = syncIntervalMs * COMPARISONS_IN_LIFE;
  }

  start(): void {
    this.#unsubscribe = this.#ring.onEvent((event) => this.#onEvent(event));
    this.#follow();
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
  }

  /** (predecessor, self]; null while this node is not on the ring, doubts its place, or does not know its predecessor. */
  owned(): KeyRange | null {
    return this.#ring.neighbours().inDoubt ? null : this.place();
  }

  /** What is owned if this node's place is what it takes it for. */
  place(): KeyRange | null {
    const { joined, predecessor } = this.#ring.neighbours();
    const self = this.#ring.self.id;
    if (!joined) return null;
    if (predecessor !== null) return { from: predecessor.id, to: self };
    return this.successors().length === 0 ? { from: self, to: self } : null;
  }

  /** Nearest first, this node not among them. */
  successors(): readonly Contact[] {
    const seen = new Set([this.#ring.self.id]);
    return this.#ring.neighbours().successors.filter(({ id }) => !seen.has(id) && seen.add(id));
  }

  ownsAllOf(range: KeyRange): boolean {
    const owned = this.owned();
    return owned !== null && isWithin(range, owned);
  }

  ownsSomeOf(range: KeyRange): boolean {
    const owned = this.owned();
    return owned !== null && intersect(range, owned);
  }

  holdingAt(key: Identifier): Holding {
    const owned = this.owned();
    const isClaimed = this.#claimed !== null && isInRange(key, this.#claimed);
    if (isClaimed && owned !== null && isInRange(key, owned)) return 'whole';
    return this.#copies().has(key) ? 'copy' : 'part';
  }

  holdingOf(range: KeyRange): Holding {
    if (this.isClaimed(range)) return 'whole';
    return this.#copies().covers(range) ? 'copy' : 'part';
  }

  isClaimed(range: KeyRange): boolean {
    return this.#claimed !== null && isWithin(range, this.#claimed) && this.ownsAllOf(range);
  }

  /** All of the range, which this node owns, has been pulled. */
  claim(range: KeyRange): void {
    this.#copies();
    this.#claimed = range;
  }

  /** Its owner has given this node all of the range. */
  hold(range: KeyRange): void {
    this.#held.add(range, this.#clock.monotonicMs());
  }

  /** From now on records of the range may be missing here. */
  release(range: KeyRange): void {
    this.#held.remove(range);
  }

  /** Those that count now. */
  #copies(): HeldRanges {
    const nowMs = this.#clock.monotonicMs();
    const claimed = this.#claimed;
    // Alone a node answers for everything, whatever it has of it: that makes it nobody's copy.
    if (claimed !== null && claimed.from !== claimed.to) this.#held.add(claimed, nowMs);
    this.#held.forgetBefore(nowMs - this.#copyLifeMs);
    return this.#held;
  }

  #onEvent({ type }: RingEvent): void {
    if (type === 'joined' || type === 'doubted' || type === 'orphaned') {
      // What others did meanwhile is not known here.
      this.#claimed = null;
      this.#held.clear();
    }
    if (type === 'joined' || type === 'settled' || type === 'neighboursChanged') this.#follow();
  }

  /** What is no longer owned is no longer claimed, though it should be owned again the next moment. */
  #follow(): void {
    const place = this.place();
    if (place === null) return;
    const isAlone = place.from === place.to && this.owned() !== null;
    if (isAlone || (this.#claimed !== null && isWithin(place, this.#claimed))) this.claim(place);
  }
}
