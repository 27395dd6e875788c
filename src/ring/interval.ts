/**
 * Intervals of the ring, walked clockwise from `from` to `to`. The names say which ends belong to them.
 * Where both ends are one point the interval is the whole ring (Zave 2017, `between`), but for the end that is open.
 */
import type { Identifier } from './identifier.ts';

/** Zave's `between(from, id, to)`: strictly inside; with from == to, everything but that point. */
export function isBetweenOpenOpen(from: Identifier, id: Identifier, to: Identifier): boolean {
  return from < to ? from < id && id < to : id > from || id < to;
}

/** (from, to]: what a node `to` owns when its predecessor is `from`; with from == to, the whole ring. */
export function isBetweenOpenClosed(from: Identifier, id: Identifier, to: Identifier): boolean {
  return from < to ? from < id && id <= to : id > from || id <= to;
}

/** [from, to]: Zave's `includedIn`; the complement of the open interval (to, from) when the ends differ. */
export function isIncludedIn(from: Identifier, id: Identifier, to: Identifier): boolean {
  return from <= to ? from <= id && id <= to : id >= from || id <= to;
}
