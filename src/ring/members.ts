/**
 * The member list: who was met or named, at most `membersMax`. It proposes candidates and hints of death; successors and
 * predecessor never come from it. Dead members stay, so that two halves of a partition find each other again.
 */
import { isSameLife } from './contact.ts';
import type { Contact } from './message.ts';
import { forgetRoute, learnRoute } from './routes.ts';
import type { Member, MemberHealth, RingState } from './state.ts';
import { post, type Turn } from './turn.ts';

/** What is forgotten first when the list is full: for a neighbour, whoever it takes; for anybody else, only these. */
const FORGOTTEN_FOR_NEIGHBOURS: readonly MemberHealth[] = ['left', 'unproven', 'dead', 'suspect', 'alive'];
const FORGOTTEN_FOR_OTHERS: readonly MemberHealth[] = ['left', 'unproven'];

/** A pointer that no longer leads to a place in the ring, as far as this node found out by itself. */
export function isGone(state: RingState, contact: Contact): boolean {
  const member = state.members.get(contact.id);
  if (member === undefined) return false;
  if (member.contact.incarnation !== contact.incarnation) {
    return (
      state.parameters.safeguards.incarnation &&
      member.contact.incarnation > contact.incarnation &&
      isProven(member)
    );
  }
  return member.health === 'dead' || member.health === 'left' || !member.joined;
}

/** Nothing speaks against asking it now. */
export function isUsable(state: RingState, contact: Contact): boolean {
  const member = state.members.get(contact.id);
  if (member === undefined) return true;
  return (member.health === 'alive' || member.health === 'unproven') && !isGone(state, contact);
}

/** Not probed lately: word of others about it is worth a ping. */
export function isStale(turn: Turn, member: Member): boolean {
  return turn.now - member.lastProbeAt > 2 * turn.state.parameters.probeIntervalMs;
}

export function isProven(member: Member): boolean {
  return member.heardAt !== Number.NEGATIVE_INFINITY;
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
    // Hearsay kills nobody: the life known is asked, and answers for itself. One that is over or was never met is replaced.
    if (isProven(member) && member.health !== 'dead' && member.health !== 'left') {
      post(turn, { type: 'questioned', contact: member.contact });
    } else {
      renewMember(member, contact);
      learnRoute(turn, contact);
    }
    return;
  }
  if (!isSameLife(member.contact, contact)) return;
  if (isUsable(state, contact)) learnRoute(turn, contact);
  else if (isGone(state, contact) && isStale(turn, member)) post(turn, { type: 'questioned', contact });
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
    joined: true,
    heardAt: Number.NEGATIVE_INFINITY,
    misses: 0,
    probesOut: 0,
    lastProbeAt: Number.NEGATIVE_INFINITY,
    reviveAt: 0,
    reviveWaitMs: state.parameters.revivalMinMs,
    candidateAt: Number.NEGATIVE_INFINITY,
    newsLeft: 0,
  };
  state.members.set(contact.id, member);
  return member;
}

/** The entry now stands for another life of the node, of which nothing is known yet. */
export function renewMember(member: Member, contact: Contact): void {
  member.contact = contact;
  member.health = 'unproven';
  member.joined = true;
  member.heardAt = Number.NEGATIVE_INFINITY;
  member.misses = 0;
  member.probesOut = 0;
  member.lastProbeAt = Number.NEGATIVE_INFINITY;
  member.candidateAt = Number.NEGATIVE_INFINITY;
}

/** A node said itself whether it has a place in the ring. */
export function setJoined(turn: Turn, contact: Contact, joined: boolean): void {
  const member = turn.state.members.get(contact.id);
  if (member === undefined || !isSameLife(member.contact, contact) || member.joined === joined) return;
  member.joined = joined;
  member.reviveWaitMs = turn.state.parameters.revivalMinMs;
  member.reviveAt = turn.now + member.reviveWaitMs;
  if (joined) learnRoute(turn, contact);
  post(turn, { type: joined ? 'placed' : 'gone', contact });
}

function isNeighbour(state: RingState, contact: Contact): boolean {
  if (state.predecessor !== null && state.predecessor.id === contact.id) return true;
  for (const successor of state.successors) if (successor.id === contact.id) return true;
  return false;
}

function evictFor(turn: Turn, contact: Contact): boolean {
  const { state } = turn;
  for (const health of isNeighbour(state, contact) ? FORGOTTEN_FOR_NEIGHBOURS : FORGOTTEN_FOR_OTHERS) {
    for (const member of state.members.values()) {
      if (member.health !== health || isNeighbour(state, member.contact)) continue;
      state.members.delete(member.contact.id);
      if (health === 'dead' || health === 'left') forgetRoute(state, member.contact);
      return true;
    }
  }
  return false;
}
