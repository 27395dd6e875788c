/**
 * The candidate set at a successor (docs/ring.md, Operations). Who takes this node for its successor says so by notifying and, once it
 * has answered, is kept in mind for about three rounds: whoever is only named by a request takes nobody's room. To an asker the first of them after it is named: where many join in one gap, each finds its
 * place in a few rounds instead of one joiner being taken in a round. It is a hint: who is named is asked, then adopted.
 */

import { isSameLife } from './contact.ts';
import type { MonotonicMs } from './effect.ts';
import type { Identifier } from './identifier.ts';
import { isBetweenOpenOpen } from './interval.ts';
import { isGone } from './members.ts';
import type { Contact } from './message.ts';
import type { RingState } from './state.ts';
import type { Turn } from './turn.ts';

/** It notified. False where it has not answered lately: it is kept in mind when it does. */
export function renewCandidate(turn: Turn, contact: Contact): boolean {
  const { candidates, members, parameters } = turn.state;
  if (parameters.candidatesMax === 0) return true;
  const since = turn.now - parameters.reachIntervalMs;
  for (const known of [candidates.get(contact.id), members.get(contact.id)]) {
    if (known === undefined || !isSameLife(known.contact, contact) || known.answeredAt < since) continue;
    remember(turn, contact, known.answeredAt);
    return true;
  }
  return false;
}

/** It notified, and answered now. */
export function rememberCandidate(turn: Turn, contact: Contact): void {
  if (turn.state.parameters.candidatesMax > 0) remember(turn, contact, turn.now);
}

function remember(turn: Turn, contact: Contact, answeredAt: MonotonicMs): void {
  const { candidates, parameters } = turn.state;
  // Set anew, so that the map stays in the order in which they were heard.
  candidates.delete(contact.id);
  if (candidates.size >= parameters.candidatesMax) forgetOldest(turn.state);
  candidates.set(contact.id, { contact, heardAt: turn.now, answeredAt });
}

function forgetOldest({ candidates }: RingState): void {
  for (const id of candidates.keys()) {
    candidates.delete(id);
    return;
  }
}

/** The first candidate strictly between `asker` and this node. */
export function firstCandidateAfter(turn: Turn, asker: Identifier): Contact | null {
  const { state, now } = turn;
  let first: Contact | null = null;
  for (const [id, { contact, heardAt }] of state.candidates) {
    if (now - heardAt > state.parameters.candidateLifeMs) {
      state.candidates.delete(id);
      continue;
    }
    if (isBetweenOpenOpen(asker, id, first === null ? state.self.id : first.id) && !isGone(state, contact))
      first = contact;
  }
  return first;
}
