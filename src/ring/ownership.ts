/** Who owns a key: (predecessor, self] belongs to self. A node that does not own a key, or is in doubt, names others to ask. */
import type { Identifier } from './identifier.ts';
import { isBetweenOpenClosed } from './interval.ts';
import { whomToAsk } from './next-hops.ts';
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
