/**
 * Which keys this node answers for. What it owns follows from its predecessor; what it has claimed, only once it has pulled
 * it: until then it says that it may not know all. Of what it owned before, or was given by an owner, it holds a copy.
 */
import { HeldRanges } from '../../../records/held-ranges.ts';
import { intersect, isInRange, isWithin, type KeyRange } from '../../../records/key-range.ts';
import type { RingEvent } from '../../../ring/effect.ts';
import type { Identifier } from '../../../ring/identifier.ts';
import type { Contact } from '../../../ring/message.ts';
import type { RingPort } from '../ring-port.ts';
import type { Holding } from './holding.ts';

export class Ownership {
  readonly #ring: RingPort;
  readonly #held = new HeldRanges();
  /** Pulled while owned; everything since came through this node. */
  #claimed: KeyRange | null = null;
  #unsubscribe: () => void = () => {};

  constructor(ring: RingPort) {
    this.#ring = ring;
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
    return this.#held.has(key) ? 'copy' : 'part';
  }

  holdingOf(range: KeyRange): Holding {
    if (this.isClaimed(range)) return 'whole';
    return this.#held.covers(range) ? 'copy' : 'part';
  }

  isClaimed(range: KeyRange): boolean {
    return this.#claimed !== null && isWithin(range, this.#claimed) && this.ownsAllOf(range);
  }

  /** All of the range, which this node owns, has been pulled. */
  claim(range: KeyRange): void {
    this.#claimed = range;
    // Alone a node answers for everything, whatever it has of it: that makes it nobody's copy.
    if (range.from !== range.to) this.#held.add(range);
  }

  /** Its owner has given this node all of the range. */
  hold(range: KeyRange): void {
    this.#held.add(range);
  }

  /** From now on records of the range may be missing here. */
  release(range: KeyRange): void {
    this.#held.remove(range);
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
