/** The successor list: how it is made from others' lists, and the one place where it is replaced. */
import { areSameLives } from './contact.ts';
import { listDigest } from './digest.ts';
import { isBetweenOpenOpen } from './interval.ts';
import { assertSuccessorsMayBecome, type Change } from './invariants.ts';
import { isOver } from './members.ts';
import type { Contact } from './message.ts';
import type { RingState } from './state.ts';
import { post, type Turn } from './turn.ts';

/**
 * `start` and what stands behind its last entry, at most r, in ring order, cut where it would come round to this node.
 * Entries that this node found dead are left out: where b is dead, nobody between a and c is skipped by the pair (a, c). Not those
 * who said once that they have no place: they may have joined since, and are asked.
 */
export function listBehind(
  state: RingState,
  start: readonly Contact[],
  behind: readonly Contact[],
): Contact[] {
  const { self, parameters } = state;
  const list = [...start];
  let last = start.at(-1) ?? self;
  for (const entry of behind) {
    if (list.length >= parameters.successorCount) break;
    if (parameters.safeguards.cutAtSelf) {
      if (entry.id === self.id) break;
      if (last !== self && !isBetweenOpenOpen(last.id, entry.id, self.id)) break;
    }
    if (isOver(state, entry)) continue;
    list.push(entry);
    last = entry;
  }
  return list;
}

/** Replaces the list. Returns whether that changed it. */
export function setSuccessors(turn: Turn, next: readonly Contact[], change: Change): boolean {
  const { state } = turn;
  if (areSameLives(state.successors, next)) return false;
  assertSuccessorsMayBecome(state, next, change);
  if (state.successors[0]?.id !== next[0]?.id) state.mayKnowNearer = true;
  state.successors = next;
  state.listHash = listDigest(next);
  state.appliedHash = '';
  post(turn, { type: 'neighboursChanged' });
  return true;
}
