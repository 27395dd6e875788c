/** Ranges of keys on the ring, (from, to]: what a node owns, and parts of it. Where both ends are one, the whole ring. */
import type { Identifier } from '../ring/identifier.ts';
import { isBetweenOpenClosed } from '../ring/interval.ts';

export interface KeyRange {
  /** Not in the range, unless it is the whole ring. */
  readonly from: Identifier;
  readonly to: Identifier;
}

export function isInRange(key: Identifier, range: KeyRange): boolean {
  return isBetweenOpenClosed(range.from, key, range.to);
}

/** Have the two ranges a key in common? */
export function intersect(left: KeyRange, right: KeyRange): boolean {
  return isInRange(left.to, right) || isInRange(right.to, left);
}

/** Is every key of `inner` in `outer`? */
export function isWithin(inner: KeyRange, outer: KeyRange): boolean {
  if (outer.from === outer.to) return true;
  if (inner.from === inner.to) return false;
  const startsWithin = inner.from === outer.from || (inner.from !== outer.to && isInRange(inner.from, outer));
  return startsWithin && isInRange(inner.to, { from: inner.from, to: outer.to });
}

/** The first key that a node's successor owns. */
export function keyAfter(node: Identifier): Identifier {
  const size = 1n << BigInt(node.length * 4);
  return ((BigInt(`0x${node}`) + 1n) % size).toString(16).padStart(node.length, '0');
}

/** The range as intervals of a sorted list of keys, in ring order from `from`: exclusive `after`, inclusive `upTo`; null is open. */
export function intervalsOf(range: KeyRange): { after: Identifier | null; upTo: Identifier | null }[] {
  if (range.from < range.to) return [{ after: range.from, upTo: range.to }];
  return [
    { after: range.from, upTo: null },
    { after: null, upTo: range.to },
  ];
}
