/**
 * Introductions. Who gets a head from another ring, or one that has not met the head before it, tells the one of the other:
 * it stands between two entries of the list that came. So two rings close up like a zip, as fast as messages travel. A hint.
 */
import { spend } from './allowance.ts';
import { callBack } from './call-back.ts';
import { isBetweenOpenOpen } from './interval.ts';
import { isProven, isUsable, learn } from './members.ts';
import type { Contact } from './message.ts';
import type { Purpose } from './pending.ts';
import { probeContact } from './probe.ts';
import { askPatiently } from './round-trips.ts';
import { post, type Turn } from './turn.ts';

const INTRODUCE: Purpose = { type: 'introduce' };
/** Introductions taken at once, and how often one more is. Where rings close up each node gets one or two. */
const AT_ONCE = 8;
const EVERY_MS = 500;

/** `from` and those `behind` it follow this node now; `before` was its head. Who has it between itself and its head is told. */
export function introduceHead(turn: Turn, before: Contact, from: Contact, behind: readonly Contact[]): void {
  const { state } = turn;
  if (state.parameters.mergeProbability === 0 || !isUsable(state, before)) return;
  let last = from;
  for (const entry of behind) {
    if (entry.id === before.id) return;
    if (isBetweenOpenOpen(last.id, before.id, entry.id)) {
      askPatiently(turn, last, { type: 'introduce', contact: before }, INTRODUCE);
      return;
    }
    last = entry;
  }
}

/** The word of one that never answered counts when it does. */
export function onIntroduced(turn: Turn, from: Contact, contact: Contact): void {
  const { state } = turn;
  if (contact.id === state.self.id || !spend(state.introductions, turn.now, EVERY_MS, AT_ONCE)) return;
  const member = state.members.get(from.id);
  if (member !== undefined && isProven(member)) takeIntroduced(turn, contact);
  else callBack(turn, from, { type: 'introducer', introduced: contact });
}

export function takeIntroduced(turn: Turn, contact: Contact): void {
  learn(turn, contact);
  if (isUsable(turn.state, contact)) post(turn, { type: 'candidate', contact });
  // Thought dead: it answers for itself, and is a candidate then.
  else probeContact(turn, contact);
}
