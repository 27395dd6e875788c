/** A request arrived: first what its arrival shows of the sender, then its answer, then whether the sender is a new head. */
import { heardRequest } from './detector.ts';
import { onMembers } from './exchange.ts';
import { onIntroduced } from './introduce.ts';
import { onBestPredecessor } from './join.ts';
import { onLeave } from './leave.ts';
import { isGone, setJoined } from './members.ts';
import type { Contact, RingRequest } from './message.ts';
import { onFindOwner } from './ownership.ts';
import { relayPing } from './probe.ts';
import { beNotified, onNotify } from './rectify.ts';
import { onRouteChanges } from './route-changes.ts';
import { onCompareRoutes, onRoutePage } from './route-exchange.ts';
import { considerNearest, onHeadChanged, onNeighbours } from './stabilize.ts';
import type { RingState } from './state.ts';
import { answer, post, type Turn } from './turn.ts';

export function onRequest(
  turn: Turn,
  from: Contact,
  toIncarnation: number,
  token: number,
  request: RingRequest,
): void {
  const { state } = turn;
  const isForThisLife = toIncarnation === 0 || toIncarnation === state.self.incarnation;
  if (!isForThisLife && state.parameters.safeguards.incarnation) {
    heardRequest(turn, from);
    answer(turn, token, { type: 'otherIncarnation' });
    return;
  }
  if (!heardRequest(turn, from)) {
    // An older life of a node, or another node with this one's name: it gets signs of life and nothing else.
    answer(turn, token, request.type === 'ping' ? pong(turn) : { type: 'notMember' });
    return;
  }
  if (request.type === 'notify' || request.type === 'neighbours') setJoined(turn, from, true);
  answerRequest(turn, from, token, request);
  // A joiner asks before it is a member; it will speak again.
  if (request.type !== 'bestPredecessor' && request.type !== 'leave' && !isGone(state, from)) {
    post(turn, { type: 'candidate', contact: from });
  }
}

/** Busy mode: an answer is awaited that may change the neighbours, and this asks for them. */
function mustWait(
  { parameters, stabilizeRequestId, extendRequestId }: RingState,
  request: RingRequest,
): boolean {
  if (!parameters.busyMode || (request.type !== 'neighbours' && request.type !== 'bestPredecessor'))
    return false;
  return stabilizeRequestId !== 0 || extendRequestId !== 0;
}

function answerRequest(turn: Turn, from: Contact, token: number, request: RingRequest): void {
  if (mustWait(turn.state, request)) {
    answer(turn, token, { type: 'pending' });
    return;
  }
  switch (request.type) {
    case 'ping':
      answer(turn, token, pong(turn));
      return;
    case 'pingVia':
      relayPing(turn, token, request.target);
      return;
    case 'bestPredecessor':
      onBestPredecessor(turn, token, request.id);
      return;
    case 'neighbours':
      if (
        onNeighbours(turn, token, from, request.listHash, request.notify === null) &&
        request.notify !== null
      )
        beNotified(turn, from, request.notify);
      return;
    case 'notify':
      onNotify(turn, token, from, request.standing);
      return;
    case 'changed':
      answer(turn, token, { type: 'acknowledged' });
      if (turn.state.successors[0]?.id === from.id) onHeadChanged(turn);
      return;
    case 'introduce':
      answer(turn, token, { type: 'acknowledged' });
      onIntroduced(turn, from, request.contact);
      return;
    case 'leave':
      onLeave(turn, token, from);
      return;
    case 'findOwner':
      onFindOwner(turn, token, request.key);
      return;
    case 'routes':
      onCompareRoutes(turn, token, request.from, request.digests);
      return;
    case 'routePage':
      onRoutePage(turn, token, request.page, request.marks);
      return;
    case 'routeChanges':
      onRouteChanges(turn, token, request.level, request.joined, request.gone);
      return;
    case 'members':
      onMembers(turn, token, request.digest, request.entries);
      considerNearest(turn);
      return;
  }
}

function pong(turn: Turn): { readonly type: 'pong'; readonly joined: boolean } {
  return { type: 'pong', joined: turn.state.phase === 'member' };
}
