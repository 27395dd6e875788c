/**
 * Whom to ask for a key: from everything known (successors, fingers, routes), those nearest before it (Chord 4.3, closest preceding
 * node), and first of all the one at or after it where that is probably the owner. Wrong guesses cost a call, never an answer.
 */
import { fingerBefore, fingerFrom } from './fingers.ts';
import { clockwiseFraction, type Identifier } from './identifier.ts';
import { isBetweenOpenClosed, isBetweenOpenOpen } from './interval.ts';
import { isUsable } from './members.ts';
import type { Contact } from './message.ts';
import { routeBefore, routeFrom } from './routes.ts';
import { estimatedSize, type RingState } from './state.ts';

/** Of those named, so many stand at or after a key that the successor list reaches. */
const LISTED_OWNERS = 2;

/** Best first, at most `redirectMax`. @param silent did not answer just now: others still name them, and they would stand before all others */
export function whomToAsk(state: RingState, key: Identifier, silent: readonly Identifier[] = []): Contact[] {
  const { predecessor, successors, parameters } = state;
  const next: Contact[] = [];
  const usable = (contact: Contact): boolean => isUsable(state, contact) && !silent.includes(contact.id);
  const add = (contact: Contact | null): void => {
    if (contact === null || next.length >= parameters.redirectMax || !usable(contact)) return;
    if (!next.some((known) => known.id === contact.id)) next.push(contact);
  };
  const listed = ownerInList(state, key);
  for (let i = 0; listed >= 0 && next.length < LISTED_OWNERS && listed + i < successors.length; i++)
    add(successors[listed + i] as Contact);
  const guess = parameters.listRouting ? knownFrom(state, key, usable) : null;
  if (guess !== null && isProbablyOwner(state, key, guess)) add(guess);
  let before = knownBefore(state, key, usable);
  while (before !== null && next.length < parameters.redirectMax - 1) {
    add(before);
    before = knownBefore(state, before.id, usable);
  }
  add(guess);
  if (parameters.listRouting) add(predecessor);
  return next;
}

/** Where in the list its owner stands, as far as the list shows; -1 for a key beyond. Without the list only the head counts. */
function ownerInList({ self, successors, parameters }: RingState, key: Identifier): number {
  const length = parameters.listRouting ? successors.length : Math.min(1, successors.length);
  for (let i = 0; i < length; i++)
    if (isBetweenOpenClosed(self.id, key, (successors[i] as Contact).id)) return i;
  return -1;
}

/** The nearest before `key` among all that is known, that passes. */
export function knownBefore(
  state: RingState,
  key: Identifier,
  passes: (contact: Contact) => boolean,
): Contact | null {
  const { self, successors, parameters } = state;
  let best: Contact | null = null;
  const consider = (contact: Contact | null): void => {
    if (contact === null || !isBetweenOpenOpen(self.id, contact.id, key)) return;
    if (best === null || isBetweenOpenOpen(best.id, contact.id, key)) best = contact;
  };
  consider(routeBefore(state, key, passes));
  consider(fingerBefore(state, key, passes));
  const length = parameters.listRouting ? successors.length : Math.min(1, successors.length);
  for (let i = length - 1; i >= 0; i--) {
    const successor = successors[i] as Contact;
    if (!isBetweenOpenOpen(self.id, successor.id, key) || !passes(successor)) continue;
    consider(successor);
    break;
  }
  return best;
}

/** The nearest at or after `key` and before this node. */
function knownFrom(state: RingState, key: Identifier, passes: (contact: Contact) => boolean): Contact | null {
  const { self, predecessor } = state;
  let best: Contact | null = null;
  const consider = (contact: Contact | null): void => {
    if (contact === null || !isBetweenOpenClosed(self.id, key, contact.id)) return;
    if (best === null || isBetweenOpenClosed(key, contact.id, best.id)) best = contact;
  };
  consider(routeFrom(state, key, passes));
  consider(fingerFrom(state, key, passes));
  if (predecessor !== null && passes(predecessor)) consider(predecessor);
  return best;
}

/**
 * Whether nobody unknown stands between a key and the one known at or after it, more likely than not: with the members that are no
 * routes spread evenly, the chance is e^-(their number in between). A whole table, or one of most members, knows.
 */
function isProbablyOwner(state: RingState, key: Identifier, guess: Contact): boolean {
  const { mode, isFilled } = state.table;
  const size = estimatedSize(state);
  const known = state.routes.length;
  if (mode === 'all' || isFilled || known >= size / 2) return true;
  return (size - known) * clockwiseFraction(key, guess.id) < Math.LN2;
}
