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

/** The range as intervals of a sorted list of keys, in ring order from `from`: exclusive `after`, inclusive `upTo`; null is open. */
export function intervalsOf(range: KeyRange): { after: Identifier | null; upTo: Identifier | null }[] {
  if (range.from < range.to) return [{ after: range.from, upTo: range.to }];
  return [
    { after: range.from, upTo: null },
    { after: null, upTo: range.to },
  ];
}
