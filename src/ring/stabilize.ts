/**
 * Stabilise (Zave 2017). From the successor: take the head's list; if its predecessor stands between, ask that one and, when
 * it answers, put it at the head. A round ends with one notify. Known members between, and whoever a hint names, are asked in the same
 * way, one at a time, and no round that is due waits for them. An answer is applied only if it still fits when it comes (docs/ring.md, The guards).
 */

import { livesSinceAlarm, manyAreSilent } from './alarm.ts';
import { firstCandidateAfter } from './candidates.ts';
import { isSameLife } from './contact.ts';
import { declareContactDead } from './detector.ts';
import { confirmSuccessor } from './doubt.ts';
import { isBetweenOpenOpen } from './interval.ts';
import { addMember, isUsable, learn, setJoined, standsBeforeHead } from './members.ts';
import type { Contact, RingReply } from './message.ts';
import { notifyHead, standingOf } from './notify.ts';
import type { Pending, Purpose } from './pending.ts';
import { probeUnlessHeard } from './probe.ts';
import { extendTail } from './prune.ts';
import { patienceFor, patienceForNamed } from './round-trips.ts';
import type { RingState } from './state.ts';
import { listBehind, setSuccessors } from './successors.ts';
import { applyList, mayApply } from './told-list.ts';
import { answer, jittered, send, setTimer, setTimerBy, type Turn } from './turn.ts';

export const STABILIZE_TIMER = 'stabilize';
const STABILIZE: Purpose = { type: 'stabilize' };
const HINTED: Purpose = { type: 'hinted' };
type NeighboursReply = Extract<RingReply, { type: 'neighbours' | 'neighboursUnchanged' }>;

/** Returns whether it was answered: only a member has neighbours to tell. */
export function onNeighbours(
  turn: Turn,
  token: number,
  from: Contact,
  listHash: string,
  isExtending: boolean,
): boolean {
  const { state } = turn;
  if (state.phase !== 'member') {
    answer(turn, token, { type: 'notMember' });
    return false;
  }
  const { predecessor, successors } = state;
  const first = firstCandidateAfter(turn, from.id);
  const candidate = first === null || first.id === predecessor?.id ? null : first;
  if (isExtending && manyAreSilent(turn)) {
    const end = successors.findIndex((entry) => !livesSinceAlarm(state, entry));
    const living = end < 0 ? successors : successors.slice(0, end);
    answer(turn, token, { type: 'neighbours', predecessor, candidate, successors: living, listHash: '' });
  } else if (listHash === state.listHash)
    answer(turn, token, { type: 'neighboursUnchanged', predecessor, candidate });
  else
    answer(turn, token, { type: 'neighbours', predecessor, candidate, successors, listHash: state.listHash });
  return true;
}

/** Something changed: a round soon, several changes in one. */
export function stabilizeSoon(turn: Turn, delayMs: number): void {
  const { state, now } = turn;
  const earliest = state.lastStabilizeAt + state.parameters.stabilizeUrgentMs - now;
  setTimerBy(turn, STABILIZE_TIMER, Math.max(delayMs, earliest, 0));
}

/** The head's list, or its predecessor, changed: in the wake of another round only after a while, several changes in one. */
export function onHeadChanged(turn: Turn): void {
  const { state, now } = turn;
  const { stabilizeMinMs, stabilizeUrgentMs } = state.parameters;
  stabilizeSoon(turn, Math.max(stabilizeUrgentMs, state.lastStabilizeAt + stabilizeMinMs - now));
}

/** The timer's round. Anybody can name somebody silent, over and over: a round does not wait for one that a hint named. */
export function stabilize(turn: Turn): void {
  const { state, now } = turn;
  if (state.phase !== 'member') return;
  const { parameters } = state;
  setTimer(turn, STABILIZE_TIMER, jittered(turn, state.stabilizeWaitMs));
  const [head] = state.successors;
  if (state.stabilizeRequestId !== 0) {
    const isHeld = head === undefined || isRoundUnderWay(state);
    if (isHeld && now - state.stabilizeSince < 2 * parameters.firstContactTimeoutMs * parameters.walkMax)
      return;
    // The driver owes an answer or a failure for every request; a round must not hang on one that is lost all the same. An answer
    // that came beside a round could lose a principal (docs/decisions/0015): nobody waits for it any more.
    state.pending.delete(state.stabilizeRequestId);
  }
  state.stabilizeWaitMs = Math.min(state.stabilizeWaitMs * parameters.stabilizeGrowth, longestWait(turn));
  state.lastStabilizeAt = now;
  state.stabilizeSince = now;
  state.walked = 0;
  if (head === undefined) {
    endRound(turn);
    return;
  }
  askFor(turn, head, STABILIZE, state.appliedHash);
}

/** The head, or one that it named, is asked. */
export function isRoundUnderWay({ stabilizeRequestId, pending }: RingState): boolean {
  return stabilizeRequestId !== 0 && pending.get(stabilizeRequestId)?.purpose.type !== 'hinted';
}

/**
 * The longest wait between two rounds: at rest the parameter's, under churn a small share of a session (docs/ring.md, Push). Of each
 * neighbour a session shows two changes, so that one change in d is a session of 2 (r + 1) d.
 */
function longestWait({ state, now }: Turn): number {
  const { stabilizeMinMs, stabilizeMaxMs, roundsPerSession } = state.parameters;
  const betweenChangesMs = Math.max(state.changeIntervalMs, now - state.changedAt);
  const sessionMs = 2 * (state.successors.length + 1) * betweenChangesMs;
  return Math.min(stabilizeMaxMs, Math.max(stabilizeMinMs, sessionMs / roundsPerSession));
}

/** A member that may stand before the head. It is asked, and adopted only when it answers. */
export function considerCandidate(turn: Turn, contact: Contact): void {
  const { state } = turn;
  if (
    !state.parameters.safeguards.memberCandidates &&
    !(state.successors.length === 0 && state.phase === 'member')
  )
    return;
  if (state.stabilizeRequestId !== 0 || !isCandidate(turn, contact)) return;
  state.walked = 0;
  state.stabilizeSince = turn.now;
  askFor(turn, contact, HINTED, '');
  const member = state.members.get(contact.id);
  // Where a round begins before it answers, others have their turn before it is asked again.
  if (member !== undefined) member.candidateAt = turn.now + patienceForNamed(state, contact);
}

function isCandidate(turn: Turn, contact: Contact): boolean {
  const { state, now } = turn;
  if (state.phase !== 'member' || contact.id === state.self.id || !standsBeforeHead(state, contact))
    return false;
  const member = addMember(turn, contact);
  if (member === null) return true;
  return isSameLife(member.contact, contact) && member.candidateAt <= now && isUsable(state, contact);
}

function askFor(turn: Turn, to: Contact, purpose: Purpose, listHash: string): void {
  const { state } = turn;
  // Who answers becomes the head: it is notified by the same message.
  const request = { type: 'neighbours', listHash, notify: standingOf(state) } as const;
  const timeoutMs = purpose === STABILIZE ? patienceFor(state, to) : patienceForNamed(state, to);
  state.stabilizeRequestId = send(turn, to, request, timeoutMs, purpose);
}

/** The head, or a candidate, answered with its neighbours. */
export function onNeighboursReply(
  turn: Turn,
  requestId: number,
  pending: Pending,
  from: Contact,
  reply: NeighboursReply,
): void {
  const { state } = turn;
  if (requestId !== state.stabilizeRequestId || state.phase !== 'member') return;
  state.stabilizeRequestId = 0;
  if (!mayApply(state, from)) {
    endRound(turn);
    return;
  }
  if (reply.type === 'neighbours') applyList(turn, from, reply.successors, reply.listHash);
  if (
    state.doubt !== null &&
    pending.sentAt >= state.doubt.since &&
    handsOver(state, from, reply.predecessor)
  )
    confirmSuccessor(turn);
  if (!walkOn(turn, from, reply)) endRound(turn, from);
}

/** The head owns keys from this node on, and none before: two nodes never own one key. */
function handsOver(state: RingState, from: Contact, predecessor: Contact | null): boolean {
  const [head] = state.successors;
  return (
    head !== undefined &&
    isSameLife(head, from) &&
    predecessor !== null &&
    isSameLife(predecessor, state.self)
  );
}

/** The one that answered named who stands before it. Returns whether one of these is being asked now. */
function walkOn(turn: Turn, from: Contact, { predecessor, candidate }: NeighboursReply): boolean {
  const { state } = turn;
  const before = isNearer(turn, predecessor, from) ? predecessor : null;
  const next = isNearer(turn, candidate, from) ? candidate : before;
  if (next === null) {
    introduceToFarther(turn, from, predecessor);
    return false;
  }
  if (state.walked >= state.parameters.walkMax) return false;
  state.walked++;
  if (state.parameters.safeguards.contactBeforeAdopting) {
    askFor(turn, next, { type: 'candidate', otherwise: next === before ? null : before }, '');
    return true;
  }
  setSuccessors(turn, listBehind(state, [next], state.successors), { type: 'contact', answered: next });
  return false;
}

function isNearer(turn: Turn, named: Contact | null, head: Contact): named is Contact {
  const { state } = turn;
  if (named === null || named.id === state.self.id) return false;
  learn(turn, named);
  return isBetweenOpenOpen(state.self.id, named.id, head.id) && isUsable(state, named);
}

/** The one asked failed: the other who was named with it is asked in the same round. Returns whether there was one. */
function askOtherwise(turn: Turn, { purpose }: Pending): boolean {
  const { state } = turn;
  if (purpose.type !== 'candidate' || purpose.otherwise === null || state.phase !== 'member') return false;
  const { otherwise } = purpose;
  if (!standsBeforeHead(state, otherwise) || !isUsable(state, otherwise)) return false;
  askFor(turn, otherwise, { type: 'candidate', otherwise: null }, '');
  return true;
}

/** The one who stood there before this node: a ping shows it that its head is nearer now. */
function introduceToFarther(turn: Turn, from: Contact, predecessor: Contact | null): void {
  const { self, parameters } = turn.state;
  if (predecessor === null || predecessor.id === self.id || !parameters.safeguards.memberCandidates) return;
  if (!isBetweenOpenOpen(self.id, predecessor.id, from.id)) probeUnlessHeard(turn, predecessor);
}

/** The head or the candidate did not answer, or is no member. The head falls only by the detector's word or its own. */
export function onNeighboursFailure(
  turn: Turn,
  requestId: number,
  pending: Pending,
  reply: RingReply | null,
): void {
  const { state } = turn;
  if (requestId !== state.stabilizeRequestId) return;
  state.stabilizeRequestId = 0;
  refuse(turn, pending.to, reply);
  if (!askOtherwise(turn, pending)) endRound(turn);
  // Perhaps only a message was lost: what called for this round still waits.
  if (reply === null || reply.type === 'pending') stabilizeSoon(turn, state.parameters.requestTimeoutMs);
}

/** The one that is asked is gone: its answer is not waited for. */
export function abandonRoundWith(turn: Turn, contact: Contact): void {
  const { state } = turn;
  const pending = state.pending.get(state.stabilizeRequestId);
  if (pending === undefined || !isSameLife(pending.to, contact)) return;
  state.pending.delete(state.stabilizeRequestId);
  state.stabilizeRequestId = 0;
  askOtherwise(turn, pending);
}

/** A node answered a question of state that it has no place in the ring, or not in this life. */
export function refuse(turn: Turn, to: Contact, reply: RingReply | null): void {
  const { state } = turn;
  if (reply?.type === 'otherIncarnation') {
    declareContactDead(turn, to);
    return;
  }
  if (reply?.type === 'notMember') setJoined(turn, to, false);
  const member = state.members.get(to.id);
  if (member !== undefined) member.candidateAt = turn.now + state.parameters.candidateRetryMs;
}

/** `notified` is the one whose answer ends the round: it needs no further notify where it is the head now. */
function endRound(turn: Turn, notified: Contact | null = null): void {
  const { state } = turn;
  const [head] = state.successors;
  state.stabilizeRequestId = 0;
  if (head !== undefined && (notified === null || !isSameLife(head, notified))) notifyHead(turn);
  considerNearest(turn);
  extendTail(turn);
}

/** Asks the best candidate among the members, if there is one. */
export function considerNearest(turn: Turn): void {
  const next = turn.state.phase === 'member' ? nearestCandidate(turn) : null;
  if (next !== null) considerCandidate(turn, next);
}

/** The known member nearest after this node that stands before the head. */
function nearestCandidate(turn: Turn): Contact | null {
  const { state } = turn;
  let best: Contact | null = null;
  if (!state.mayKnowNearer) return best;
  state.mayKnowNearer = false;
  for (const { contact } of state.members.values()) {
    if (!standsBeforeHead(state, contact)) continue;
    state.mayKnowNearer = true;
    if (best !== null && !isBetweenOpenOpen(state.self.id, contact.id, best.id)) continue;
    if (isCandidate(turn, contact)) best = contact;
  }
  return best;
}
