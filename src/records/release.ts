/**
 * Whether a node lets go of a copy that it keeps for others. It believes nobody: what the owner of the key told it is only the occasion.
 * A copy goes for a withdrawal that it has itself seen, or because enough nearer ones proved to it that they have the
 * content. Nearer is nearer to everybody (`copies.ts`), so the nearest copies never go, whatever two nodes do at once.
 */
import type { Identifier } from '../ring/identifier.ts';
import { type Copy, inOrder, isSpare } from './copies.ts';

/** A whole-file verification counts for so long. */
export const VERIFIED_MS = 60 * 60_000;

/** A holder that answered a whole-file verification rightly. */
export interface Verified extends Copy {
  readonly atMs: number;
}

export interface KeptState {
  readonly key: Identifier;
  readonly self: Copy;
  /** The most that a standing publication asks for, of those that this node has seen; 0 when none of them stands. */
  readonly wanted: number;
  /** Publications of the content that this node has seen withdrawn. */
  readonly withdrawn: number;
  /** A task names the content still. */
  readonly isInCustody: boolean;
  /** It was away for longer than withdrawals are kept: what it has seen says nothing of what stands now. */
  readonly isStale: boolean;
  readonly verified: readonly Verified[];
}

/** `withdrawn`: nobody publishes it any more; `spare`: others have it. Null: it stays. */
export type Release = 'withdrawn' | 'spare' | null;

/** @param nowMs on the clock of the verifications */
export function releaseOf(state: KeptState, nowMs: number): Release {
  const { key, self, wanted, verified } = state;
  if (self.isOwn || state.isInCustody) return null;
  // A death writes nothing: that no publication is known is no reason, a withdrawal is.
  if (wanted === 0) return state.withdrawn > 0 || state.isStale ? 'withdrawn' : null;
  const lately = verified.filter(({ node, atMs }) => node !== self.node && nowMs - atMs < VERIFIED_MS);
  const order = inOrder<Copy>(key, [...lately, self]);
  return isSpare(self, order.slice(0, order.indexOf(self)), wanted) ? 'spare' : null;
}
