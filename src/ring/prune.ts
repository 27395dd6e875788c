/**
 * Repair after deaths (docs/ring.md, Operations): a life found gone leaves the list wherever it stands in it, and the tail is filled up
 * again from the last entry's own list. Pairs that result are inside pairs of a real list, so nobody alive is skipped.
 */

import { manyAreSilent } from './alarm.ts';
import { isSameLife } from './contact.ts';
import { isOver, learn } from './members.ts';
import type { Contact } from './message.ts';
import type { Pending, Purpose } from './pending.ts';
import { askPatiently } from './round-trips.ts';
import type { RingState } from './state.ts';
import { listBehind, setSuccessors } from './successors.ts';
import type { Turn } from './turn.ts';

const EXTEND: Purpose = { type: 'extend' };

export type Pruned = 'nothing' | 'entry' | 'head' | 'everything';

/**
 * Takes this life out of the list and says what that meant. One that lives and has no place stays where nobody else in the list lives:
 * it lost its list and will be back. Who lost its own place with it would cost those behind theirs, and so on round the ring.
 */
export function prune(turn: Turn, contact: Contact): Pruned {
  const { state } = turn;
  const at = state.successors.findIndex((entry) => isSameLife(entry, contact));
  if (at < 0) return 'nothing';
  if (!isOver(state, contact) && !hasAnother(state, contact)) return 'nothing';
  setSuccessors(
    turn,
    state.successors.filter((_, i) => i !== at),
    { type: 'gone', contact },
  );
  if (state.successors.length === 0) return 'everything';
  return at === 0 ? 'head' : 'entry';
}

function hasAnother({ successors, members }: RingState, contact: Contact): boolean {
  return successors.some(({ id }) => id !== contact.id && members.get(id)?.health === 'alive');
}

/** Asks the last entry of a list that is short what stands behind it, once at a time. */
export function extendTail(turn: Turn): void {
  const { state } = turn;
  const last = state.successors.at(-1);
  if (state.phase !== 'member' || last === undefined || isAsked(state, last)) return;
  // While more of its own may be dead, so may be those that others still list.
  if (state.successors.some(({ id }) => state.members.get(id)?.health === 'suspect')) return;
  // A list of one is extended by the stabilise round that its death causes.
  if (state.successors.length >= state.parameters.successorCount || state.successors.length < 2) return;
  // It goes round the whole ring: there is no more.
  if (last.id === state.predecessor?.id) return;
  const request = { type: 'neighbours', listHash: '', notify: null } as const;
  state.extendRequestId = askPatiently(turn, last, request, EXTEND);
}

/** Whoever else is asked was the last entry before: its answer is not waited for. */
function isAsked({ extendRequestId, pending }: RingState, last: Contact): boolean {
  const asked = pending.get(extendRequestId);
  return asked !== undefined && isSameLife(asked.to, last);
}

/** Returns whether the one asked cannot tell yet, for it does not know who of its own list lives. */
export function onExtension(
  turn: Turn,
  requestId: number,
  pending: Pending,
  behind: readonly Contact[] | null,
): boolean {
  const { state } = turn;
  if (requestId !== state.extendRequestId) return false;
  state.extendRequestId = 0;
  const last = state.successors.at(-1);
  if (behind === null || state.phase !== 'member' || last === undefined || !isSameLife(last, pending.to))
    return false;
  for (const contact of behind) learn(turn, contact);
  const longer = listBehind(state, state.successors, behind);
  const head = state.successors[0] as Contact;
  // What was added may itself have been cut short by deaths: ask on, until nothing comes or the list is full.
  if (setSuccessors(turn, longer, { type: 'contact', answered: head })) extendTail(turn);
  else return manyAreSilent(turn);
  return false;
}
