/** What operations found out, carried to everybody it concerns, until nothing new comes of it. */

import { probeNeighbours, raiseAlarm } from './alarm.ts';
import { isSameLife } from './contact.ts';
import { beginDoubt, endIfTogether } from './doubt.ts';
import type { MonotonicMs } from './effect.ts';
import { exchangeSoon, PUSH_TIMER } from './exchange.ts';
import { onSlotFound, startFingers } from './finger-rounds.ts';
import { clearTimers } from './leave.ts';
import { resumeLookups } from './lookup.ts';
import { neighboursOf } from './members.ts';
import { onReturned } from './merge.ts';
import type { Contact } from './message.ts';
import { notifyHead } from './notify.ts';
import { becomeOrphan } from './orphan.ts';
import { probeContact } from './probe.ts';
import { hastenRevivals } from './probe-rounds.ts';
import { extendTail, prune } from './prune.ts';
import { onPredecessorGone } from './rectify.ts';
import { announceChanges, announceInDoubt } from './route-changes.ts';
import { startRoutes } from './route-exchange.ts';
import {
  abandonRoundWith,
  considerCandidate,
  considerNearest,
  stabilize,
  stabilizeSoon,
} from './stabilize.ts';
import type { RingState } from './state.ts';
import { emit, type Fact, setTimerBy, type Turn } from './turn.ts';

/** A silence of one's own, longer than the probes' rhythm allows: others may have taken this node for dead. */
export function noticePause(turn: Turn): void {
  const { state, now } = turn;
  if (now - state.lastStepAt <= state.parameters.pauseMs || state.lastStepAt === Number.NEGATIVE_INFINITY)
    return;
  if (state.phase === 'idle') return;
  state.pausedUntil = now;
  if (state.phase !== 'member' || state.successors.length === 0) return;
  beginDoubt(turn, 'paused');
  probeNeighbours(turn, now);
  stabilizeSoon(turn, 0);
}

export function settleFacts(turn: Turn): void {
  const { state, facts } = turn;
  let neighboursChanged = false;
  for (let i = 0; i < facts.length; i++) {
    const fact = facts[i] as Fact;
    if (fact.type === 'neighboursChanged') neighboursChanged = true;
    else settle(turn, fact);
    endIfTogether(turn);
  }
  if (neighboursChanged) afterNeighboursChanged(turn);
  if (state.membersChanged && state.phase === 'member') exchangeSoon(turn);
}

function settle(turn: Turn, fact: Exclude<Fact, { type: 'neighboursChanged' }>): void {
  const { state } = turn;
  switch (fact.type) {
    case 'gone':
      afterGone(turn, fact.contact);
      return;
    case 'outlived':
      for (const contact of olderLives(turn.state, fact.by)) afterGone(turn, contact);
      return;
    case 'returned':
      emit(turn, { type: 'returned', contact: fact.contact });
      // Where one comes back from behind a partition, others do too.
      hastenRevivals(turn);
      readmit(turn);
      onReturned(turn, fact.contact);
      return;
    case 'placed':
      readmit(turn);
      if (fact.contact.id === state.successors[0]?.id) stabilizeSoon(turn, 0);
      return;
    case 'neighbourSuspected':
      raiseAlarm(turn, fact.since);
      return;
    case 'questioned':
      probeContact(turn, fact.contact);
      return;
    case 'candidate':
      considerCandidate(turn, fact.contact);
      return;
    case 'joined':
      emit(turn, { type: 'joined' });
      exchangeSoon(turn);
      stabilize(turn);
      startFingers(turn);
      startRoutes(turn);
      resumeLookups(turn);
      return;
    case 'bothJoined':
      announceInDoubt(turn);
      return;
    case 'doubtEnded':
      // A head that is in doubt because this node was learns it now.
      notifyHead(turn);
      resumeLookups(turn);
      return;
    case 'slotLookedUp':
      onSlotFound(turn, fact.slot, fact.owner, fact.successors, fact.roundTripMs);
      return;
    case 'superseded':
      afterSuperseded(turn, fact.by);
      return;
  }
}

/** Lists were applied without a node that belongs in them: they are asked for in full again. */
function readmit(turn: Turn): void {
  turn.state.appliedHash = '';
  considerNearest(turn);
}

/** Lives before this one that are neighbours still. */
function olderLives(state: RingState, by: Contact): Contact[] {
  return neighboursOf(state).filter(({ id, incarnation }) => id === by.id && incarnation < by.incarnation);
}

function afterGone(turn: Turn, contact: Contact): void {
  const { state } = turn;
  if (state.phase !== 'member') return;
  abandonRoundWith(turn, contact);
  const pruned = prune(turn, contact);
  if (pruned === 'everything') {
    becomeOrphan(turn);
    return;
  }
  const wasPredecessor = state.predecessor !== null && isSameLife(state.predecessor, contact);
  if (wasPredecessor) {
    onPredecessorGone(turn);
    // A ring of one has no predecessor; the one that had notified never became its successor.
    if (state.successors.length === 0) state.predecessor = null;
  }
  if (pruned === 'nothing' && !wasPredecessor) return;
  extendTail(turn);
  stabilizeSoon(turn, pruned === 'head' ? 0 : state.parameters.stabilizeMinMs);
}

function afterNeighboursChanged(turn: Turn): void {
  const { state, now } = turn;
  const { predecessor, successors, parameters } = state;
  emit(turn, { type: 'neighboursChanged', predecessor, successors });
  if (state.phase !== 'member') return;
  announceChanges(turn);
  resumeLookups(turn);
  state.stabilizeWaitMs = parameters.stabilizeMinMs;
  stabilizeSoon(turn, parameters.stabilizeMinMs);
  noteChange(state, now);
  if (now < state.alarmUntil) probeNeighbours(turn, state.alarmSince);
  setTimerBy(
    turn,
    PUSH_TIMER,
    Math.max(parameters.stabilizeUrgentMs, state.lastPushAt + parameters.stabilizeMinMs - now),
  );
}

function afterSuperseded(turn: Turn, by: Contact): void {
  const { state } = turn;
  if (state.superseded) return;
  state.superseded = true;
  state.phase = 'left';
  clearTimers(turn);
  emit(turn, { type: 'superseded', by });
  resumeLookups(turn);
}

/** How long neighbours stay the same: changes of one moment count as one. */
function noteChange(state: RingState, now: MonotonicMs): void {
  const { settleMs } = state.parameters;
  const sinceMs = now - state.changedAt;
  if (sinceMs >= settleMs && sinceMs !== Number.POSITIVE_INFINITY) {
    state.changeIntervalMs += (sinceMs - state.changeIntervalMs) / 4;
  }
  state.changedAt = now;
}
