/**
 * Joins and deaths told to everybody, by D1HT's event dissemination (Monnerat and Amorim 2006): the successor of the node
 * that changed begins; whoever is told at level l tells the nodes 2^0, 2^1, … 2^(l-1) places ahead, at those levels, so that each hears it
 * once, in log2 N steps. Changes wait to be told together. What is missed, the comparison of tables brings.
 */
import { isSameLife } from './contact.ts';
import { isBetweenOpenOpen } from './interval.ts';
import { isGone, isUsable } from './members.ts';
import type { Contact, GoneLife } from './message.ts';
import type { RouteChange } from './route-table.ts';
import { forgetRoute, learnRoute, positionOf } from './routes.ts';
import type { Pending, RingState } from './state.ts';
import { answer, jittered, post, send, setTimerBy, type Turn } from './turn.ts';

export const CHANGES_TIMER = 'routeChanges';
/** One that does not answer is replaced by the next behind it, so often. */
const TRIES = 3;

/** The predecessor changed: a node joined there, or some are gone. Its successor, this node, tells. */
export function announceChanges(turn: Turn): void {
  const { state } = turn;
  const { table, predecessor, self } = state;
  const before = table.announced;
  if (predecessor === null || (before !== null && isSameLife(before, predecessor))) return;
  table.announced = predecessor;
  if (before === null || table.mode !== 'whole') return;
  const level = Math.ceil(Math.log2(state.routes.length + 1));
  if (before.id === predecessor.id || isBetweenOpenOpen(before.id, predecessor.id, self.id)) {
    note(turn, { contact: predecessor, isGone: false, level });
    return;
  }
  // The one before is no route any more, if this node found its death out itself.
  const others = between(state, predecessor, self).filter(({ id }) => id !== before.id);
  for (const contact of [before, ...others]) {
    if (!isGone(state, contact) && spokeLately(turn, contact)) continue;
    rememberGone(state, contact);
    forgetRoute(state, contact);
    note(turn, { contact, isGone: true, level });
  }
}

/** It may be on its way to this node's side: a joiner that has not notified yet. */
function spokeLately({ state, now }: Turn, contact: Contact): boolean {
  const heardAt = state.members.get(contact.id)?.heardAt ?? Number.NEGATIVE_INFINITY;
  return now - heardAt <= 2 * state.parameters.probeIntervalMs;
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
  if (table.changes.length >= 2 * parameters.changesMax) return;
  table.changes.push(change);
  const { changesMinMs, changesMaxMs, changesMax } = parameters;
  const waitMs = Math.min(Math.max(changesMinMs, table.lastTold * 1_000), changesMaxMs);
  setTimerBy(turn, CHANGES_TIMER, table.changes.length >= changesMax ? 0 : jittered(turn, waitMs));
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
  const canTell = level === 0 || (isWhole && state.table.isFilled);
  answer(turn, token, { type: canTell ? 'acknowledged' : 'notMember' });
  if (!isWhole) return;
  for (const contact of joined) {
    if (contact.id === state.self.id) continue;
    if (isUsable(state, contact)) learnRoute(turn, contact);
    if (level > 0 && canTell) note(turn, { contact, isGone: false, level });
  }
  for (const { id, incarnation } of gone) {
    const contact = { id, incarnation, address: '' };
    if (id === state.self.id) continue;
    takeInGone(turn, contact);
    if (level > 0 && canTell) note(turn, { contact, isGone: true, level });
  }
}

/** Hearsay: a member that this node knows to live is asked, and stays. */
function takeInGone(turn: Turn, contact: Contact): void {
  const { state } = turn;
  const member = state.members.get(contact.id);
  if (member?.health === 'alive' && isSameLife(member.contact, contact)) {
    post(turn, { type: 'questioned', contact: member.contact });
    return;
  }
  rememberGone(state, contact);
  forgetRoute(state, contact);
}

function rememberGone({ table, parameters }: RingState, { id, incarnation }: Contact): void {
  const known = table.gone.get(id) ?? 0;
  table.gone.delete(id);
  table.gone.set(id, Math.max(known, incarnation));
  for (const oldest of table.gone.keys()) {
    if (table.gone.size <= parameters.goneRoutesMax) break;
    table.gone.delete(oldest);
  }
}

/** The timer's telling: one message for each level at which there is something to tell. */
export function tellChanges(turn: Turn): void {
  const { state } = turn;
  const { table, routes, self } = state;
  const { changes } = table;
  table.changes = [];
  table.lastTold = changes.length;
  if (state.phase !== 'member' || routes.length === 0) return;
  const highest = changes.reduce((level, change) => Math.max(level, change.level), 0);
  const at = positionOf(routes, self.id);
  for (let level = highest - 1; level >= 0; level--) {
    const ahead = 2 ** level;
    if (ahead > routes.length) continue;
    const target = routes[(at + ahead - 1) % routes.length] as Contact;
    const due = changes.filter((change) => change.level > level && isDueTo(self, target, change));
    if (due.length > 0) tell(turn, target, level, due, TRIES);
  }
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
  for (let i = 0; i < changes.length; i += parameters.changesMax) {
    const part = changes.slice(i, i + parameters.changesMax);
    const joined = part.filter(({ isGone }) => !isGone).map(({ contact }) => contact);
    const gone = part
      .filter(({ isGone }) => isGone)
      .map(({ contact: { id, incarnation } }) => ({ id, incarnation }));
    const purpose = { type: 'tellChanges', level, changes: part, tries } as const;
    send(turn, target, { type: 'routeChanges', level, joined, gone }, parameters.requestTimeoutMs, purpose);
  }
}

/** It did not hear: the next behind it is told instead, and tells on in its place. */
export function onTold(turn: Turn, pending: Pending, isHeard: boolean): void {
  const { state } = turn;
  const { routes, self } = state;
  const { purpose, to } = pending;
  if (isHeard || purpose.type !== 'tellChanges' || purpose.tries <= 1 || routes.length === 0) return;
  const at = positionOf(routes, to.id);
  const isThere = routes[at % routes.length]?.id === to.id;
  const next = routes[(at + (isThere ? 1 : 0)) % routes.length] as Contact;
  const due = purpose.changes.filter((change) => isDueTo(self, next, change));
  if (due.length > 0 && next.id !== to.id) tell(turn, next, purpose.level, due, purpose.tries - 1);
}
