/**
 * Doubt: a node that joined just now, or that was paused for about as long as it takes to be declared dead, claims no key
 * until its head has it for a predecessor, so that the head claims none of these keys any more, and its predecessor, in no
 * doubt itself, points at it. Others may have taken its place.
 * So does an orphan that made a ring of one, until the other orphans are in it; and a node whose dead predecessor is followed by
 * a farther one in doubt, until a predecessor in no doubt points at it: somebody may stand between, who owns some of the keys.
 */
import { isSameLife } from './contact.ts';
import { isBetweenOpenOpen } from './interval.ts';
import { learn } from './members.ts';
import type { Contact, Standing } from './message.ts';
import type { Purpose } from './pending.ts';
import { probeContact } from './probe.ts';
import { askPatiently } from './round-trips.ts';
import type { Doubt } from './state.ts';
import { clearTimer, emit, post, setTimer, type Turn } from './turn.ts';

export const DOUBT_TIMER = 'doubt';
const VERIFY: Purpose = { type: 'verifyPredecessor' };

/** @param awaited whose places this ring of one waits for: once each has one, or is gone, there is no more doubt */
export function beginDoubt(turn: Turn, cause: Doubt['cause'], awaited: readonly Contact[] = []): void {
  const { state, now } = turn;
  if (state.doubt === null) emit(turn, { type: 'doubted' });
  state.doubt = {
    cause,
    since: now,
    successorConfirmed: false,
    predecessorConfirmed: false,
    predecessorInDoubt: false,
    disprovedAt: Number.NEGATIVE_INFINITY,
    awaited,
  };
  setTimer(turn, DOUBT_TIMER, state.parameters.doubtRetryMs);
  verifyPredecessor(turn);
}

/** The keys that it owned before are part of what it owns next: one word of a predecessor in no doubt is enough. */
export function beginDoubtOfRetreat(turn: Turn): void {
  if (turn.state.doubt !== null) return;
  beginDoubt(turn, 'retreated');
  confirmSuccessor(turn);
}

export function endDoubt(turn: Turn): void {
  if (turn.state.doubt === null) return;
  turn.state.doubt = null;
  clearTimer(turn, DOUBT_TIMER);
  emit(turn, { type: 'settled' });
  post(turn, { type: 'doubtEnded' });
}

/** Asks again for what is still open. Returns whether the head has not confirmed yet. */
export function onDoubtTimer(turn: Turn): boolean {
  const { state, now } = turn;
  if (state.doubt === null) return false;
  const { doubtMaxMs, requestTimeoutMs } = state.parameters;
  // A predecessor that lives and points at another disproves, however long it takes to find that one.
  const isDisproved = now - state.doubt.disprovedAt <= 2 * requestTimeoutMs;
  // A predecessor may be dead; the head lives, and would claim the same keys.
  const isHandedOver = state.doubt.successorConfirmed || state.successors.length === 0;
  // In a ring of two nobody stands between, and both may have retreated to each other.
  const isRingOfTwo = state.successors[0]?.id === state.predecessor?.id;
  const mayExpire = state.doubt.cause !== 'retreated' || isRingOfTwo;
  if (mayExpire && now - state.doubt.since >= doubtMaxMs && isHandedOver && !isDisproved) {
    endDoubt(turn);
    return false;
  }
  setTimer(turn, DOUBT_TIMER, state.parameters.doubtRetryMs);
  // One that was in doubt itself says so when that ends.
  if (!state.doubt.predecessorConfirmed && !state.doubt.predecessorInDoubt) verifyPredecessor(turn);
  return !state.doubt.successorConfirmed;
}

/** Some of those awaited took their places, or are gone. */
export function endIfTogether(turn: Turn): void {
  const { doubt, members, successors } = turn.state;
  if (doubt === null || doubt.awaited.length === 0 || successors.length === 0) return;
  const isStillAwaited = ({ id }: Contact): boolean => {
    const member = members.get(id);
    return member !== undefined && member.health !== 'dead' && member.health !== 'left' && !member.joined;
  };
  if (!doubt.awaited.some(isStillAwaited)) endDoubt(turn);
}

/** The head, asked after doubt began, answered that this node is its predecessor. */
export function confirmSuccessor(turn: Turn): void {
  const { doubt } = turn.state;
  if (doubt === null || doubt.successorConfirmed) return;
  doubt.successorConfirmed = true;
  // The predecessor's word comes last: it may have found a nearer head since it gave it, and that one settles by itself.
  if (!doubt.predecessorConfirmed) return;
  doubt.predecessorConfirmed = false;
  verifyPredecessor(turn);
}

/** The predecessor notified, or is another. The notify may have waited as long as this node was paused: it is asked now. */
export function predecessorSpoke(turn: Turn, standing: Standing): void {
  const { doubt } = turn.state;
  if (doubt === null) return;
  doubt.predecessorConfirmed = false;
  doubt.predecessorInDoubt = standing === 'inDoubt';
  if (doubt.predecessorInDoubt && doubt.cause === 'joined') post(turn, { type: 'bothJoined' });
  if (!doubt.predecessorInDoubt) verifyPredecessor(turn);
}

/** The predecessor, in no doubt itself, named its successors: does it point here, or at a node between? */
export function onPredecessorList(turn: Turn, from: Contact, successors: readonly Contact[]): void {
  const { state } = turn;
  const { predecessor, self, doubt } = state;
  if (doubt === null || predecessor === null || !isSameLife(predecessor, from)) return;
  const head = successors[0];
  if (head !== undefined && isSameLife(head, self)) {
    doubt.predecessorConfirmed = true;
    endIfSettled(turn);
    return;
  }
  for (const entry of successors) {
    if (!isBetweenOpenOpen(predecessor.id, entry.id, self.id)) continue;
    doubt.disprovedAt = turn.now;
    // It stands nearer. A ping shows it that this node is here; it will notify.
    learn(turn, entry);
    probeContact(turn, entry);
  }
}

/**
 * Asks the predecessor for the owner of its own identifier: it answers as owner only when in no doubt itself, so that
 * neighbours who were paused together do not confirm one another.
 */
function verifyPredecessor(turn: Turn): void {
  const { predecessor } = turn.state;
  if (predecessor === null) return;
  askPatiently(turn, predecessor, { type: 'findOwner', key: predecessor.id }, VERIFY);
}

function endIfSettled(turn: Turn): void {
  const { doubt } = turn.state;
  if (doubt?.successorConfirmed && doubt.predecessorConfirmed) endDoubt(turn);
}
