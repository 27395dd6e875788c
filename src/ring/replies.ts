/** An answer, or its failure, goes to the operation that asked; before that, to the detector for what it shows. */
import { settleCallBack } from './call-back.ts';
import { rememberCandidate } from './candidates.ts';
import { isSameLife } from './contact.ts';
import { declareContactDead, heardReply, missed, onIndirectProbe, stayed } from './detector.ts';
import { onPredecessorList } from './doubt.ts';
import { onPushFailed, takeIn } from './exchange.ts';
import { onFingerAnswered } from './finger-rounds.ts';
import { takeIntroduced } from './introduce.ts';
import { onWalkAnswer } from './join.ts';
import { onLeaveAnswer, onLeaverAnswered } from './leave.ts';
import { onLookupAnswer, resumeLookups } from './lookup.ts';
import { setJoined } from './members.ts';
import { onMergeAnswer } from './merge.ts';
import type { Contact, RingReply } from './message.ts';
import { onOrphanProbe } from './orphan.ts';
import type { Pending } from './pending.ts';
import { onRelayed, settleProbe } from './probe.ts';
import { onExtension } from './prune.ts';
import { onNotifierAnswered } from './rectify.ts';
import { measureRoundTrip } from './round-trips.ts';
import { onDoubtfulAnswered, onJoinerAnswered, onTold } from './route-changes.ts';
import { onPageAnswered, onRoutesCompared } from './route-exchange.ts';
import {
  considerNearest,
  onNeighboursFailure,
  onNeighboursReply,
  refuse,
  stabilizeSoon,
} from './stabilize.ts';
import type { Turn } from './turn.ts';

/**
 * `reply` is null for a failure, and for an answer that nobody should have sent. `refused`: it was the one asked that failed
 * to answer the question, and so it lives.
 */
export function onReply(
  turn: Turn,
  requestId: number,
  from: Contact | null,
  reply: RingReply | null,
  refused = false,
): void {
  const { state } = turn;
  const pending = state.pending.get(requestId);
  if (pending === undefined) return;
  state.pending.delete(requestId);
  if (pending.purpose.type === 'probe') settleProbe(turn, pending.to);
  const said = from === null || reply === null ? null : whatItSaid(turn, pending, from, reply);
  if (from !== null) noteRoundTrip(turn, pending, from);
  if (said === null) {
    if (refused) heardReply(turn, pending.to);
    else missed(turn, pending);
  } else if (said.type === 'otherIncarnation') declareContactDead(turn, pending.to);
  else if (said.type === 'pong') onPong(turn, pending.to, said.joined);
  else if (isMembersWord(said)) setJoined(turn, pending.to, true);
  route(turn, requestId, pending, said, refused);
}

function noteRoundTrip(turn: Turn, pending: Pending, from: Contact): void {
  const member = turn.state.members.get(from.id);
  if (member !== undefined && isSameLife(member.contact, from) && isSameLife(pending.to, from))
    measureRoundTrip(member, pending, turn.now);
}

function onPong(turn: Turn, from: Contact, joined: boolean): void {
  if (joined) stayed(turn, from);
  setJoined(turn, from, joined);
}

/** Only a member answers questions of state. */
function isMembersWord(reply: RingReply): boolean {
  return reply.type === 'neighbours' || reply.type === 'neighboursUnchanged' || reply.type === 'owner';
}

/** What the one asked said; an answer from somebody else at its address is none, one from a later life says that it is over. */
function whatItSaid(turn: Turn, pending: Pending, from: Contact, reply: RingReply): RingReply | null {
  heardReply(turn, from);
  if (from.id !== pending.to.id) return null;
  const isOther = !isSameLife(from, pending.to) || reply.type === 'otherIncarnation';
  return isOther && turn.state.parameters.safeguards.incarnation ? { type: 'otherIncarnation' } : reply;
}

function route(
  turn: Turn,
  requestId: number,
  pending: Pending,
  reply: RingReply | null,
  refused: boolean,
): void {
  const { purpose, to } = pending;
  switch (purpose.type) {
    case 'joinWalk':
      onWalkAnswer(turn, requestId, to, reply);
      return;
    case 'orphanProbe':
      onOrphanProbe(turn, to, purpose.round, reply?.type === 'pong' ? reply.joined : null);
      return;
    case 'stabilize':
    case 'candidate':
    case 'hinted':
      if (reply?.type === 'neighbours' || reply?.type === 'neighboursUnchanged') {
        onNeighboursReply(turn, requestId, pending, to, reply);
        return;
      }
      onNeighboursFailure(turn, requestId, pending, reply);
      return;
    case 'extend':
      if (onExtension(turn, requestId, pending, reply?.type === 'neighbours' ? reply.successors : null))
        stabilizeSoon(turn, turn.state.parameters.stabilizeMinMs);
      return;
    case 'verifyPredecessor':
      if (reply?.type === 'owner') {
        onPredecessorList(turn, to, reply.successors);
        return;
      }
      refuse(turn, to, reply);
      return;
    case 'probe':
      return;
    case 'indirectProbe':
      onIndirectProbe(turn, purpose.target, reply?.type === 'pongVia' && reply.answered);
      return;
    case 'relay':
      onRelayed(turn, purpose.token, reply?.type === 'pong');
      return;
    case 'exchange':
      if (reply?.type !== 'members') return;
      takeIn(turn, reply.entries);
      considerNearest(turn);
      return;
    case 'push':
      if (reply === null) onPushFailed(turn, to);
      return;
    case 'changed':
    case 'introduce':
      return;
    case 'mergeProbe':
      onMergeAnswer(turn, requestId, to, reply);
      return;
    case 'compareRoutes':
      onRoutesCompared(turn, pending, reply);
      return;
    case 'routePage':
      onPageAnswered(turn, pending, purpose.page, reply);
      return;
    case 'doubtfulRoute':
      onDoubtfulAnswered(turn, pending, purpose.doubt, reply, refused);
      return;
    case 'saidToJoin':
      onJoinerAnswered(turn, purpose.said, reply);
      return;
    case 'tellChanges':
      onTold(turn, pending, reply?.type === 'acknowledged');
      return;
    case 'finger':
      if (reply?.type === 'pong' && reply.joined)
        onFingerAnswered(turn, purpose.slot, to, turn.now - pending.sentAt);
      return;
    case 'notify':
      refuse(turn, to, reply);
      return;
    case 'newLife':
      settleCallBack(turn, pending);
      return;
    case 'notifier':
      settleCallBack(turn, pending);
      if (reply?.type === 'pong' && reply.joined) onNotifierAnswered(turn, to, purpose.standing);
      return;
    case 'farNotifier':
      settleCallBack(turn, pending);
      if (reply?.type === 'pong' && reply.joined && turn.state.phase === 'member')
        rememberCandidate(turn, to);
      return;
    case 'introducer':
      settleCallBack(turn, pending);
      if (reply?.type === 'pong' && reply.joined) takeIntroduced(turn, purpose.introduced);
      return;
    case 'leaver':
      settleCallBack(turn, pending);
      onLeaverAnswered(turn, purpose.token, to, reply?.type === 'pong' ? reply.joined : null);
      return;
    case 'leave':
      onLeaveAnswer(turn);
      resumeLookups(turn);
      return;
    case 'lookup':
      onLookupAnswer(turn, requestId, purpose.lookupId, pending, to, reply);
      return;
  }
}
