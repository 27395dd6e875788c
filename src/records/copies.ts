/**
 * The copies of one content as a node sees them, and their order: own files first, which nobody drops for being one too many, then
 * in ring order from the content's key. All nodes have one order, whatever they see of the ring, so two that repair the
 * same content ask the same nodes, and of two copies at most one gives way to the other.
 */
import type { Identifier } from '../ring/identifier.ts';

/** On the monotonic clock of the node that looks; it keeps these of every member, whether it owns anything or not. */
export type Presence =
  | { readonly type: 'here'; readonly sinceMs: number }
  /** Silent, or declared dead. */
  | { readonly type: 'away'; readonly sinceMs: number }
  /** It said that it goes. */
  | { readonly type: 'left' };

export interface Copy {
  readonly node: Identifier;
  /** It publishes the content from its own shared folder. */
  readonly isOwn: boolean;
  /** What fails together: the node's label `site`; null when it has none, and fails alone. */
  readonly site: string | null;
}

export interface Holder extends Copy {
  readonly presence: Presence;
}

/** The nearest first. */
export function inOrder<Item extends Copy>(key: Identifier, copies: readonly Item[]): Item[] {
  return copies.toSorted((left, right) => {
    if (left.isOwn !== right.isOwn) return left.isOwn ? -1 : 1;
    return compareFrom(key, left.node, right.node);
  });
}

/** Which of two nodes comes first clockwise from `key`, the node at `key` itself before all others. */
export function compareFrom(key: Identifier, left: Identifier, right: Identifier): number {
  if (left >= key !== right >= key) return left >= key ? -1 : 1;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** May `copy` go, when only these nearer ones were left? Not where fewer sites than can be would have the content. */
export function isSpare(copy: Copy, nearer: readonly Copy[], wanted: number): boolean {
  if (copy.isOwn || nearer.length < wanted) return false;
  const sites = new Set(nearer.map(siteOf));
  return sites.has(siteOf(copy)) || sites.size >= wanted;
}

/** A node without a site is one of its own. */
export function siteOf({ node, site }: Pick<Copy, 'node' | 'site'>): string {
  return site === null ? `node ${node}` : `site ${site}`;
}
