/**
 * Which keys this node answers for. What it owns follows from its predecessor; what it has claimed, only once it has pulled
 * it: until then a read is passed on to the node that had the keys before, so a newcomer never answers emptily.
 */

import { isInRange, type KeyRange } from '../../../records/key-range.ts';
import type { Identifier } from '../../../ring/identifier.ts';
import type { Contact } from '../../../ring/message.ts';
import type { RingPort } from '../ring-port.ts';

export class Ownership {
  readonly #ring: RingPort;
  /** Start of what has been pulled, up to this node; null before the first pull. */
  #claimedFrom: Identifier | null = null;

  constructor(ring: RingPort) {
    this.#ring = ring;
  }

  /** (predecessor, self]; null while this node is not on the ring, or not sure of its place, or does not know its predecessor. */
  owned(): KeyRange | null {
    const { joined, inDoubt, predecessor } = this.#ring.neighbours();
    const self = this.#ring.self.id;
    if (!joined || inDoubt) return null;
    if (predecessor !== null) return { from: predecessor.id, to: self };
    return this.successors().length === 0 ? { from: self, to: self } : null;
  }

  /** Nearest first, this node not among them. */
  successors(): readonly Contact[] {
    const seen = new Set([this.#ring.self.id]);
    return this.#ring.neighbours().successors.filter(({ id }) => !seen.has(id) && seen.add(id));
  }

  /** Is everything that stood under the key before this node owned it here? */
  hasClaimed(key: Identifier): boolean {
    if (this.successors().length === 0) return true;
    if (this.#claimedFrom === null) return false;
    return isInRange(key, { from: this.#claimedFrom, to: this.#ring.self.id });
  }

  /** All of the range has been pulled. */
  claim(range: KeyRange): void {
    this.#claimedFrom = range.from;
  }

  /** Before every pull: what is no longer owned is no longer claimed. */
  shrink(owned: KeyRange): void {
    if (this.#claimedFrom === null || this.#claimedFrom === owned.from) return;
    const claimed = { from: this.#claimedFrom, to: this.#ring.self.id };
    if (isInRange(owned.from, claimed)) this.#claimedFrom = owned.from;
  }

  /** Not on the ring any more: what others do meanwhile is not known here. */
  forget(): void {
    this.#claimedFrom = null;
  }

  isClaimed(range: KeyRange): boolean {
    return this.#claimedFrom === range.from || this.successors().length === 0;
  }
}
