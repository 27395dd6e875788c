/**
 * The member list: who was met or named, at most `membersMax`. It proposes candidates and hints of death; successors and
 * predecessor never come from it. Dead members stay, so that two halves of a partition find each other again.
 */
import { isSameLife } from './contact.ts';
import type { MonotonicMs } from './effect.ts';
import { isBetweenOpenOpen } from './interval.ts';
import type { Contact } from './message.ts';
import { confirmRoute, forgetRoute, learnRoute } from './routes.ts';
import type { Member, MemberHealth, RingState } from './state.ts';
import { post, type Turn } from './turn.ts';

/** A pointer that no longer leads to a place in the ring, as far as this node found out by itself. */
export function isGone(state: RingState, contact: Contact): boolean {
  return isOver(state, contact) || isWithoutPlace(state, contact);
}

/** This life is dead, has left, or was followed by another. */
export function isOver(state: RingState, contact: Contact): boolean {
  const member = state.members.get(contact.id);
  if (member === undefined) return false;
  if (member.contact.incarnation !== contact.incarnation) {
    return (
      state.parameters.safeguards.incarnation &&
      member.contact.incarnation > contact.incarnation &&
      isProven(member)
    );
  }
  return member.health === 'dead' || member.health === 'left';
}

/** By its last word it had no place in the ring; it may have joined since. */
function isWithoutPlace(state: RingState, contact: Contact): boolean {
  const member = state.members.get(contact.id);
  return member !== undefined && isSameLife(member.contact, contact) && !member.joined;
}

/** Nothing speaks against asking it now. */
export function isUsable(state: RingState, contact: Contact): boolean {
  const member = state.members.get(contact.id);
  if (member === undefined) return true;
  const mayLive = member.health === 'alive' || (member.health === 'unproven' && !member.isSaidSilent);
  return mayLive && !isGone(state, contact);
}

/** Not probed lately: word of others about it is worth a ping. */
export function isStale(turn: Turn, member: Member): boolean {
  return turn.now - member.lastProbeAt > 2 * turn.state.parameters.probeIntervalMs;
}

/** This life has answered this node. */
export function isProven(member: Member): boolean {
  return member.answeredAt !== Number.NEGATIVE_INFINITY;
}

/** A node heard of from others: a hint, until it speaks itself. */
export function learn(turn: Turn, contact: Contact): void {
  const { state } = turn;
  if (contact.id === state.self.id) return;
  const member = state.members.get(contact.id);
  if (member === undefined) {
    // In a full list nobody met makes room for somebody only named.
    if (state.members.size < state.parameters.membersMax) addMember(turn, contact);
    learnRoute(turn, contact);
    return;
  }
  if (contact.incarnation > member.contact.incarnation) {
    // Hearsay kills nobody: the life known is asked, and answers for itself. One that is over or was never met is replaced,
    // unless it is a neighbour, whose death must be found out.
    const isOver = member.health === 'dead' || member.health === 'left';
    if (!isOver && (isProven(member) || isNeighbour(state, member.contact))) {
      post(turn, { type: 'questioned', contact: member.contact });
    } else {
      renewMember(state, member, contact);
      learnRoute(turn, contact);
    }
    return;
  }
  if (!isSameLife(member.contact, contact)) return;
  if (isUsable(state, contact)) learnRoute(turn, contact);
  else if (isWithoutPlace(state, contact) || (isOver(state, contact) && isStale(turn, member)))
    post(turn, { type: 'questioned', contact });
}

/**
 * A node that others cannot reach now: kept in mind, for it may come back, and not asked for anything before it answers. Dead it is
 * once it has not answered this node either: hearsay takes nobody out of a list.
 */
export function learnSuspect(turn: Turn, contact: Contact): void {
  const { members, parameters, self } = turn.state;
  if (contact.id === self.id || members.size >= parameters.membersMax) return;
  const member = addMember(turn, contact);
  if (member !== null) member.isSaidSilent = !isNeighbour(turn.state, contact);
}

/** The entry for a contact, made if there is none. Null when the list is full of better ones: neighbours always get theirs. */
export function addMember(turn: Turn, contact: Contact): Member | null {
  const { state } = turn;
  const known = state.members.get(contact.id);
  if (known !== undefined) return known;
  if (state.members.size >= state.parameters.membersMax && !evictFor(turn, contact)) return null;
  const member: Member = {
    contact,
    health: 'unproven',
    isSaidSilent: false,
    joined: true,
    answeredAt: Number.NEGATIVE_INFINITY,
    heardAt: Number.NEGATIVE_INFINITY,
    roundTripMs: -1,
    variationMs: 0,
    silentSince: Number.NEGATIVE_INFINITY,
    misses: 0,
    probesOut: 0,
    lastProbeAt: Number.NEGATIVE_INFINITY,
    reviveAt: 0,
    reviveWaitMs: state.parameters.revivalMinMs,
    candidateAt: Number.NEGATIVE_INFINITY,
    newsLeft: 0,
  };
  state.members.set(contact.id, member);
  state.attentionAt = Number.NEGATIVE_INFINITY;
  state.roomAt = Number.NEGATIVE_INFINITY;
  if (standsBeforeHead(state, contact)) state.mayKnowNearer = true;
  return member;
}

/** The one place where it changes, so that what is derived from all members is made anew. */
export function setHealth(state: RingState, member: Member, health: MemberHealth): void {
  if (member.health === 'alive' || health === 'alive') state.membersDigest = '';
  member.health = health;
  if (health !== 'alive') state.roomAt = Number.NEGATIVE_INFINITY;
  if (health !== 'alive' || !member.joined) state.attentionAt = Number.NEGATIVE_INFINITY;
}

/** It is told in the next exchanges; 0 `sends` take it off the list of news. */
export function setNews(state: RingState, member: Member, sends: number): void {
  member.newsLeft = sends;
  if (sends > 0) state.hasNews = true;
}

/** Strictly between this node and its head; for a ring of one, anybody. */
export function standsBeforeHead(state: RingState, contact: Contact): boolean {
  const head = state.successors[0] ?? state.self;
  return contact.id !== state.self.id && isBetweenOpenOpen(state.self.id, contact.id, head.id);
}

/** The entry now stands for another life of the node, of which nothing is known yet. */
export function renewMember(state: RingState, member: Member, contact: Contact): void {
  setHealth(state, member, 'unproven');
  member.contact = contact;
  member.isSaidSilent = false;
  member.joined = true;
  member.answeredAt = Number.NEGATIVE_INFINITY;
  member.heardAt = Number.NEGATIVE_INFINITY;
  member.roundTripMs = -1;
  member.misses = 0;
  member.probesOut = 0;
  member.lastProbeAt = Number.NEGATIVE_INFINITY;
  member.candidateAt = Number.NEGATIVE_INFINITY;
}

/** A node said itself whether it has a place in the ring. */
export function setJoined(turn: Turn, contact: Contact, joined: boolean): void {
  const member = turn.state.members.get(contact.id);
  if (member === undefined || !isSameLife(member.contact, contact)) return;
  if (member.joined === joined) {
    // Others named it as if it had a place.
    if (!joined && isNeighbour(turn.state, contact)) post(turn, { type: 'gone', contact });
    return;
  }
  member.joined = joined;
  if (!joined) turn.state.attentionAt = Number.NEGATIVE_INFINITY;
  member.reviveWaitMs = turn.state.parameters.revivalMinMs;
  member.reviveAt = turn.now + member.reviveWaitMs;
  if (joined) confirmRoute(turn, contact);
  post(turn, { type: joined ? 'placed' : 'gone', contact });
}

/** Any life of it is this node's predecessor or successor. */
export function isNeighbour(state: RingState, contact: Contact): boolean {
  if (state.predecessor !== null && state.predecessor.id === contact.id) return true;
  for (const successor of state.successors) if (successor.id === contact.id) return true;
  return false;
}

/** The successors, nearest first, and the predecessor. */
export function neighboursOf({ successors, predecessor }: RingState): readonly Contact[] {
  return predecessor === null ? successors : [...successors, predecessor];
}

export function removeMember(state: RingState, member: Member): void {
  state.members.delete(member.contact.id);
  if (member.health === 'alive') state.membersDigest = '';
}

function evictFor(turn: Turn, contact: Contact): boolean {
  const { state } = turn;
  const isForNeighbour = isNeighbour(state, contact);
  if (!isForNeighbour && turn.now < state.roomAt) return false;
  let least: Member | null = null;
  let leastWorth: number = isForNeighbour ? Worth.ALIVE : Worth.DEAD;
  let nextRoomAt = Number.POSITIVE_INFINITY;
  for (const member of state.members.values()) {
    const worth = worthOf(turn, member);
    if (worth === Worth.DEAD || worth === Worth.JUST_DEAD)
      nextRoomAt = Math.min(nextRoomAt, rememberedUntil(state, member));
    if (worth >= leastWorth && (least !== null || !isForNeighbour)) continue;
    if (isNeighbour(state, member.contact)) {
      nextRoomAt = turn.now;
      continue;
    }
    least = member;
    leastWorth = worth;
  }
  if (least === null) {
    if (!isForNeighbour) state.roomAt = nextRoomAt;
    return false;
  }
  removeMember(state, least);
  if (least.health === 'dead' || least.health === 'left') forgetRoute(state, least.contact);
  return true;
}

/**
 * What is forgotten first when the list is full, lowest first: for a neighbour whoever it takes, for others those below the dead.
 * Those found dead just now others still name: forgotten, each would be taken in again, and found dead in a detection of its own.
 */
const Worth = { LEFT: 0, UNPROVEN: 1, LONG_DEAD: 2, DEAD: 3, SUSPECT: 4, ALIVE: 5, JUST_DEAD: 6 } as const;

function worthOf(turn: Turn, member: Member): number {
  switch (member.health) {
    case 'left':
      return Worth.LEFT;
    case 'unproven':
      return Worth.UNPROVEN;
    case 'dead':
      if (turn.now < namedUntil(turn.state, member)) return Worth.JUST_DEAD;
      return turn.now > rememberedUntil(turn.state, member) ? Worth.LONG_DEAD : Worth.DEAD;
    case 'suspect':
      return isProven(member) ? Worth.SUSPECT : Worth.UNPROVEN;
    case 'alive':
      return Worth.ALIVE;
  }
}

/** By then others have found its death too, and name it no more. */
function namedUntil({ parameters }: RingState, { silentSince }: Member): MonotonicMs {
  return silentSince + 3 * parameters.deathMs;
}

/** A dead one: then it makes room for anybody, and is tried no more. */
export function rememberedUntil(state: RingState, member: Member): MonotonicMs {
  return Math.max(member.answeredAt + state.parameters.deadRememberedMs, namedUntil(state, member));
}
