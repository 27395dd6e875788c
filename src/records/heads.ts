/**
 * What a reader shows of a path's records: one head for each (path, publisher), its newest version. Where that was
 * withdrawn the tombstone is the head, and older versions do not come back. Several publishers stand side by side;
 * nothing here chooses between them.
 */

/** Versions kept of one (path, publisher). */
export const VERSIONS_MAX = 32;

export interface Versioned {
  readonly kind: 'publication' | 'tombstone';
  readonly path: string;
  readonly publisher: string;
  readonly seq: bigint;
  /** Of a tombstone: the `seq` of the publication that it withdrew, where that is known. */
  readonly withdrawn: bigint | null;
}

export interface Heads<Item> {
  /** Newest first. */
  readonly heads: readonly Item[];
  /** What the heads replaced, newest first. */
  readonly older: readonly Item[];
}

export function headsOf<Item extends Versioned>(items: Iterable<Item>): Heads<Item> {
  const lines = new Map<string, Item[]>();
  for (const item of items) {
    const line = `${item.publisher}\0${item.path}`;
    const versions = lines.get(line);
    if (versions === undefined) lines.set(line, [item]);
    else versions.push(item);
  }
  const heads: Item[] = [];
  const older: Item[] = [];
  for (const versions of lines.values()) {
    const [head, ...rest] = versions.sort(newestFirst).slice(0, VERSIONS_MAX);
    if (head !== undefined) heads.push(head);
    older.push(...rest);
  }
  return { heads: heads.sort(newestFirst), older: older.sort(newestFirst) };
}

/**
 * A tombstone takes the place in time of what it withdrew: withdrawing an old version late does not hide the newer one
 * that replaced it.
 */
export function placeInTime(item: Pick<Versioned, 'kind' | 'seq' | 'withdrawn'>): bigint {
  return item.kind === 'tombstone' ? (item.withdrawn ?? item.seq) : item.seq;
}

function newestFirst(left: Versioned, right: Versioned): number {
  const [a, b] = [placeInTime(left), placeInTime(right)];
  if (a !== b) return a > b ? -1 : 1;
  return left.seq > right.seq ? -1 : left.seq < right.seq ? 1 : 0;
}
