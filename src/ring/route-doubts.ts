/**
 * Routes that somebody spoke against, or named in another life: what others say takes none out and replaces none, the node itself is asked.
 * So is one said to have joined, by those who would tell many of it. A life that did not answer is kept in mind as gone, so that stale
 * tables do not bring it back.
 */
import type { Identifier } from './identifier.ts';
import type { Contact } from './message.ts';
import { ROUTES_TIMER } from './route-table.ts';
import type { RingState } from './state.ts';
import { send, setTimerBy, type Turn } from './turn.ts';

export const DOUBTS_TIMER = 'routeDoubts';
/** Asked at one time, each `routesPageMs`: a message that names many causes no burst. */
const AT_ONCE = 8;
/** One said to have joined is asked so often before it counts as not there: a message may be lost. */
const JOINER_TRIES = 2;
/** What had no room is found by comparing tables, once those that wait have been asked. */
const COMPARE_MS = 10_000;
/** A life gone for so long is asked again when another node still has it: this one may have heard wrongly. */
const GONE_TRUSTED_MS = 120_000;

/** It is asked whether it lives; if not, those up to 2^level places ahead are told. */
export function doubtRoute(turn: Turn, contact: Contact, level: number, next: Contact | null = null): void {
  const { table, parameters } = turn.state;
  const waiting = table.doubtful.get(contact.id);
  if (waiting !== undefined) {
    if (waiting.contact.incarnation === contact.incarnation && waiting.level < level)
      table.doubtful.set(contact.id, { ...waiting, level });
    return;
  }
  if (table.doubtful.size >= parameters.goneRoutesMax) {
    fallBehind(turn);
    return;
  }
  table.doubtful.set(contact.id, { contact, level, next });
  setTimerBy(turn, DOUBTS_TIMER, 0);
}

/** More was said than is asked after, or taken: comparing tables finds it. */
export function fallBehind(turn: Turn): void {
  turn.state.table.isBehind = true;
  setTimerBy(turn, ROUTES_TIMER, COMPARE_MS);
}

/** It is asked whether it is there; if so, those up to 2^level places ahead are told. */
export function askJoiner(turn: Turn, contact: Contact, level: number, tries = JOINER_TRIES): void {
  const { table, parameters } = turn.state;
  if (table.saidToJoin.has(contact.id)) return;
  if (table.saidToJoin.size >= parameters.goneRoutesMax) {
    fallBehind(turn);
    return;
  }
  table.saidToJoin.set(contact.id, { contact, level, tries: tries - 1 });
  setTimerBy(turn, DOUBTS_TIMER, 0);
}

/** The timer's asking: some of those that wait. */
export function askDoubtful(turn: Turn): void {
  const { table, parameters } = turn.state;
  const { probeTimeoutMs, routesPageMs } = parameters;
  for (const doubt of takeSome(table.doubtful))
    send(turn, doubt.contact, { type: 'ping' }, probeTimeoutMs, { type: 'doubtfulRoute', doubt });
  for (const said of takeSome(table.saidToJoin))
    send(turn, said.contact, { type: 'ping' }, probeTimeoutMs, { type: 'saidToJoin', said });
  if (table.doubtful.size > 0 || table.saidToJoin.size > 0) setTimerBy(turn, DOUBTS_TIMER, routesPageMs);
}

function takeSome<Waiting>(waiting: Map<Identifier, Waiting>): Waiting[] {
  const taken: Waiting[] = [];
  for (const [id, next] of waiting) {
    if (taken.length >= AT_ONCE) break;
    waiting.delete(id);
    taken.push(next);
  }
  return taken;
}

/** As far as this node found out itself. */
export function rememberGone(turn: Turn, { id, incarnation }: Contact): void {
  const { table, parameters } = turn.state;
  const known = table.gone.get(id)?.incarnation ?? 0;
  table.gone.delete(id);
  table.gone.set(id, { incarnation: Math.max(known, incarnation), since: turn.now });
  for (const oldest of table.gone.keys()) {
    if (table.gone.size <= parameters.goneRoutesMax) break;
    table.gone.delete(oldest);
  }
}

/** This life, or a later one, is kept in mind as gone. */
export function isRememberedGone({ table }: RingState, { id, incarnation }: Contact): boolean {
  const gone = table.gone.get(id);
  return gone !== undefined && gone.incarnation >= incarnation;
}

/** Others name a life that is kept in mind as gone: long after, it is asked again. */
export function reconsider(turn: Turn, contact: Contact): void {
  const gone = turn.state.table.gone.get(contact.id);
  if (gone !== undefined && turn.now - gone.since > GONE_TRUSTED_MS) doubtRoute(turn, contact, 0);
}
