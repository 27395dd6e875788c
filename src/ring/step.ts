/**
 * The door of the ring: facts in, orders out. `step` only decides who acts; each operation stands in a file of its own.
 * The protocol is Zave's corrected Chord ("Reasoning about identifier spaces: how to make Chord correct", 2017) with
 * candidates from the member list, incarnations, a failure detector and verified owners added.
 */
import { isAcceptableContact, isAcceptableReply, isAcceptableRequest } from './bounds.ts';
import { onSuspectTimer } from './detector.ts';
import { DOUBT_TIMER, onDoubtTimer } from './doubt.ts';
import type { Effect, Input, MonotonicMs, Random } from './effect.ts';
import { EXCHANGE_TIMER, exchange, PUSH_TIMER, pushToPredecessor, takeInCandidates } from './exchange.ts';
import { noticePause, settleFacts } from './facts.ts';
import { FINGER_TIMER, onFingerTimer } from './finger-rounds.ts';
import { create, JOIN_TIMER, join, rememberSeeds, startWalk } from './join.ts';
import { finishLeaving, LEAVE_TIMER, leave } from './leave.ts';
import { onLookupTimer, resumeLookups, startLookup } from './lookup.ts';
import { learn } from './members.ts';
import { considerMergeProbe } from './merge.ts';
import { askEverybody } from './orphan.ts';
import { onProbeRound, PROBE_ROUND_TIMER } from './probe-rounds.ts';
import { onReply } from './replies.ts';
import { onRequest } from './requests.ts';
import { CHANGES_TIMER, tellChanges } from './route-changes.ts';
import { askDoubtful, DOUBTS_TIMER } from './route-doubts.ts';
import { onRoutesTimer } from './route-exchange.ts';
import { ROUTES_TIMER } from './route-table.ts';
import { considerNearest, STABILIZE_TIMER, stabilize, stabilizeSoon } from './stabilize.ts';
import type { RingState } from './state.ts';
import { answer, type Turn } from './turn.ts';

/** A timer may fire this much early by the clock that the driver reads. */
const TIMER_TOLERANCE_MS = 5;

/** Mutates `state`; touches nothing else. The effects are to be carried out in their order. */
export function step(state: RingState, now: MonotonicMs, random: Random, input: Input): Effect[] {
  const turn: Turn = { state, now, random, effects: [], facts: [] };
  noticePause(turn);
  state.lastStepAt = now;
  dispatch(turn, input);
  settleFacts(turn);
  return turn.effects;
}

function dispatch(turn: Turn, input: Input): void {
  const { state } = turn;
  switch (input.type) {
    case 'boot':
      for (const { contact, status } of input.remembered.slice(0, state.parameters.membersMax)) {
        if (status !== 'left' && isAcceptableContact(state, contact)) learn(turn, contact);
      }
      return;
    case 'create':
      if (state.phase === 'idle' || state.phase === 'joining') create(turn);
      return;
    case 'join':
      join(
        turn,
        input.seeds.filter((contact) => isAcceptableContact(state, contact)),
      );
      return;
    case 'leave':
      leave(turn);
      resumeLookups(turn);
      return;
    case 'candidates': {
      const contacts = input.contacts.filter((contact) => isAcceptableContact(state, contact));
      rememberSeeds(turn, contacts);
      takeInCandidates(turn, contacts);
      considerNearest(turn);
      return;
    }
    case 'lookup':
      startLookup(turn, input.lookupId, input.key, input.deadlineMs);
      return;
    case 'request':
      if (!isAcceptableContact(state, input.from) || !isAcceptableRequest(state, input.request)) {
        answer(turn, input.token, { type: 'notMember' });
        return;
      }
      onRequest(turn, input.from, input.toIncarnation, input.token, input.request);
      return;
    case 'reply': {
      const isAcceptable = isAcceptableContact(state, input.from) && isAcceptableReply(state, input.reply);
      onReply(turn, input.requestId, input.from, isAcceptable ? input.reply : null);
      return;
    }
    case 'failure':
      onReply(turn, input.requestId, null, null, input.answered);
      return;
    case 'timer':
      onTimer(turn, input.timerId);
      return;
  }
}

function onTimer(turn: Turn, timerId: string): void {
  const { timers, phase } = turn.state;
  const at = timers.get(timerId);
  if (at === undefined || at > turn.now + TIMER_TOLERANCE_MS) return;
  timers.delete(timerId);
  switch (timerId) {
    case STABILIZE_TIMER:
      stabilize(turn);
      considerMergeProbe(turn);
      return;
    case PROBE_ROUND_TIMER:
      onProbeRound(turn);
      return;
    case EXCHANGE_TIMER:
      exchange(turn);
      return;
    case ROUTES_TIMER:
      onRoutesTimer(turn);
      return;
    case CHANGES_TIMER:
      tellChanges(turn);
      return;
    case DOUBTS_TIMER:
      askDoubtful(turn);
      return;
    case FINGER_TIMER:
      onFingerTimer(turn);
      return;
    case PUSH_TIMER:
      pushToPredecessor(turn);
      return;
    case DOUBT_TIMER:
      if (onDoubtTimer(turn)) stabilizeSoon(turn, 0);
      return;
    case JOIN_TIMER:
      if (phase === 'joining') startWalk(turn);
      else if (phase === 'orphan') askEverybody(turn);
      return;
    case LEAVE_TIMER:
      finishLeaving(turn);
      resumeLookups(turn);
      return;
    default:
      if (!onSuspectTimer(turn, timerId)) onLookupTimer(turn, timerId);
  }
}
