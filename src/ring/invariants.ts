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

/** Why a list changes: a node answered just now, entries are gone, or the node takes its place in the ring. */
export type Change =
  | { readonly type: 'contact'; readonly answered: Contact }
  | { readonly type: 'gone' }
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
  assertHeadMayBecome(state, next, change);
}

function assertHeadMayBecome(state: RingState, next: readonly Contact[], change: Change): void {
  const { self, successors } = state;
  const [oldHead] = successors;
  const [newHead] = next;
  if (
    newHead === undefined ||
    oldHead === undefined ||
    isSameLife(newHead, oldHead) ||
    change.type === 'join'
  )
    return;
  if (change.type === 'contact') {
    if (!isSameLife(newHead, change.answered)) violated(state, 'a head that did not answer itself');
    if (!isBetweenOpenOpen(self.id, newHead.id, oldHead.id) && newHead.id !== oldHead.id) {
      violated(state, 'a head farther than the one before, which lives');
    }
    return;
  }
  for (const entry of successors) if (isSameLife(entry, newHead)) return;
  violated(state, 'a head that was not in the list of which entries died');
}

export function assertPredecessorMayBecome(state: RingState, next: Contact): void {
  if (next.id === state.self.id) violated(state, 'a node as its own predecessor');
}

function violated(state: RingState, what: string): never {
  throw new InvariantViolation(`${state.self.id.slice(0, 12)}: ${what}`);
}
