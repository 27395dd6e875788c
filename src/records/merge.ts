/**
 * Records merge as a set: within a slot the higher `seq` stands, on a tie the higher leaf hash; slots unite. The order in
 * which records come, and how often, makes no difference.
 */

/** What decides between two versions of one slot. */
export interface Version {
  readonly seq: bigint;
  /** First 8 bytes of the leaf hash, 16 hexadecimal digits. */
  readonly tag: string;
}

/** Does `left` replace `right` in their slot? */
export function supersedes(left: Version, right: Version): boolean {
  return left.seq === right.seq ? left.tag > right.tag : left.seq > right.seq;
}

export function isSameVersion(left: Version, right: Version): boolean {
  return left.seq === right.seq && left.tag === right.tag;
}

/** Unites `incoming` into `standing`, by slot. */
export function mergeBySlot<Item extends Version & { readonly slot: string }>(
  standing: Map<string, Item>,
  incoming: Iterable<Item>,
): Map<string, Item> {
  for (const item of incoming) {
    const there = standing.get(item.slot);
    if (there === undefined || supersedes(item, there)) standing.set(item.slot, item);
  }
  return standing;
}
