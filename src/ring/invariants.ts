/**
 * What must hold after every change of a node's neighbours, checked in production too. A violation is a bug here, never
 * something that another node said. Names as in Zave 2017: NoDuplicates (I3), OrderedSuccessorLists (I4).
 */
import { isSameLife } from './contact.ts';
import { isBetweenOpenOpen } from './interval.ts';
import type { Contact } from './message.ts';
import type { RingState } from './state.ts';

export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

/** Why a list changes: a node answered just now, a life is gone, or the node takes its place in the ring. */
export type Change =
  | { readonly type: 'contact'; readonly answered: Contact }
  | { readonly type: 'gone'; readonly contact: Contact }
  | { readonly type: 'join' };

export function assertSuccessorsMayBecome(state: RingState, next: readonly Contact[], change: Change): void {
  const { self, parameters } = state;
  if (next.length > parameters.successorCount)
    violated(state, `${next.length} successors, at most ${parameters.successorCount}`);
  let last = self;
  for (const entry of next) {
    if (entry.id === self.id) violated(state, 'a node in its own successor list (I3)');
    if (last !== self && !isBetweenOpenOpen(last.id, entry.id, self.id))
      violated(state, 'successors out of order (I4)');
    last = entry;
  }
  if (change.type === 'gone') assertOnlyGone(state, next, change.contact);
  else if (change.type === 'contact') assertHeadAnswered(state, next, change.answered);
}

/** A head follows the one before only where that one is gone, and it was the next in the list. */
function assertOnlyGone(state: RingState, next: readonly Contact[], gone: Contact): void {
  let kept = 0;
  for (const entry of state.successors) {
    if (isSameLife(entry, gone)) continue;
    const same = next[kept++];
    if (same === undefined || !isSameLife(same, entry))
      violated(state, 'a list that lost more than the gone');
  }
  if (kept !== next.length) violated(state, 'a list that grew by a death');
}

/** Any other head has itself just answered, and stands before the one that was. */
function assertHeadAnswered(state: RingState, next: readonly Contact[], answered: Contact): void {
  const { self, successors } = state;
  const [oldHead] = successors;
  const [newHead] = next;
  if (newHead === undefined) violated(state, 'a list emptied by an answer');
  if (!isSameLife(newHead, answered)) violated(state, 'a head that did not answer itself');
  if (oldHead === undefined || newHead.id === oldHead.id) return;
  if (!isBetweenOpenOpen(self.id, newHead.id, oldHead.id))
    violated(state, 'a head farther than the one before, which lives');
}

/** `isGone`: the predecessor so far lives no more. A farther one may follow only then, and never nobody (Zave, rectify). */
export function assertPredecessorMayBecome(state: RingState, next: Contact, isGone: boolean): void {
  const { self, predecessor } = state;
  if (next.id === self.id) violated(state, 'a node as its own predecessor');
  if (predecessor === null || isGone || next.id === predecessor.id) return;
  if (!isBetweenOpenOpen(predecessor.id, next.id, self.id))
    violated(state, 'a predecessor farther than the one before, which lives');
}

function violated(state: RingState, what: string): never {
  throw new InvariantViolation(`${state.self.id.slice(0, 12)}: ${what}`);
}
