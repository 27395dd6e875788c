/** Who owns which range, learned from lookups: one lookup a range, not one a key. Owners themselves say when it is out of date. */

import { Problem } from '../../../problems/problem.ts';
import { isInRange, type KeyRange } from '../../../records/key-range.ts';
import type { Identifier } from '../../../ring/identifier.ts';
import type { Contact } from '../../../ring/message.ts';
import type { RingPort } from '../ring-port.ts';

/** As many as the ring's own routing table. */
const RANGES_MAX = 10_000;

export interface OwnedRange {
  readonly range: KeyRange;
  readonly owner: Contact;
  /** Where the owner's replicas stand, nearest first. */
  readonly successors: readonly Contact[];
}

export class OwnerMap {
  readonly #ring: RingPort;
  readonly #timeoutMs: number;
  /** Sorted by the end of their range. */
  #ranges: OwnedRange[] = [];

  constructor(ring: RingPort, timeoutMs: number) {
    this.#ring = ring;
    this.#timeoutMs = timeoutMs;
  }

  /** From what is known, else by a lookup. @throws Problem `not_ready` */
  async find(key: Identifier, timeoutMs = this.#timeoutMs): Promise<OwnedRange> {
    return this.#known(key) ?? (await this.lookup(key, timeoutMs));
  }

  /** Asks the ring. @throws Problem `not_ready` when no owner answered */
  async lookup(key: Identifier, timeoutMs = this.#timeoutMs): Promise<OwnedRange> {
    const { outcome, owner, predecessor, successors } = await this.#ring.lookup(key, timeoutMs);
    if (outcome !== 'found' || owner === null) throw new Problem('not_ready');
    const range = { from: predecessor?.id ?? owner.id, to: owner.id };
    const others = successors.filter(({ id }) => id !== owner.id);
    const found = { range, owner, successors: others };
    // A node that does not know its predecessor yet owns the key, and no more is known.
    if (predecessor !== null || others.length === 0) this.#remember(found);
    return found;
  }

  forget({ range }: OwnedRange): void {
    this.#ranges = this.#ranges.filter((known) => known.range.to !== range.to);
  }

  clear(): void {
    this.#ranges = [];
  }

  #known(key: Identifier): OwnedRange | null {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle]?.range.to ?? '') < key) low = middle + 1;
      else high = middle;
    }
    // Past the last end the ring begins again.
    const candidate = this.#ranges[low] ?? this.#ranges[0];
    return candidate !== undefined && isInRange(key, candidate.range) ? candidate : null;
  }

  #remember(found: OwnedRange): void {
    const overlaps = ({ range }: OwnedRange) =>
      range.to === found.range.to || isInRange(range.to, found.range) || isInRange(found.range.to, range);
    const kept = this.#ranges.filter((known) => !overlaps(known));
    const ranges = kept.length >= RANGES_MAX ? [] : kept;
    this.#ranges = [...ranges, found].sort((left, right) => (left.range.to < right.range.to ? -1 : 1));
  }
}
