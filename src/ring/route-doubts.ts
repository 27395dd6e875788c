/**
 * Routes that somebody spoke against, or named in another life: what others say takes none out and replaces none, the node itself is asked.
 * A life that did not answer is kept in mind as gone, so that stale tables do not bring it back.
 */
import type { Contact } from './message.ts';
import type { RingState } from './state.ts';
import { send, setTimerBy, type Turn } from './turn.ts';

export const DOUBTS_TIMER = 'routeDoubts';
/** Asked at one time, each `routesPageMs`: a message that names many causes no burst. */
const AT_ONCE = 8;
/** A life gone for so long is asked again when another node still has it: this one may have heard wrongly. */
const GONE_TRUSTED_MS = 120_000;

/** It is asked whether it lives; if not, those up to 2^level places ahead are told. */
export function doubtRoute(turn: Turn, contact: Contact, level: number, next: Contact | null = null): void {
  const { table, parameters } = turn.state;
  const at = table.doubtful.findIndex(({ contact: { id } }) => id === contact.id);
  const waiting = table.doubtful[at];
  if (waiting !== undefined) {
    if (waiting.contact.incarnation === contact.incarnation && waiting.level < level)
      table.doubtful[at] = { ...waiting, level };
    return;
  }
  if (table.doubtful.length >= 2 * parameters.changesMax) return;
  table.doubtful.push({ contact, level, next });
  setTimerBy(turn, DOUBTS_TIMER, 0);
}

/** The timer's asking: some of those that wait. */
export function askDoubtful(turn: Turn): void {
  const { table, parameters } = turn.state;
  for (const doubt of table.doubtful.splice(0, AT_ONCE))
    send(turn, doubt.contact, { type: 'ping' }, parameters.probeTimeoutMs, { type: 'doubtfulRoute', doubt });
  if (table.doubtful.length > 0) setTimerBy(turn, DOUBTS_TIMER, parameters.routesPageMs);
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
