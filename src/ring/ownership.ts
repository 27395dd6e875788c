/** Who owns a key: (predecessor, self] belongs to self. A node that does not own a key, or is in doubt, names others to ask. */
import type { Identifier } from './identifier.ts';
import { isBetweenOpenClosed } from './interval.ts';
import { isUsable } from './members.ts';
import type { Contact } from './message.ts';
import { routeBefore, routeFrom } from './routes.ts';
import type { RingState } from './state.ts';
import { answer, type Turn } from './turn.ts';

export function owns(state: RingState, key: Identifier): boolean {
  if (state.phase !== 'member' || state.doubt !== null) return false;
  if (state.predecessor === null) return state.successors.length === 0;
  return isBetweenOpenClosed(state.predecessor.id, key, state.self.id);
}

export function onFindOwner(turn: Turn, token: number, key: Identifier): void {
  const { state } = turn;
  const { phase, predecessor, successors, parameters } = state;
  if (phase === 'leaving' || phase === 'left') {
    answer(turn, token, { type: 'redirect', next: successors.slice(0, parameters.redirectMax) });
    return;
  }
  if (phase !== 'member') {
    answer(turn, token, { type: 'notMember' });
    return;
  }
  if (owns(state, key) || !parameters.safeguards.ownerVerification) {
    answer(turn, token, { type: 'owner', predecessor, successors });
    return;
  }
  answer(turn, token, { type: 'redirect', next: whomToAsk(state, key) });
}

/** Best first: the owner as far as known here, then those before the key, who know its owner as their head. */
export function whomToAsk(state: RingState, key: Identifier): Contact[] {
  const { self, successors, predecessor, parameters } = state;
  const next: Contact[] = [];
  const add = (contact: Contact | null): void => {
    if (contact === null || next.length >= parameters.redirectMax || !isUsable(state, contact)) return;
    if (!next.some((known) => known.id === contact.id)) next.push(contact);
  };
  const [head] = successors;
  if (head !== undefined && isBetweenOpenClosed(self.id, key, head.id)) {
    add(head);
    add(successors[1] ?? null);
  }
  const usable = (contact: Contact): boolean => isUsable(state, contact);
  const guess = routeFrom(state, key, usable);
  // Nobody known stands between the key and this node: whoever claims it stands before.
  const isPastSelf = guess !== null && isBetweenOpenClosed(key, self.id, guess.id) && key !== self.id;
  if (!isPastSelf) add(guess);
  add(routeBefore(state, key, usable));
  add(predecessor);
  return next;
}
