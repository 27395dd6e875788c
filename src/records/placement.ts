/** On how many nodes a record stands, and on which: the owner of its key and the next successors (docs/decisions/0008). */

export const CID_COPIES = 3;
/** Names are few and everything hangs on them. */
export const NAME_COPIES = 5;
/** How many nodes hold a record durably before it counts as stored: of all, in rings smaller than that. */
const WRITE_QUORUM = 2;

/** How many of the owner's `successors` (nearest first) hold a record beside the owner; all of a smaller ring. */
export function replicaCount(copies: number, successors: number): number {
  return Math.min(copies - 1, successors);
}

/** How many holders, the owner included, an owner with that many successors waits for. */
export function writeQuorum(successors: number): number {
  return Math.min(WRITE_QUORUM, successors + 1);
}

/**
 * How many of an owner's copies, its own among them, hold everything together that it ever acknowledged: each write stands on
 * `writeQuorum` of them.
 */
export function readQuorum(successors: number): number {
  const copies = 1 + replicaCount(CID_COPIES, successors);
  return copies - writeQuorum(successors) + 1;
}

/** Does `node` hold a record of `copies` copies whose owner and successors are `holders`, owner first? */
export function holds(node: string, holders: readonly string[], copies: number): boolean {
  const position = holders.indexOf(node);
  return position >= 0 && position < copies;
}
