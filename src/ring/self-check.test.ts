import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Contact } from './message.ts';
import { DEFAULT_PARAMETERS } from './parameters.ts';
import { selfCheck } from './self-check.ts';
import { createRingState, type RingState } from './state.ts';

const contact = (id: string): Contact => ({ id, incarnation: 1, address: `${id}:1` });
const [A, B, C, D] = ['10', '20', '30', '40'].map(contact) as [Contact, Contact, Contact, Contact];

function stateOf(successors: readonly Contact[], predecessor: Contact | null, successorCount = 3): RingState {
  const state = createRingState(A, { ...DEFAULT_PARAMETERS, successorCount });
  state.phase = 'member';
  state.successors = successors;
  state.predecessor = predecessor;
  return state;
}

test('a node in its place sees every invariant hold', () => {
  const check = selfCheck(stateOf([B, C, D], D), { head: B, predecessor: A, successors: [C, D, A] });
  for (const [name, holds] of Object.entries(check)) assert.equal(holds, true, name);
});

test('each invariant that does not hold is seen as itself', () => {
  const word = { head: B, predecessor: A, successors: [C, D, A] };
  assert.equal(selfCheck(stateOf([B, D, C], D), word).listInOrder, false);
  assert.equal(selfCheck(stateOf([B, C, B], D), word).listWithoutRepeats, false);
  assert.equal(selfCheck(stateOf([B, C, A], D), word).listWithoutSelf, false);
  assert.equal(selfCheck(stateOf([B, C, D], D, 2), word).listWithinBound, false);
  assert.equal(selfCheck(stateOf([B, C, D], A), word).predecessorIsAnother, false);
  assert.equal(selfCheck(stateOf([B, C, D], D), { ...word, predecessor: D }).headPointsBack, false);
  assert.equal(selfCheck(stateOf([B, D], D), word).listFollowsHead, false);
});

test('what a former head said says nothing, and a ring of one has no head to ask', () => {
  const word = { head: C, predecessor: B, successors: [D, A] };
  assert.equal(selfCheck(stateOf([B, C, D], D), word).headPointsBack, null);
  const alone = selfCheck(stateOf([], null), null);
  assert.equal(alone.listFollowsHead, null);
  assert.equal(alone.predecessorIsAnother, true);
});
