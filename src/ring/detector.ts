/**
 * Who lives. Successor and predecessor are probed every `probeIntervalMs`, further members in turn; a miss raises suspicion,
 * two more misses, asked through neighbours too, are death. Death is per life, and undone when that life answers after all.
 */
import { callBack } from './call-back.ts';
import { isSameLife } from './contact.ts';
import type { MonotonicMs } from './effect.ts';
import {
  addMember,
  isNeighbour,
  isProven,
  learn,
  neighboursOf,
  rememberedUntil,
  removeMember,
  renewMember,
  setHealth,
  setNews,
} from './members.ts';
import type { Contact } from './message.ts';
import { patienceForNamed } from './round-trips.ts';
import { confirmRoute, endRoute, forgetRoute, shunRoute } from './routes.ts';
import type { Member, Pending, Purpose, RingState } from './state.ts';
import { answer, emit, jittered, post, send, setTimer, type Turn } from './turn.ts';

export const PROBE_ROUND_TIMER = 'probe';
const SUSPECT_TIMER = 'suspect:';
const PROBE: Purpose = { type: 'probe' };
/**
 * Heard of within this share of the interval, a neighbour needs no probe. Of two that probe each other the lower leads: it
 * asks first, and that it asked tells the other enough. Between the shares there is room for a round trip.
 */
const LEADING_SHARE = 0.75;
const FOLLOWING_SHARE = 0.85;

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

/** Pings a member, unless a ping is under way; a suspect's last ping goes through neighbours too. */
function probe(turn: Turn, member: Member): void {
  const { state, now } = turn;
  if (member.probesOut > 0) return;
  member.lastProbeAt = now;
  member.probesOut = 1;
  send(turn, member.contact, { type: 'ping' }, probePatience(turn, member), PROBE);
  if (member.health !== 'suspect' || member.misses < state.parameters.missesToDeath - 1) return;
  // Only of a neighbour it matters: any other is found again.
  if (!isNeighbour(state, member.contact)) return;
  const purpose: Purpose = { type: 'indirectProbe', target: member.contact };
  for (const relay of relaysFor(state, member)) {
    member.probesOut++;
    send(turn, relay, { type: 'pingVia', target: member.contact }, state.parameters.probeTimeoutMs, purpose);
  }
}

/** A suspect's last ping is waited for until its silence has lasted long enough for a death. */
function probePatience({ state, now }: Turn, member: Member): number {
  const { probeTimeoutMs, missesToDeath, deathMs } = state.parameters;
  if (member.health !== 'suspect') return patienceForNamed(state, member.contact);
  if (member.misses < missesToDeath - 1) return probeTimeoutMs;
  return Math.max(probeTimeoutMs, member.silentSince + deathMs - now);
}

export function probeContact(turn: Turn, contact: Contact): void {
  const member = turn.state.members.get(contact.id);
  if (member !== undefined && isSameLife(member.contact, contact)) probe(turn, member);
}

function relaysFor(state: RingState, target: Member): Contact[] {
  const relays: Contact[] = [];
  for (const contact of neighboursOf(state)) {
    if (relays.length >= state.parameters.indirectProbes) break;
    if (contact.id === target.contact.id || relays.some((relay) => relay.id === contact.id)) continue;
    if (state.members.get(contact.id)?.health === 'alive') relays.push(contact);
  }
  return relays;
}

/** An answer or failure to a probe came, before what it shows is taken in. */
export function settleProbe(turn: Turn, target: Contact): Member | null {
  const member = turn.state.members.get(target.id);
  if (member === undefined || !isSameLife(member.contact, target)) return null;
  if (member.probesOut > 0) member.probesOut--;
  return member;
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

/** This life said itself, or proved by being replaced, that it is over. */
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

export function declareContactDead(turn: Turn, contact: Contact): void {
  const member = addMember(turn, contact);
  if (member !== null && isSameLife(member.contact, contact)) declareDead(turn, member);
  else {
    endRoute(turn, contact);
    post(turn, { type: 'gone', contact });
  }
}

/** Every dead member is tried again soon: one of them just came back. */
export function hastenRevivals(turn: Turn): void {
  turn.state.attentionAt = Number.NEGATIVE_INFINITY;
  for (const member of turn.state.members.values()) {
    if (member.health === 'dead' && member.reviveAt > turn.now + turn.state.parameters.revivalMinMs) {
      member.reviveWaitMs = turn.state.parameters.revivalMinMs;
      member.reviveAt = turn.now + jittered(turn, member.reviveWaitMs);
    }
  }
}

export function startProbing(turn: Turn): void {
  setTimer(turn, PROBE_ROUND_TIMER, turn.state.parameters.probeIntervalMs * turn.random());
}

export function onProbeRound(turn: Turn): void {
  const { state } = turn;
  const { probeIntervalMs, jitter } = state.parameters;
  const [head] = state.successors;
  const dueInMs = Math.min(silenceLeft(turn, head), silenceLeft(turn, state.predecessor));
  // Never later than the interval: a longer silence of one's own means a pause.
  const waitMs = probeIntervalMs * (1 - jitter * turn.random());
  setTimer(
    turn,
    PROBE_ROUND_TIMER,
    Math.min(waitMs, Math.max(dueInMs, probeIntervalMs * (1 - LEADING_SHARE))),
  );
  if (head !== undefined) probeUnlessHeard(turn, head);
  if (state.predecessor !== null) probeUnlessHeard(turn, state.predecessor);
  if (turn.now < state.probedInTurnAt + probeIntervalMs * (1 - jitter)) return;
  state.probedInTurnAt = turn.now;
  probeNextInTurn(turn);
  probeUnprovenOrDead(turn);
}

/** How long a neighbour that was heard of may still be silent before it is due for a ping; one that is due gets it now. */
function silenceLeft(turn: Turn, contact: Contact | null | undefined): number {
  const member = contact == null ? undefined : turn.state.members.get(contact.id);
  const leftMs = (member?.heardAt ?? Number.NEGATIVE_INFINITY) - quietSince(turn, contact);
  return leftMs > 0 ? leftMs : Number.POSITIVE_INFINITY;
}

function probeNextInTurn(turn: Turn): void {
  const { state } = turn;
  if (state.successors.length < 2) return;
  state.probeTurn = (state.probeTurn + 1) % state.successors.length;
  const contact = state.successors[state.probeTurn];
  if (contact !== undefined) probeUnlessHeard(turn, contact);
}

function probeUnprovenOrDead(turn: Turn): void {
  const { state, now } = turn;
  const { members, parameters, successors } = state;
  if (now < state.attentionAt) return;
  const longestMs = successors.length === 0 ? parameters.revivalAloneMaxMs : parameters.revivalMaxMs;
  const isSettling = turn.now - turn.state.changedAt < parameters.settleMs;
  let unproven = isSettling ? 0 : parameters.unprovenProbesPerRound;
  let revivals = parameters.revivalsPerRound;
  let nextAt = Number.POSITIVE_INFINITY;
  for (const member of members.values()) {
    if (member.health === 'unproven') {
      nextAt = now;
      if (unproven-- > 0) probe(turn, member);
    } else if (isAway(member)) {
      if (member.reviveAt <= now && revivals-- > 0) {
        if (mayBeForgotten(turn, member)) {
          removeMember(state, member);
          continue;
        }
        member.reviveWaitMs = Math.min(member.reviveWaitMs * 2, longestMs);
        member.reviveAt = now + jittered(turn, member.reviveWaitMs);
        probe(turn, member);
      }
      nextAt = Math.min(nextAt, member.reviveAt);
    }
  }
  state.attentionAt = nextAt;
}

/**
 * Others named it, and it never answered; or it last did so long ago. Whoever names it again has it asked again, and the seeds stay.
 * Who is alone has nobody to name it.
 */
function mayBeForgotten({ state, now }: Turn, member: Member): boolean {
  if (!isProven(member)) return member.reviveWaitMs >= state.parameters.revivalAloneMaxMs;
  if (member.health !== 'dead' || state.successors.length === 0) return false;
  return now > rememberedUntil(state, member) && !isNeighbour(state, member.contact);
}

/** It may come back, or take its place, without a word to this node. */
function isAway(member: Member): boolean {
  return member.health === 'dead' || (member.health === 'alive' && !member.joined);
}

export function probeUnlessHeard(turn: Turn, contact: Contact, since = quietSince(turn, contact)): void {
  const { state, now } = turn;
  const member = addMember(turn, contact);
  if (member === null || !isSameLife(member.contact, contact)) return;
  const isQuiet = member.heardAt <= since;
  if (isQuiet || now - member.answeredAt >= state.parameters.reachIntervalMs) probe(turn, member);
}

function quietSince({ state, now }: Turn, contact: Contact | null | undefined): MonotonicMs {
  const share = contact != null && state.self.id < contact.id ? LEADING_SHARE : FOLLOWING_SHARE;
  return now - state.parameters.probeIntervalMs * share;
}

/** Pings `target` for the one who asked. */
export function relayPing(turn: Turn, token: number, target: Contact): void {
  const { state } = turn;
  if (target.id === state.self.id || state.relays >= state.parameters.relaysMax) {
    answer(turn, token, { type: 'pongVia', answered: isSameLife(target, state.self) });
    return;
  }
  state.relays++;
  send(turn, target, { type: 'ping' }, state.parameters.relayTimeoutMs, { type: 'relay', token });
}

export function onRelayed(turn: Turn, token: number, answered: boolean): void {
  turn.state.relays--;
  answer(turn, token, { type: 'pongVia', answered });
}
