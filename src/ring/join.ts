/**
 * Join (Zave 2017): walk by bestPredecessor until a member answers that it is itself the best predecessor; its list, from
 * between(member, self, head) at the instant it answered, becomes the joiner's. Before that the joiner is no member and
 * answers no question of state; after it, it stabilises at once and claims its keys when its neighbours know of it.
 */
import { isSameLife } from './contact.ts';
import { beginDoubt } from './doubt.ts';
import type { Identifier } from './identifier.ts';
import { isBetweenOpenOpen } from './interval.ts';
import { isGone, isUsable, learn } from './members.ts';
import type { Contact, RingReply } from './message.ts';
import { knownBefore } from './next-hops.ts';
import type { Purpose } from './pending.ts';
import { startProbing } from './probe-rounds.ts';
import { askPatiently } from './round-trips.ts';
import type { RingState } from './state.ts';
import { listBehind, setSuccessors } from './successors.ts';
import { answer, clearTimer, jittered, post, setTimer, type Turn } from './turn.ts';

export const JOIN_TIMER = 'join';
/** Share of the walks in which one that is gone, or had no place, is asked all the same. */
const AGAIN_SHARE = 0.25;
const JOIN_WALK: Purpose = { type: 'joinWalk' };

/** Becomes a ring of one. */
export function create(turn: Turn): void {
  const { state } = turn;
  state.phase = 'member';
  state.predecessor = null;
  state.doubt = null;
  takePlace(turn);
}

/** An orphan, of whom nobody can say what stands behind it: this member, that answered just now, is its head until a nearer one is found. */
export function takePlaceBefore(turn: Turn, head: Contact): void {
  const { state } = turn;
  state.phase = 'member';
  state.joinAttempts = 0;
  setSuccessors(turn, [head], { type: 'contact', answered: head });
  takePlace(turn);
  beginDoubt(turn, 'joined');
}

export function join(turn: Turn, seeds: readonly Contact[]): void {
  const { state } = turn;
  rememberSeeds(turn, seeds);
  if (state.phase !== 'idle' && state.phase !== 'joining') return;
  state.phase = 'joining';
  if (state.joinRequestId === 0) startWalk(turn);
}

export function rememberSeeds(turn: Turn, contacts: readonly Contact[]): void {
  const { seeds, self, parameters } = turn.state;
  for (const contact of contacts) {
    if (contact.id === self.id) continue;
    const at = seeds.findIndex((seed) => seed.id === contact.id);
    if (at >= 0) seeds.splice(at, 1);
    else if (seeds.length >= parameters.seedsMax) seeds.shift();
    seeds.push(contact);
  }
}

/** Asks a seed, or a member met or named before, chosen by chance so that a bad one is not asked for ever. */
export function startWalk(turn: Turn): void {
  const { state } = turn;
  const choices = state.seeds.filter((seed) => !isGone(state, seed) || turn.random() < AGAIN_SHARE);
  for (const { contact, health } of state.members.values()) {
    // One that had no place when it was asked last may have one by now, and tells nobody who has none.
    const mayHavePlace = health === 'alive' && turn.random() < AGAIN_SHARE;
    const isSilent = state.joinSilent.includes(contact.id) && turn.random() >= AGAIN_SHARE;
    if ((isUsable(state, contact) && !isSilent) || mayHavePlace) choices.push(contact);
  }
  const chosen = choices[Math.floor(turn.random() * choices.length)];
  if (chosen === undefined) {
    retryLater(turn);
    return;
  }
  walkFrom(turn, chosen);
}

export function walkFrom(turn: Turn, first: Contact): void {
  turn.state.joinHops = 0;
  ask(turn, first);
}

/** For the best predecessor of this node, or of one that does not answer: the walk goes on from before it. */
function ask(turn: Turn, contact: Contact, id = turn.state.self.id): void {
  const { state } = turn;
  state.joinHops++;
  const request = { type: 'bestPredecessor', id } as const;
  state.joinRequestId = askPatiently(turn, contact, request, JOIN_WALK);
}

function retryLater(turn: Turn): void {
  const { state } = turn;
  const { joinRetryMinMs, joinRetryMaxMs } = state.parameters;
  state.joinRequestId = 0;
  const waitMs = Math.min(joinRetryMinMs * 2 ** Math.min(state.joinAttempts, 10), joinRetryMaxMs);
  state.joinAttempts++;
  setTimer(turn, JOIN_TIMER, jittered(turn, waitMs));
}

/** An answer or, with null, a failure of the walk. */
export function onWalkAnswer(turn: Turn, requestId: number, from: Contact, reply: RingReply | null): void {
  const { state } = turn;
  if (requestId !== state.joinRequestId || (state.phase !== 'joining' && state.phase !== 'orphan')) return;
  state.joinRequestId = 0;
  if (reply === null) rememberSilent(state, from);
  if (reply?.type !== 'bestPredecessor' || from.id === state.self.id) {
    retryLater(turn);
    return;
  }
  const { best, successors } = reply;
  if (best.id === from.id) {
    if (!takeListOf(turn, from, successors)) askAgain(turn, successors[0]);
  } else if (isBetweenOpenOpen(from.id, best.id, state.self.id) && state.joinHops < state.parameters.hopMax) {
    learn(turn, best);
    if (isUsable(state, best) && !state.joinSilent.includes(best.id)) ask(turn, best);
    else ask(turn, from, best.id);
  } else {
    retryLater(turn);
  }
}

/** Who does not answer is not asked again at once, though others name it for as long as they have not found it dead. */
function rememberSilent(state: RingState, { id }: Contact): void {
  const { joinSilent, parameters } = state;
  if (joinSilent.includes(id)) return;
  if (joinSilent.length >= parameters.seedsMax) joinSilent.shift();
  joinSilent.push(id);
}

/** The walk ends before a node that was silent: only a message may have been lost, so it is asked once more. */
function askAgain(turn: Turn, head: Contact | undefined): void {
  const { joinSilent, joinHops, parameters } = turn.state;
  const at = head === undefined ? -1 : joinSilent.indexOf(head.id);
  if (head === undefined || at < 0 || joinHops >= parameters.hopMax) {
    retryLater(turn);
    return;
  }
  joinSilent.splice(at, 1);
  ask(turn, head);
}

/** Zave's condition between(member, self, head) holds, or the walk begins again. */
function takeListOf(turn: Turn, member: Contact, successors: readonly Contact[]): boolean {
  const { state } = turn;
  const head = successors[0] ?? member;
  if (!isBetweenOpenOpen(member.id, state.self.id, head.id)) return false;
  for (const contact of successors) learn(turn, contact);
  const list = listBehind(state, [], successors);
  // In a ring of two the member is the joiner's successor too.
  const next = list.length > 0 ? list : [member];
  state.phase = 'member';
  state.joinAttempts = 0;
  state.predecessor = member;
  setSuccessors(turn, next, { type: 'join' });
  takePlace(turn);
  beginDoubt(turn, 'joined');
  return true;
}

function takePlace(turn: Turn): void {
  const { state } = turn;
  clearTimer(turn, JOIN_TIMER);
  state.joinRequestId = 0;
  state.joinSilent.length = 0;
  state.orphanRound = 0;
  state.waitingNotifier = null;
  state.stabilizeRequestId = 0;
  state.stabilizeWaitMs = state.parameters.stabilizeMinMs;
  state.lastExchangeAt = turn.now;
  startProbing(turn);
  post(turn, { type: 'joined' });
  post(turn, { type: 'neighboursChanged' });
}

/** The best predecessor for `id` that is known; this node itself once nobody in its list stands between. */
export function onBestPredecessor(turn: Turn, token: number, id: Identifier): void {
  const { state } = turn;
  const { self, successors } = state;
  // One that joined just now has a place and a list; one that was paused may have lost its place.
  if (state.phase !== 'member' || state.doubt?.cause === 'paused') {
    answer(turn, token, { type: 'notMember' });
    return;
  }
  const head = successors[0];
  if (head === undefined || isBetweenOpenOpen(self.id, id, head.id)) {
    answer(turn, token, { type: 'bestPredecessor', best: self, successors });
    return;
  }
  const best = knownBefore(state, id, (contact) => isUsable(state, contact)) ?? head;
  // The joiner's own older life at the head is no predecessor of it; it leaves the list as soon as it is found dead.
  const next = best.id === id ? self : best;
  answer(turn, token, {
    type: 'bestPredecessor',
    best: next,
    successors: isSameLife(next, self) ? successors : [],
  });
}
