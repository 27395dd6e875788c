/** What a node checks of itself after every change: each kind of bad change is refused, each good one passes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertPredecessorMayBecome, assertSuccessorsMayBecome, InvariantViolation } from './invariants.ts';
import type { Contact } from './message.ts';
import { DEFAULT_PARAMETERS } from './parameters.ts';
import { createRingState, type RingState } from './state.ts';

const PARAMETERS = { ...DEFAULT_PARAMETERS, successorCount: 3 };

function contact(id: string, incarnation = 1): Contact {
  return { id, incarnation, address: `${id}:1` };
}

function contacts(ids: string): Contact[] {
  return [...ids].map((id) => contact(id));
}

/** Node 1 with this list and predecessor. */
function node(successors: string, predecessor: string | null = null): RingState {
  const state = createRingState(contact('1'), PARAMETERS);
  state.phase = 'member';
  state.successors = contacts(successors);
  state.predecessor = predecessor === null ? null : contact(predecessor);
  return state;
}

function refuses(what: RegExp, act: () => void): void {
  assert.throws(act, (error) => error instanceof InvariantViolation && what.test(error.message));
}

const answered = (id: string) => ({ type: 'contact', answered: contact(id) }) as const;
const gone = (id: string) => ({ type: 'gone', contact: contact(id) }) as const;

test('a list longer than agreed, with the node itself or out of order is refused', () => {
  refuses(/4 successors/, () => assertSuccessorsMayBecome(node('3'), contacts('3579'), answered('3')));
  refuses(/own successor list/, () => assertSuccessorsMayBecome(node('3'), contacts('31'), answered('3')));
  refuses(/out of order/, () => assertSuccessorsMayBecome(node('3'), contacts('375'), answered('3')));
  refuses(/out of order/, () => assertSuccessorsMayBecome(node('3'), contacts('33'), answered('3')));
});

test('a new head has answered itself and stands before the old one', () => {
  assertSuccessorsMayBecome(node('57'), contacts('357'), answered('3'));
  refuses(/did not answer/, () => assertSuccessorsMayBecome(node('57'), contacts('357'), answered('5')));
  refuses(/farther/, () => assertSuccessorsMayBecome(node('57'), contacts('7'), answered('7')));
  refuses(/emptied/, () => assertSuccessorsMayBecome(node('57'), [], answered('5')));
});

test('the first head of a ring of one has answered itself too', () => {
  assertSuccessorsMayBecome(node(''), contacts('5'), answered('5'));
  refuses(/did not answer/, () => assertSuccessorsMayBecome(node(''), contacts('57'), answered('7')));
});

test('a death takes the dead and nobody else', () => {
  assertSuccessorsMayBecome(node('357'), contacts('57'), gone('3'));
  assertSuccessorsMayBecome(node('3'), [], gone('3'));
  refuses(/lost more/, () => assertSuccessorsMayBecome(node('357'), contacts('7'), gone('3')));
  refuses(/lost more/, () => assertSuccessorsMayBecome(node('357'), contacts('57'), gone('7')));
  refuses(/grew/, () => assertSuccessorsMayBecome(node('35'), contacts('579'), gone('3')));
});

test('a predecessor is nearer than the one before, unless that one is gone', () => {
  assertPredecessorMayBecome(node('3', '5'), contact('9'), false);
  assertPredecessorMayBecome(node('3', '9'), contact('5'), true);
  assertPredecessorMayBecome(node('3', '9'), contact('9', 2), false);
  assertPredecessorMayBecome(node('3'), contact('5'), false);
  refuses(/farther/, () => assertPredecessorMayBecome(node('3', '9'), contact('5'), false));
  refuses(/own predecessor/, () => assertPredecessorMayBecome(node('3'), contact('1'), false));
});
