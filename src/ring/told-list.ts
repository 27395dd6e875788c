/**
 * A list that another told becomes this node's, with the one that told it for its head (docs/ring.md, The guards).
 */
import { livesSinceAlarm, manyAreSilent } from './alarm.ts';
import { areSameLives, isSameLife } from './contact.ts';
import { isBetweenOpenOpen } from './interval.ts';
import { introduceHead } from './introduce.ts';
import { isGone, isOver, learn } from './members.ts';
import type { Contact } from './message.ts';
import { probeUnlessHeard } from './probe.ts';
import type { RingState } from './state.ts';
import { listBehind, setSuccessors } from './successors.ts';
import type { Turn } from './turn.ts';

/** The guard at the moment of applying: the list's first pair must lie inside an existing pair (self, head). */
export function mayApply(state: RingState, from: Contact): boolean {
  const [head] = state.successors;
  if (!state.parameters.safeguards.applyTimeGuard) return true;
  if (isGone(state, from)) return false;
  if (head === undefined) return true;
  return isSameLife(head, from) || isBetweenOpenOpen(state.self.id, from.id, head.id);
}

/** The answer of the head, or of one that becomes it. */
export function applyList(turn: Turn, from: Contact, behind: readonly Contact[], listHash: string): void {
  const { state } = turn;
  for (const contact of behind) learn(turn, contact);
  const before = state.successors;
  const [head] = before;
  if (head !== undefined && head.id !== from.id) introduceHead(turn, head, from, behind);
  const isDying = manyAreSilent(turn);
  const taken = isDying ? amongDeaths(turn, from, behind) : behind;
  setSuccessors(turn, listBehind(state, [from], taken), { type: 'contact', answered: from });
  // Whoever was left out may come back unnoticed, forgotten before: then `unchanged` would leave it out for ever.
  state.appliedHash = isDying || behind.some((entry) => isOver(state, entry)) ? '' : listHash;
  if (!areSameLives(before, state.successors)) state.stabilizeWaitMs = state.parameters.stabilizeMinMs;
}

/**
 * While many die lists differ, and what one node knows to be dead another still lists: taken over, it would be found dead here in
 * a detection of its own. So of what the head lists only the own entries and those heard of since are taken, and the own ones
 * behind stay: pairs that result are inside pairs of either list. What stands behind the last, the last says. The others are asked,
 * and taken at a later round: where messages are lost many seem silent all the time, and none of these would ever be heard of.
 */
function amongDeaths(turn: Turn, from: Contact, behind: readonly Contact[]): readonly Contact[] {
  const { state } = turn;
  const { self, successors, alarmSince } = state;
  const end = successors.at(-1);
  const list: Contact[] = [];
  for (const entry of behind) {
    if (livesSinceAlarm(state, entry) || successors.some((own) => isSameLife(own, entry))) {
      list.push(entry);
      continue;
    }
    probeUnlessHeard(turn, entry, alarmSince);
    if (end !== undefined && isBetweenOpenOpen(end.id, entry.id, self.id)) break;
  }
  const last = list.at(-1) ?? from;
  for (const own of successors) if (isBetweenOpenOpen(last.id, own.id, self.id)) list.push(own);
  return list;
}
