/**
 * Notify: a node tells its head "I think that I am your predecessor". A round ends with exactly one; mostly it travels with
 * the question for the head's neighbours.
 */
import type { Standing } from './message.ts';
import type { Purpose } from './pending.ts';
import { askPatiently } from './round-trips.ts';
import type { RingState } from './state.ts';
import type { Turn } from './turn.ts';

const NOTIFY: Purpose = { type: 'notify' };

export function notifyHead(turn: Turn): void {
  const { state } = turn;
  const [head] = state.successors;
  if (head === undefined) return;
  const request = { type: 'notify', standing: standingOf(state) } as const;
  askPatiently(turn, head, request, NOTIFY);
}

export function standingOf(state: RingState): Standing {
  return state.doubt === null ? 'settled' : 'inDoubt';
}
