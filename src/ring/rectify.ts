/**
 * Rectify (Zave 2017): what a node does with a notify. A nearer predecessor is taken as soon as it has answered; a farther one
 * only when the present one is gone. The predecessor is never set to nothing, for that would let any farther node in.
 */
import { callBack } from './call-back.ts';
import { rememberCandidate, renewCandidate } from './candidates.ts';
import { isSameLife } from './contact.ts';
import { beginDoubtOfRetreat, predecessorSpoke } from './doubt.ts';
import { isBetweenOpenOpen } from './interval.ts';
import { assertPredecessorMayBecome } from './invariants.ts';
import { isGone, isUsable } from './members.ts';
import type { Contact, Standing } from './message.ts';
import type { Purpose } from './pending.ts';
import { probeUnlessHeard } from './probe.ts';
import { askPatiently } from './round-trips.ts';
import { routeBefore } from './routes.ts';
import type { RingState } from './state.ts';
import { answer, post, type Turn } from './turn.ts';

const CHANGED: Purpose = { type: 'changed' };

/** A request of its own, or one that asks for the neighbours and notifies too. */
export function onNotify(turn: Turn, token: number, notifier: Contact, standing: Standing): void {
  if (turn.state.phase !== 'member') {
    answer(turn, token, { type: 'notMember' });
    return;
  }
  answer(turn, token, { type: 'acknowledged' });
  beNotified(turn, notifier, standing);
}

export function beNotified(turn: Turn, notifier: Contact, standing: Standing): void {
  rectify(turn, notifier, standing, renewCandidate(turn, notifier));
  // A ring of one has its predecessor for its successor too (Zave: stabilising with itself it finds the notifier).
  post(turn, { type: 'candidate', contact: notifier });
}

/** `isReached`: it answered not long ago, and is called back only to be adopted. */
function rectify(turn: Turn, notifier: Contact, standing: Standing, isReached: boolean): void {
  const { state } = turn;
  const { predecessor, self, parameters } = state;
  if (predecessor !== null && isSameLife(predecessor, notifier)) {
    predecessorSpoke(turn, standing);
    return;
  }
  if (mayPrecede(state, notifier)) {
    if (parameters.safeguards.contactBeforeAdopting) callBack(turn, notifier, { type: 'notifier', standing });
    else adoptPredecessor(turn, notifier, standing);
    return;
  }
  const waiting = state.waitingNotifier?.contact;
  // Its own last word counts: it may have settled, or come to doubt, since the one before.
  const isBest = waiting === undefined || isBetweenOpenOpen(waiting.id, notifier.id, self.id);
  if (isBest || isSameLife(waiting, notifier)) state.waitingNotifier = { contact: notifier, standing };
  if (predecessor !== null) probeUnlessHeard(turn, predecessor);
  if (!isReached) callBack(turn, notifier, { type: 'farNotifier' });
}

function mayPrecede(state: RingState, notifier: Contact): boolean {
  const { predecessor, self } = state;
  return (
    predecessor === null ||
    predecessor.id === notifier.id ||
    isBetweenOpenOpen(predecessor.id, notifier.id, self.id) ||
    isGone(state, predecessor)
  );
}

/** A notifier, called back, answered that it has its place: it is adopted if it still fits. */
export function onNotifierAnswered(turn: Turn, notifier: Contact, standing: Standing): void {
  const { state } = turn;
  const { predecessor } = state;
  if (state.phase !== 'member') return;
  rememberCandidate(turn, notifier);
  if (predecessor !== null && isSameLife(predecessor, notifier)) return;
  if (mayPrecede(state, notifier)) adoptPredecessor(turn, notifier, standing);
}

/** The predecessor is gone: who notified meanwhile takes its place; else it stands until somebody notifies. */
export function onPredecessorGone(turn: Turn): void {
  const { state } = turn;
  const waiting = state.waitingNotifier;
  state.waitingNotifier = null;
  if (waiting !== null) rectify(turn, waiting.contact, waiting.standing, true);
}

function adoptPredecessor(turn: Turn, next: Contact, standing: Standing): void {
  const { state } = turn;
  const before = state.predecessor;
  assertPredecessorMayBecome(state, next, before !== null && isGone(state, before));
  state.predecessor = next;
  state.waitingNotifier = null;
  post(turn, { type: 'neighboursChanged' });
  // Nobody stands between a settled predecessor and this node; behind one in doubt somebody may, who owns keys.
  const retreats = before !== null && isBetweenOpenOpen(next.id, before.id, state.self.id);
  if (retreats && standing === 'inDoubt') beginDoubtOfRetreat(turn);
  predecessorSpoke(turn, standing);
  if (before !== null && isUsable(state, before)) tellReplaced(turn, before);
  introduceToNearer(turn, next);
}

/** The one that stood there has a nearer head now, and learns it from this node's answer. */
function tellReplaced(turn: Turn, before: Contact): void {
  askPatiently(turn, before, { type: 'changed' }, CHANGED);
}

/** A member known between the new predecessor and this node should notify too: a ping shows it that this node is here. */
function introduceToNearer(turn: Turn, predecessor: Contact): void {
  const { state } = turn;
  if (!state.parameters.safeguards.memberCandidates) return;
  const nearer = routeBefore(state, state.self.id, (contact) => isUsable(state, contact));
  if (nearer !== null && isBetweenOpenOpen(predecessor.id, nearer.id, state.self.id))
    probeUnlessHeard(turn, nearer);
}
