/** Leave: a hint that makes a death known at once. It changes nothing that a death would not. */
import { callBack } from './call-back.ts';
import { isSameLife } from './contact.ts';
import { isLookupTimer } from './lookup.ts';
import { addMember, setHealth, setNews } from './members.ts';
import type { Contact } from './message.ts';
import type { Purpose } from './pending.ts';
import { tellChanges } from './route-changes.ts';
import { endRoute } from './routes.ts';
import { answer, clearTimer, emit, post, send, setTimer, type Turn } from './turn.ts';

export const LEAVE_TIMER = 'leave';
const LEAVE: Purpose = { type: 'leave' };

/** Tells predecessor and successors; ends with the event `left`. */
export function leave(turn: Turn): void {
  const { state } = turn;
  if (state.phase === 'leaving' || state.phase === 'left') return;
  const wasMember = state.phase === 'member';
  const told = [...state.successors];
  const { predecessor } = state;
  if (predecessor !== null && !told.some((contact) => contact.id === predecessor.id)) told.push(predecessor);
  // Others rely on it for these.
  tellChanges(turn);
  state.phase = 'leaving';
  state.leavesWaiting = wasMember ? told.length : 0;
  if (state.leavesWaiting === 0) {
    finishLeaving(turn);
    return;
  }
  for (const contact of told) send(turn, contact, { type: 'leave' }, state.parameters.leaveTimeoutMs, LEAVE);
  setTimer(turn, LEAVE_TIMER, state.parameters.leaveTimeoutMs);
}

/** A neighbour understood, or did not answer. */
export function onLeaveAnswer(turn: Turn): void {
  turn.state.leavesWaiting--;
  if (turn.state.leavesWaiting <= 0) finishLeaving(turn);
}

export function finishLeaving(turn: Turn): void {
  const { state } = turn;
  if (state.phase !== 'leaving') return;
  state.phase = 'left';
  clearTimers(turn);
  emit(turn, { type: 'left' });
}

/** Nothing is due any more, but for the lookups under way: they end as they would have. */
export function clearTimers(turn: Turn): void {
  for (const timerId of [...turn.state.timers.keys()]) if (!isLookupTimer(timerId)) clearTimer(turn, timerId);
}

/** A node said that it goes: it is asked whether it does, and answered when that is known. */
export function onLeave(turn: Turn, token: number, from: Contact): void {
  if (!callBack(turn, from, { type: 'leaver', token })) answer(turn, token, { type: 'acknowledged' });
}

/** The one that goes said whether it still has its place; null when it said nothing. It is not waited for. */
export function onLeaverAnswered(turn: Turn, token: number, from: Contact, joined: boolean | null): void {
  answer(turn, token, { type: 'acknowledged' });
  if (joined !== false) return;
  markLeft(turn, from);
  if (turn.state.phase === 'member') emit(turn, { type: 'departed', contact: from });
}

function markLeft(turn: Turn, contact: Contact): void {
  const { state } = turn;
  const member = addMember(turn, contact);
  if (member === null || !isSameLife(member.contact, contact)) {
    post(turn, { type: 'gone', contact });
    return;
  }
  if (member.health === 'left') return;
  setHealth(state, member, 'left');
  setNews(state, member, state.parameters.newsSends);
  state.membersChanged = true;
  endRoute(turn, contact);
  post(turn, { type: 'gone', contact });
}
