/**
 * Who lives. A miss raises suspicion, two more misses, asked through neighbours too, are death. Death is per life, and undone
 * when that life answers after all. Whom to ask, and when, is in probe-rounds.ts.
 */
import { callBack } from './call-back.ts';
import { isSameLife } from './contact.ts';
import { addMember, isNeighbour, isProven, learn, renewMember, setHealth, setNews } from './members.ts';
import type { Contact } from './message.ts';
import type { Pending } from './pending.ts';
import { probe, settleProbe } from './probe.ts';
import { confirmRoute, endRoute, forgetRoute, shunRoute } from './routes.ts';
import type { Member, RingState } from './state.ts';
import { emit, jittered, post, setTimer, type Turn } from './turn.ts';

const SUSPECT_TIMER = 'suspect:';
/** A time-out that comes so much after its time came from an event loop that stood still. */
const LATE_MS = 50;

/**
 * A request came in the name of this node. Returns false for a ghost: an older life than one that answered.
 * It shows that somebody speaks; who that is, and whether it can be reached, only an answer shows.
 */
export function heardRequest(turn: Turn, from: Contact): boolean {
  const { state, now } = turn;
  if (from.id === state.self.id) {
    if (from.incarnation > state.self.incarnation) callBack(turn, from, { type: 'newLife' });
    return false;
  }
  const member = addMember(turn, from);
  if (member === null) return true;
  if (isGhost(member, from)) return !state.parameters.safeguards.incarnation;
  if (!isSameLife(member.contact, from)) {
    learn(turn, from);
    callBack(turn, from, { type: 'newLife' });
    return true;
  }
  member.heardAt = now;
  predecessorSpeaks(state, from);
  if (member.health === 'dead' || member.health === 'left') probe(turn, member);
  return true;
}

/** This node answered, at the address where it was asked. */
export function heardReply(turn: Turn, from: Contact): void {
  const { state } = turn;
  if (from.id === state.self.id) {
    if (from.incarnation > state.self.incarnation) post(turn, { type: 'superseded', by: from });
    return;
  }
  const member = addMember(turn, from);
  if (member === null || isGhost(member, from)) return;
  if (isSameLife(member.contact, from)) member.contact = from;
  else followLife(turn, member, from);
  markAlive(turn, member);
}

/** It lives, so that nobody takes its place: one that notified before this may have a nearer head by the time it dies. */
function predecessorSpeaks(state: RingState, contact: Contact): void {
  const { predecessor, waitingNotifier } = state;
  if (waitingNotifier !== null && predecessor !== null && isSameLife(predecessor, contact))
    state.waitingNotifier = null;
}

function isGhost(member: Member, contact: Contact): boolean {
  return contact.incarnation < member.contact.incarnation && isProven(member);
}

/** Another life of a member answered. */
function followLife(turn: Turn, member: Member, contact: Contact): void {
  forgetRoute(turn.state, member.contact);
  renewMember(turn.state, member, contact);
}

/** It was said to have left, and says itself that it has its place. */
export function stayed(turn: Turn, contact: Contact): void {
  const member = turn.state.members.get(contact.id);
  if (member === undefined || !isSameLife(member.contact, contact) || member.health !== 'left') return;
  setHealth(turn.state, member, 'dead');
  markAlive(turn, member);
}

function markAlive(turn: Turn, member: Member): void {
  const { state, now } = turn;
  const before = member.health;
  const isNew = !isProven(member);
  const returns = before === 'dead' || member.isSaidSilent;
  member.isSaidSilent = false;
  member.heardAt = now;
  member.answeredAt = now;
  predecessorSpeaks(state, member.contact);
  // A life is known by its own word from now on: those before it are over, wherever they stand.
  if (isNew && state.parameters.safeguards.incarnation) post(turn, { type: 'outlived', by: member.contact });
  if (before === 'alive' || before === 'left') return;
  setHealth(state, member, 'alive');
  member.misses = 0;
  member.reviveWaitMs = state.parameters.revivalMinMs;
  if (member.joined) confirmRoute(turn, member.contact);
  if (before === 'suspect') return;
  setNews(state, member, state.parameters.newsSends);
  state.membersChanged = true;
  if (isNew || before === 'dead') emit(turn, { type: 'memberSeen', contact: member.contact });
  if (returns) post(turn, { type: 'returned', contact: member.contact });
}

/** No answer. Counts only where nothing was heard since, and this node itself was not the one away. */
export function missed(turn: Turn, pending: Pending): void {
  const { state } = turn;
  const { to, sentAt, purpose } = pending;
  if (wasCutShort(turn, pending)) return;
  const member = addMember(turn, to);
  if (member === null) {
    // Nobody keeps account of it: lookups choose another. One that was asked for this is not asked again.
    if (purpose.type !== 'doubtfulRoute') shunRoute(turn, to);
    return;
  }
  if (!isSameLife(member.contact, to) && !takeAccount(turn, member, to)) return;
  if (member.answeredAt > sentAt) return;
  if (state.pausedUntil > sentAt) {
    if (member.health === 'suspect' && member.probesOut === 0) askSuspectAgain(turn, member);
    return;
  }
  if (member.health === 'dead' || member.health === 'left') return;
  if (member.health === 'alive' && wasLate(turn, pending)) {
    probe(turn, member, state.parameters.probeTimeoutMs);
    return;
  }
  if (member.health !== 'suspect') {
    if (member.health === 'alive') emit(turn, { type: 'suspected', contact: to });
    setHealth(state, member, 'suspect');
    member.misses = 1;
    member.silentSince = sentAt;
    if (isNeighbour(state, to)) post(turn, { type: 'neighbourSuspected', since: sentAt });
    // Others named it, nobody's place depends on it, and it does not answer.
    else if (!isProven(member)) member.misses = state.parameters.missesToDeath;
  } else if (purpose.type === 'probe') {
    member.misses++;
  }
  if (member.probesOut > 0) return;
  if (member.misses >= state.parameters.missesToDeath) declareDead(turn, member);
  else askSuspectAgain(turn, member);
}

function askSuspectAgain(turn: Turn, { contact, lastProbeAt }: Member): void {
  const dueMs = lastProbeAt + turn.state.parameters.probeSpacingMs - turn.now;
  setTimer(turn, SUSPECT_TIMER + contact.id, Math.max(0, dueMs));
}

/** A lookup near its deadline waits for less than an answer takes: its end says nothing of the one asked. */
function wasCutShort(turn: Turn, { purpose, sentAt, timeoutMs }: Pending): boolean {
  const { lookupHopTimeoutMs } = turn.state.parameters;
  return purpose.type === 'lookup' && timeoutMs < lookupHopTimeoutMs && turn.now - sentAt >= timeoutMs;
}

/**
 * This node, and with a busy machine perhaps the other, stood still for a moment: the answer may be there to be read. Who was
 * waited for as long as for a probe is not excused, or a node that is always late would never find anybody dead.
 */
function wasLate({ state, now }: Turn, { sentAt, timeoutMs }: Pending): boolean {
  return timeoutMs < state.parameters.probeTimeoutMs && now - sentAt > timeoutMs + LATE_MS;
}

/**
 * A life was silent that the entry does not stand for. Account must be kept of every neighbour, else it could never be
 * found dead. Returns whether the entry stands for it now.
 */
function takeAccount(turn: Turn, member: Member, silent: Contact): boolean {
  const { state } = turn;
  if (isGhost(member, silent)) {
    if (state.parameters.safeguards.incarnation) post(turn, { type: 'outlived', by: member.contact });
    return false;
  }
  if (!isNeighbour(state, silent)) return false;
  if (isProven(member) && member.health !== 'dead' && member.health !== 'left') {
    post(turn, { type: 'questioned', contact: member.contact });
    return false;
  }
  renewMember(state, member, silent);
  return true;
}

/** The probe that a suspect was due. Returns whether the timer was one of these. */
export function onSuspectTimer(turn: Turn, timerId: string): boolean {
  if (!timerId.startsWith(SUSPECT_TIMER)) return false;
  const member = turn.state.members.get(timerId.slice(SUSPECT_TIMER.length));
  if (member !== undefined && member.health === 'suspect') probe(turn, member);
  return true;
}

/** Another node pinged, or failed to ping, a suspect. */
export function onIndirectProbe(turn: Turn, target: Contact, answered: boolean): void {
  const member = settleProbe(turn, target);
  if (member === null || member.health !== 'suspect') return;
  // It lives and only the way there is broken: it stays suspect, so that lookups go round it, and is not declared dead.
  if (answered) member.misses = 1;
  if (member.probesOut > 0) return;
  if (member.misses >= turn.state.parameters.missesToDeath) declareDead(turn, member);
  else setTimer(turn, SUSPECT_TIMER + target.id, turn.state.parameters.probeIntervalMs);
}

function declareDead(turn: Turn, member: Member): void {
  const { state, now } = turn;
  if (member.health === 'dead' || member.health === 'left') return;
  const wasProven = isProven(member);
  setHealth(state, member, 'dead');
  member.misses = 0;
  member.probesOut = 0;
  member.reviveWaitMs = state.parameters.revivalMinMs;
  member.reviveAt = now + jittered(turn, member.reviveWaitMs);
  setNews(state, member, wasProven ? state.parameters.newsSends : 0);
  state.membersChanged = true;
  endRoute(turn, member.contact);
  if (wasProven) emit(turn, { type: 'dead', contact: member.contact });
  post(turn, { type: 'gone', contact: member.contact });
}

/** This life said itself, or proved by being replaced, that it is over. */
export function declareContactDead(turn: Turn, contact: Contact): void {
  const member = addMember(turn, contact);
  if (member !== null && isSameLife(member.contact, contact)) declareDead(turn, member);
  else {
    endRoute(turn, contact);
    post(turn, { type: 'gone', contact });
  }
}
