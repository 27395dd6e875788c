/**
 * Joins and deaths told to everybody, by D1HT's event dissemination (Monnerat and Amorim 2006): the successor of the node
 * that changed begins; whoever is told at level l tells the nodes 2^0, 2^1, … 2^(l-1) places ahead, at those levels, so that each hears it
 * once, in log2 N steps. Changes wait to be told together. What is missed, the comparison of tables brings. Nobody tells a death on that
 * it did not find out itself, and nothing twice: a false word reaches those it is sent to, and ends there. Of a join so many cannot ask the
 * joiner: those do who would tell half of the levels or more, about √N of N, so that one false word reaches about √N tables.
 */
import { spend } from './allowance.ts';
import { isSameLife } from './contact.ts';
import { isBetweenOpenOpen } from './interval.ts';
import { isGone, isOver, isUsable } from './members.ts';
import type { Contact, GoneLife, RingReply } from './message.ts';
import type { Pending } from './pending.ts';
import { askJoiner, doubtRoute, fallBehind, isRememberedGone } from './route-doubts.ts';
import type { RouteChange, RouteDoubt, RouteTable, SaidToJoin } from './route-table.ts';
import { confirmRoute, endRoute, forgetRoute, learnRoute, positionOf, routeOf } from './routes.ts';
import { estimatedSize, type RingState } from './state.ts';
import { answer, jittered, send, setTimerBy, type Turn } from './turn.ts';

export const CHANGES_TIMER = 'routeChanges';
/** One that does not answer is replaced by the next behind it, so often at most: where half died, all are silent in one of 256. */
const TRIES = 8;
/** Joins taken from others: `goneRoutesMax` at once, and one more so often. Ten thousand with sessions of ten minutes are 17 a second. */
const HEARSAY_EVERY_MS = 1_000 / 32;
/** A table of hearsay grows to twice the size that the successor list shows, and by this: estimates waver, and entries grow stale. */
const HEARSAY_SLACK = 64;

/** The predecessor changed: a node joined there, or some are gone. Its successor, this node, tells. */
export function announceChanges(turn: Turn): void {
  const { state } = turn;
  const { table, predecessor, self } = state;
  const before = table.announced;
  if (predecessor === null || (before !== null && isSameLife(before, predecessor))) return;
  table.announced = predecessor;
  if (before === null || !isOfLargeRing(state)) return;
  announce(turn, predecessor, false);
  if (before.id === predecessor.id) return;
  const level = levelOfAll(state);
  if (isBetweenOpenOpen(before.id, predecessor.id, self.id)) {
    // One that joined where another died, not long enough ago to be known dead: who joined cannot tell.
    if (!isUsable(state, before)) ask(turn, before, level);
    return;
  }
  for (const contact of [before, ...between(state, predecessor, self)]) ask(turn, contact, level);
  // Some were found dead before, and are in no table of this node any more.
  for (const [id, { incarnation }] of table.gone)
    if (isBetweenOpenOpen(predecessor.id, id, self.id))
      announce(turn, { id, incarnation, address: '' }, true);
}

/**
 * The predecessor is in doubt of its place. Where both joined just now, the node that stood behind it may have died before it had told;
 * where that one has told, this ends with it.
 */
export function announceInDoubt(turn: Turn): void {
  const { predecessor } = turn.state;
  if (predecessor !== null && isOfLargeRing(turn.state)) announce(turn, predecessor, false);
}

function announce(turn: Turn, contact: Contact, isGone: boolean): void {
  note(turn, { contact, isGone, from: 0, level: levelOfAll(turn.state) });
}

/** It may be gone, and everybody is told if it is. */
function ask(turn: Turn, contact: Contact, level: number): void {
  if (isGone(turn.state, contact)) noteGone(turn, contact, level);
  else doubtRoute(turn, contact, level);
}

/** Of one whose tables are kept whole, by what a node knows that may have joined just now. */
function isOfLargeRing(state: RingState): boolean {
  const { table, parameters } = state;
  return table.mode === 'whole' || (table.mode === 'all' && estimatedSize(state) > parameters.membersMax / 2);
}

/** A table that may lack most cannot tell whom to tell. */
function canTellAhead({ table }: RingState): boolean {
  return table.mode === 'whole' && table.isFilled;
}

/** Enough to reach the whole ring. */
function levelOfAll(state: RingState): number {
  const size = canTellAhead(state) ? state.routes.length + 1 : estimatedSize(state);
  return Math.max(1, Math.ceil(Math.log2(size)));
}

/** This node found it out itself; of those that stood right before it, it is the one to tell everybody. */
function noteGone(turn: Turn, contact: Contact, level: number): void {
  const { predecessor, self } = turn.state;
  endRoute(turn, contact);
  const isOwn = predecessor !== null && isBetweenOpenOpen(predecessor.id, contact.id, self.id);
  if (isOwn && isOfLargeRing(turn.state)) announce(turn, contact, true);
  else if (level > 0) note(turn, { contact, isGone: true, from: 0, level });
}

/** Routes strictly between two nodes. */
function between({ routes, parameters }: RingState, from: Contact, to: Contact): Contact[] {
  const found: Contact[] = [];
  for (let i = positionOf(routes, from.id), count = 0; count < routes.length; i++, count++) {
    const contact = routes[i % routes.length] as Contact;
    if (contact.id === from.id) continue;
    if (!isBetweenOpenOpen(from.id, contact.id, to.id) || found.length >= parameters.changesMax) break;
    found.push(contact);
  }
  return found;
}

function note(turn: Turn, change: RouteChange): void {
  const { table, parameters } = turn.state;
  const news = newsOf(table, change);
  if (news === null) return;
  // Nothing is left out: others rely on this node for those ahead of it.
  if (table.changes.length >= parameters.changesMax) tellChanges(turn);
  table.changes.push(news);
  table.told.delete(change.contact.id);
  table.told.set(change.contact.id, change);
  for (const oldest of table.told.keys()) {
    if (table.told.size <= parameters.goneRoutesMax) break;
    table.told.delete(oldest);
  }
  const { changesMinMs, changesMaxMs, changesMax } = parameters;
  const waitMs = Math.min(Math.max(changesMinMs, table.lastTold * 1_000), changesMaxMs);
  setTimerBy(turn, CHANGES_TIMER, table.changes.length >= changesMax ? 0 : jittered(turn, waitMs));
}

/** A later life, the end of one, or the same for more nodes than it was told to: those that were told are not told again. */
function newsOf({ told }: RouteTable, change: RouteChange): RouteChange | null {
  const { contact, isGone, level } = change;
  const last = told.get(contact.id);
  if (last === undefined || last.contact.incarnation < contact.incarnation) return change;
  if (last.contact.incarnation > contact.incarnation) return null;
  if (last.isGone !== isGone) return isGone ? change : null;
  return last.level < level ? { ...change, from: last.level } : null;
}

export function onRouteChanges(
  turn: Turn,
  token: number,
  level: number,
  joined: readonly Contact[],
  gone: readonly GoneLife[],
): void {
  const { state } = turn;
  const isWhole = state.table.mode === 'whole';
  // One that does not know who stands ahead of it cannot tell them: the next behind it is told in its place.
  const canTell = level === 0 || canTellAhead(state);
  answer(turn, token, { type: canTell ? 'acknowledged' : 'notMember' });
  if (!isWhole) return;
  const further = canTell ? Math.min(level, levelOfAll(state)) : 0;
  for (const contact of joined) if (contact.id !== state.self.id) takeInJoined(turn, contact, further);
  for (const life of gone) if (life.id !== state.self.id) takeInGone(turn, life, further);
}

/** Hearsay: whoever would tell many of it asks first; the others believe it until it does not answer. */
function takeInJoined(turn: Turn, contact: Contact, level: number): void {
  const { state, now } = turn;
  const { table, routes, parameters } = state;
  const change: RouteChange = { contact, isGone: false, from: 0, level };
  const isToTell = level > 0 && newsOf(table, change) !== null;
  const isKnown = routeOf(state, contact.id)?.incarnation === contact.incarnation;
  if (isKnown && !isToTell) return;
  if (!spend(table.hearsay, now, HEARSAY_EVERY_MS, parameters.goneRoutesMax)) {
    fallBehind(turn);
    return;
  }
  const isDoubtful = 2 * level >= levelOfAll(state) || !isUsable(state, contact);
  if (isToTell && isDoubtful && !isThere(state, contact)) {
    askJoiner(turn, contact, level);
    return;
  }
  const hasRoom = routes.length < 2 * estimatedSize(state) + HEARSAY_SLACK;
  if (hasRoom && isUsable(state, contact)) learnRoute(turn, contact);
  if (isToTell) note(turn, change);
}

/** As far as this node found out itself. */
function isThere({ members }: RingState, contact: Contact): boolean {
  const member = members.get(contact.id);
  return member?.health === 'alive' && member.joined && isSameLife(member.contact, contact);
}

/** It answered, or did not: then it is asked again, and is nobody in the end. */
export function onJoinerAnswered(
  turn: Turn,
  { contact, level, tries }: SaidToJoin,
  reply: RingReply | null,
): void {
  if (reply === null && tries > 0) askJoiner(turn, contact, level, tries);
  if (reply?.type !== 'pong' || !reply.joined) return;
  confirmRoute(turn, contact);
  note(turn, { contact, isGone: false, from: 0, level });
}

/** Hearsay: one that this node has is asked and stays till it does not answer. Of others nothing is believed. */
function takeInGone(turn: Turn, life: GoneLife, level: number): void {
  const { state } = turn;
  const contact = { ...life, address: '' };
  const route = routeOf(state, life.id);
  if (isOver(state, contact) || isRememberedGone(state, contact)) noteGone(turn, contact, level);
  else if (route !== null && route.incarnation <= life.incarnation)
    doubtRoute(turn, route, route.incarnation === life.incarnation ? level : 0);
}

/**
 * One that has no place yet, or none any more, answers so: nobody is told that it is dead. Nor where it lives and `refused` to answer,
 * or where this node was paused meanwhile: then it is asked again.
 */
export function onDoubtfulAnswered(
  turn: Turn,
  { sentAt }: Pending,
  { contact, level, next }: RouteDoubt,
  reply: RingReply | null,
  refused: boolean,
): void {
  if (refused) return;
  if (reply === null && turn.state.pausedUntil > sentAt) {
    doubtRoute(turn, contact, level, next);
    return;
  }
  if (reply?.type === 'pong') {
    if (reply.joined) confirmRoute(turn, contact);
    else forgetRoute(turn.state, contact);
    return;
  }
  noteGone(turn, contact, level);
  if (next !== null) learnRoute(turn, next);
}

/** The timer's telling: one message for each level at which there is something to tell. */
export function tellChanges(turn: Turn): void {
  const { state } = turn;
  const { table, routes, self } = state;
  const { changes } = table;
  table.changes = [];
  table.lastTold = changes.length;
  if (state.phase !== 'member' || routes.length === 0) return;
  if (!canTellAhead(state)) {
    tellHead(turn, changes);
    return;
  }
  const highest = changes.reduce((level, change) => Math.max(level, change.level), 0);
  const at = positionOf(routes, self.id);
  for (let level = highest - 1; level >= 0; level--) {
    const ahead = 2 ** level;
    if (ahead > routes.length) continue;
    const target = routes[(at + ahead - 1) % routes.length] as Contact;
    const due = changes.filter(
      (change) => change.level > level && change.from <= level && isDueTo(self, target, change),
    );
    if (due.length > 0) tell(turn, target, level, due, TRIES);
  }
}

/** A newcomer's head begins in its place. */
function tellHead(turn: Turn, changes: readonly RouteChange[]): void {
  const { self, successors } = turn.state;
  const head = successors[0];
  if (head === undefined || changes.length === 0) return;
  const due = changes.filter((change) => isDueTo(self, head, change));
  const level = due.reduce((highest, change) => Math.max(highest, change.level), 0);
  if (due.length > 0) tell(turn, head, level, due, TRIES);
}

function isDueTo(self: Contact, target: Contact, { contact }: RouteChange): boolean {
  return isBetweenOpenOpen(self.id, target.id, contact.id);
}

function tell(
  turn: Turn,
  target: Contact,
  level: number,
  changes: readonly RouteChange[],
  tries: number,
): void {
  const { parameters } = turn.state;
  const joined = changes.filter(({ isGone }) => !isGone).map(({ contact }) => contact);
  const gone = changes
    .filter(({ isGone }) => isGone)
    .map(({ contact: { id, incarnation } }) => ({ id, incarnation }));
  const purpose = { type: 'tellChanges', level, changes, tries } as const;
  send(turn, target, { type: 'routeChanges', level, joined, gone }, parameters.requestTimeoutMs, purpose);
}

/** It did not hear: the next behind it is told instead, and tells on in its place, as far as nobody else does. */
export function onTold(turn: Turn, pending: Pending, isHeard: boolean): void {
  const { state } = turn;
  const { routes, self } = state;
  const { purpose, to } = pending;
  if (isHeard || purpose.type !== 'tellChanges' || purpose.tries <= 1 || routes.length === 0) return;
  const isThere = routeOf(state, to.id) !== null;
  const at = (positionOf(routes, to.id) + (isThere ? 1 : 0)) % routes.length;
  const next = routes[at] as Contact;
  const ahead = 1 + ((at - positionOf(routes, self.id) + routes.length) % routes.length);
  if (ahead >= 2 ** (purpose.level + 1)) return;
  const due = purpose.changes.filter((change) => isDueTo(self, next, change));
  if (due.length > 0 && next.id !== to.id) tell(turn, next, purpose.level, due, purpose.tries - 1);
}
