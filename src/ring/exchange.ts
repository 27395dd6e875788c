/**
 * Members are told about by gossip: the news, or where there is none a digest, to a member chosen by chance, who answers a digest
 * that differs with what it has. While there is news lists differ as a matter of course, and are compared now and then. The
 * predecessor is told at once when the neighbours change, so that it stabilises and the change travels back along the ring in
 * network time. What is heard is a hint: it causes probes and candidates, nothing else.
 */
import { callBack } from './call-back.ts';
import { isSameLife } from './contact.ts';
import { setDigest } from './digest.ts';
import { addMember, isGone, isNeighbour, isProven, isStale, learn, learnSuspect } from './members.ts';
import type { Contact, MemberEntry } from './message.ts';
import type { Purpose } from './pending.ts';
import { askPatiently } from './round-trips.ts';
import type { Member, RingState } from './state.ts';
import { entryOf, membersView } from './state.ts';
import { answer, jittered, post, setTimer, setTimerBy, type Turn } from './turn.ts';

export const EXCHANGE_TIMER = 'exchange';
export const PUSH_TIMER = 'push';
const EXCHANGE: Purpose = { type: 'exchange' };
const PUSH: Purpose = { type: 'push' };

export function exchangeSoon(turn: Turn): void {
  setTimerBy(turn, EXCHANGE_TIMER, turn.state.parameters.exchangeNewsMs);
}

/** The timer's exchange, with a member chosen by chance. */
export function exchange(turn: Turn): void {
  const { state, now } = turn;
  const { settleMs, exchangeIntervalMs, exchangeNewsMs } = state.parameters;
  const settledInMs = state.changedAt + settleMs - now;
  if (settledInMs > 0 && now - state.lastExchangeAt < exchangeIntervalMs) {
    // A timer may fire early by the clock of another moment: never at once again.
    setTimer(turn, EXCHANGE_TIMER, Math.max(settledInMs, exchangeNewsMs));
    return;
  }
  state.lastExchangeAt = now;
  if (state.membersChanged) {
    state.membersChanged = false;
    turn.effects.push({ type: 'persistMembers', members: membersView(state) });
  }
  const partner = anyAliveMember(turn);
  const compares = turn.random() < exchangeNewsMs / exchangeIntervalMs;
  const news = partner === null || compares ? [] : takeNews(state);
  if (partner !== null) sendMembers(turn, partner, news, EXCHANGE);
  const tellsMore = news.length > 0 || (compares && state.hasNews);
  setTimer(turn, EXCHANGE_TIMER, jittered(turn, tellsMore ? exchangeNewsMs : exchangeIntervalMs));
}

/** Tells the predecessor that something changed here. */
export function pushToPredecessor(turn: Turn): void {
  const { predecessor, phase } = turn.state;
  if (phase !== 'member' || predecessor === null || isGone(turn.state, predecessor)) return;
  turn.state.lastPushAt = turn.now;
  askPatiently(turn, predecessor, { type: 'changed' }, PUSH);
}

/** It was not told: once more, while it stands there and lives. */
export function onPushFailed(turn: Turn, to: Contact): void {
  const { predecessor, parameters } = turn.state;
  if (predecessor !== null && isSameLife(predecessor, to))
    setTimerBy(turn, PUSH_TIMER, parameters.probeTimeoutMs);
}

function sendMembers(turn: Turn, to: Contact, entries: readonly MemberEntry[], purpose: Purpose): void {
  const request = { type: 'members', digest: digestOf(turn.state), entries } as const;
  askPatiently(turn, to, request, purpose);
}

export function onMembers(turn: Turn, token: number, digest: string, entries: readonly MemberEntry[]): void {
  const { state } = turn;
  takeIn(turn, entries);
  const own = digestOf(state);
  const isComparing = entries.length === 0 && own !== digest;
  answer(turn, token, { type: 'members', digest: own, entries: isComparing ? entriesToTell(turn) : [] });
}

/** Entries that another node told. */
export function takeIn(turn: Turn, entries: readonly MemberEntry[]): void {
  for (const entry of entries) takeInEntry(turn, entry);
}

function takeInEntry(turn: Turn, { contact, status }: MemberEntry): void {
  const { state, now } = turn;
  if (contact.id === state.self.id) {
    // Somebody met a later life of this node. It answers for itself, and then this one must stop.
    if (contact.incarnation > state.self.incarnation) callBack(turn, contact, { type: 'newLife' });
    return;
  }
  if (status === 'alive') {
    learn(turn, contact);
    return;
  }
  const known = state.members.get(contact.id);
  if (known === undefined) {
    if (status === 'suspect') learnSuspect(turn, contact);
    return;
  }
  if (known.health !== 'alive' || !isSameLife(known.contact, contact)) return;
  const { probeIntervalMs, probeSpacingMs } = state.parameters;
  const askedAt = Math.max(known.lastProbeAt, known.answeredAt);
  // A neighbour's death matters here, and it may have died since it last answered.
  const isDue = isNeighbour(state, contact)
    ? now - askedAt > probeSpacingMs
    : isStale(turn, known) && now - known.answeredAt > probeIntervalMs;
  if (isDue) post(turn, { type: 'questioned', contact });
}

function digestOf(state: RingState): string {
  if (state.membersDigest === '') {
    const alive: Contact[] = [state.self];
    for (const member of state.members.values()) if (member.health === 'alive') alive.push(member.contact);
    state.membersDigest = setDigest(alive);
  }
  return state.membersDigest;
}

function entriesToTell(turn: Turn): MemberEntry[] {
  const { state } = turn;
  const { exchangeWholeMax, exchangeSampleMax } = state.parameters;
  const own: MemberEntry = { contact: state.self, status: 'alive' };
  const living = [...state.members.values()].filter(({ health }) => health === 'alive');
  if (living.length < exchangeWholeMax) {
    // However many are dead, those that live are told whole.
    const away = membersView(state).filter(({ status }) => status !== 'alive');
    return [...living.map(entryOf), own, ...runFrom(turn, away, exchangeWholeMax - 1 - living.length)];
  }
  // Lists of a larger ring hardly ever agree: a run of them, from a place chosen by chance.
  const start = Math.floor(turn.random() * (state.members.size + 1));
  const entries = runOfMembers(state, start, state.members.size, exchangeSampleMax);
  if (entries.length < exchangeSampleMax) entries.push(own);
  entries.push(...runOfMembers(state, 0, start, exchangeSampleMax - entries.length));
  return entries;
}

/** At most so many, one after the other, from a place chosen by chance. */
function runFrom(turn: Turn, entries: readonly MemberEntry[], most: number): readonly MemberEntry[] {
  if (entries.length <= most) return entries;
  const start = Math.floor(turn.random() * entries.length);
  return [...entries.slice(start), ...entries.slice(0, start)].slice(0, most);
}

/** Of the members in places from `start` up to `end`, the first `most` that are known by their own word. */
function runOfMembers(state: RingState, start: number, end: number, most: number): MemberEntry[] {
  const entries: MemberEntry[] = [];
  let place = 0;
  for (const member of state.members.values()) {
    if (place >= end || entries.length >= most) break;
    if (place++ >= start && isProven(member)) entries.push(entryOf(member));
  }
  return entries;
}

function takeNews(state: RingState): MemberEntry[] {
  const news: MemberEntry[] = [];
  if (!state.hasNews) return news;
  state.hasNews = false;
  for (const member of state.members.values()) {
    if (member.newsLeft === 0) continue;
    if (isProven(member) && news.length < state.parameters.newsMax) {
      member.newsLeft--;
      news.push(entryOf(member));
    }
    if (member.newsLeft > 0) state.hasNews = true;
  }
  return news;
}

function anyAliveMember(turn: Turn): Contact | null {
  const { members } = turn.state;
  let alive = 0;
  for (const member of members.values()) if (isPartner(member)) alive++;
  let chosen = Math.floor(turn.random() * alive);
  for (const member of members.values()) if (isPartner(member) && chosen-- === 0) return member.contact;
  return null;
}

function isPartner({ health, joined }: Member): boolean {
  return health === 'alive' && joined;
}

/** Nodes that the driver heard of: hints, probed like any other. */
export function takeInCandidates(turn: Turn, contacts: readonly Contact[]): void {
  for (const contact of contacts) {
    learn(turn, contact);
    addMember(turn, contact);
  }
}
