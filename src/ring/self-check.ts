/**
 * What a node can see by itself of the ring's invariants, as answers: for metrics and tests. `invariants.ts` asserts the
 * first five before every change; the last two hold at rest, and may be open for a moment after one. Names as in Zave 2017.
 */
import { areSameLives, isSameLife } from './contact.ts';
import type { Identifier } from './identifier.ts';
import { isBetweenOpenOpen } from './interval.ts';
import type { Contact } from './message.ts';
import type { RingState } from './state.ts';
import { listBehind } from './successors.ts';

/** What a node's head said of itself when it was asked last. */
export interface HeadWord {
  readonly head: Contact;
  readonly predecessor: Contact | null;
  readonly successors: readonly Contact[];
}

export interface SelfCheck {
  /** OrderedSuccessorLists. */
  readonly listInOrder: boolean;
  /** NoDuplicates. */
  readonly listWithoutRepeats: boolean;
  readonly listWithoutSelf: boolean;
  /** At most r entries. */
  readonly listWithinBound: boolean;
  /** A predecessor is another node; only a ring of one has none. */
  readonly predecessorIsAnother: boolean;
  /** The head names this node as its predecessor; null while it was not asked, and in a ring of one. */
  readonly headPointsBack: boolean | null;
  /** The list is the head and the head's own list, as far as r reaches; null as above. */
  readonly listFollowsHead: boolean | null;
}

/** @param word null while no head was asked */
export function selfCheck(state: RingState, word: HeadWord | null): SelfCheck {
  const { self, successors, predecessor, parameters } = state;
  const [head] = successors;
  const heard = word !== null && head !== undefined && isSameLife(word.head, head) ? word : null;
  return {
    listInOrder: isInOrder(self.id, successors),
    listWithoutRepeats: new Set(successors.map(({ id }) => id)).size === successors.length,
    listWithoutSelf: successors.every(({ id }) => id !== self.id),
    listWithinBound: successors.length <= parameters.successorCount,
    predecessorIsAnother: predecessor?.id !== self.id,
    headPointsBack: heard === null ? null : heard.predecessor?.id === self.id,
    listFollowsHead:
      heard === null ? null : areSameLives(successors, listBehind(state, [heard.head], heard.successors)),
  };
}

function isInOrder(self: Identifier, successors: readonly Contact[]): boolean {
  let last = self;
  for (const { id } of successors) {
    if (last !== self && !isBetweenOpenOpen(last, id, self)) return false;
    last = id;
  }
  return true;
}
