/**
 * The alarm: neighbours fell silent, and others may have with them (docs/ring.md, Operations, decision 0022). For as long as deaths take to be
 * found, whoever was not heard of since is asked at once; and where several are silent, the others are told whom to ask.
 */
import { isSameLife } from './contact.ts';
import type { MonotonicMs } from './effect.ts';
import { neighboursOf } from './members.ts';
import type { Contact, MemberEntry } from './message.ts';
import type { Purpose } from './pending.ts';
import { probeUnlessHeard } from './probe.ts';
import { askPatiently } from './round-trips.ts';
import type { RingState } from './state.ts';
import type { Turn } from './turn.ts';

const TOLD: Purpose = { type: 'changed' };

/** A neighbour fell silent: who becomes a neighbour from now on may be silent too. */
export function raiseAlarm(turn: Turn, since: MonotonicMs): void {
  const { state, now } = turn;
  const isFirst = now > state.alarmUntil;
  if (isFirst) {
    state.alarmSince = since;
    state.isAlarmTold = false;
  }
  state.alarmUntil = now + 2 * state.parameters.deathMs;
  probeNeighbours(turn, state.alarmSince);
  // One that dies is no matter for those around. Of many that die at once some are the only sign to others.
  if (!isFirst && !state.isAlarmTold) tellSuspects(turn);
}

/** Several neighbours fell silent together, not long ago: others, known or named, may have with them. */
export function manyAreSilent({ state, now }: Turn): boolean {
  return state.isAlarmTold && now <= state.alarmUntil;
}

/** It was heard of since the first of those fell silent. */
export function livesSinceAlarm({ members, alarmSince }: RingState, contact: Contact): boolean {
  const member = members.get(contact.id);
  return member?.health === 'alive' && isSameLife(member.contact, contact) && member.heardAt >= alarmSince;
}

/** Those not heard of since are asked now rather than in turn. */
export function probeNeighbours(turn: Turn, since: MonotonicMs): void {
  for (const contact of neighboursOf(turn.state)) probeUnlessHeard(turn, contact, since);
}

/** Several neighbours do not answer: the others are told, so that their deaths are found at the same time everywhere. */
function tellSuspects(turn: Turn): void {
  const { state } = turn;
  const told = neighboursOf(state);
  const healthOf = ({ id }: Contact) => state.members.get(id)?.health;
  const entries = told.filter((contact) => healthOf(contact) === 'suspect').map(suspectEntry);
  if (entries.length < 2) return;
  state.isAlarmTold = true;
  const request = { type: 'members', digest: '', entries } as const;
  for (const contact of told) if (healthOf(contact) === 'alive') askPatiently(turn, contact, request, TOLD);
}

function suspectEntry(contact: Contact): MemberEntry {
  return { contact, status: 'suspect' };
}
