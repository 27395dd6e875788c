/** Ranges of keys of which a node holds a copy: given by their owners, or owned and pulled itself, and when. */
import type { Identifier } from '../ring/identifier.ts';
import { intersect, isInRange, isWithin, type KeyRange } from './key-range.ts';

/** A node holds the ranges of a few predecessors; beyond this the oldest are forgotten, which costs a comparison. */
const RANGES_MAX = 64;

interface HeldRange extends KeyRange {
  readonly atMs: number;
}

export class HeldRanges {
  /** Oldest first; they may overlap. */
  #ranges: HeldRange[] = [];

  /** @param atMs when that is known to be so, on the caller's clock */
  add({ from, to }: KeyRange, atMs: number): void {
    const others = this.#ranges.filter((known) => !isWithin(known, { from, to }));
    this.#ranges = [...others, { from, to, atMs }].slice(-RANGES_MAX);
  }

  /** Forgets what was last known to be so before that. */
  forgetBefore(atMs: number): void {
    if (this.#ranges.some((known) => known.atMs < atMs))
      this.#ranges = this.#ranges.filter((known) => known.atMs >= atMs);
  }

  /** Forgets what has a key in common with the range: rather too much than too little. */
  remove(range: KeyRange): void {
    this.#ranges = this.#ranges.filter((known) => !intersect(known, range));
  }

  clear(): void {
    this.#ranges = [];
  }

  has(key: Identifier): boolean {
    return this.#ranges.some((range) => isInRange(key, range));
  }

  /** Is every key of the range in one of those held? */
  covers(range: KeyRange): boolean {
    let from = range.from;
    for (let parts = 0; parts <= this.#ranges.length; parts++) {
      const part = this.#ranges.find((known) => goesOnFrom(known, from));
      if (part === undefined) return false;
      if (isInRange(range.to, { from, to: part.to })) return true;
      from = part.to;
    }
    return false;
  }
}

/** Is the key just after `from` in the range? */
function goesOnFrom({ from: start, to }: KeyRange, from: Identifier): boolean {
  return start === from || (from !== to && isInRange(from, { from: start, to }));
}
