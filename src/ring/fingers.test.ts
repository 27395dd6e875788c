/** Fingers: the slots of the paper to any base, what may stand in one, and who takes a dead one's place. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { slotEnd, slotStart, slotsBeyond } from './finger-slots.ts';
import { choicesFor, dropFinger, fingerBefore, fits, layOut } from './fingers.ts';
import { fillIdealFingers } from './ideal-fingers.ts';
import { isBetweenOpenClosed, isBetweenOpenOpen, isIncludedIn } from './interval.ts';
import type { Contact } from './message.ts';
import { whomToAsk } from './next-hops.ts';
import { DEFAULT_PARAMETERS } from './parameters.ts';
import { createRingState, type RingState } from './state.ts';

const DIGITS = 8;
const identifier = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((value) => named(value).id);
const named = (value: number): Contact => {
  const id = value.toString(16).padStart(DIGITS, '0');
  return { id, incarnation: 1, address: `${id}:1` };
};

/** The steps below are counted for lists of this length. */
const SIXTEEN = { ...DEFAULT_PARAMETERS, successorCount: 16 };

/** A member of a ring whose nodes stand evenly, with ideal fingers. */
function evenRing(count: number, at = 0, parameters = SIXTEEN) {
  const sorted = Array.from({ length: count }, (_, i) => named(Math.floor((i * 2 ** 32) / count)));
  const state = createRingState(sorted[at] as Contact, { ...parameters, routesMax: 0 });
  state.phase = 'member';
  state.predecessor = sorted[(at + count - 1) % count] as Contact;
  state.successors = Array.from({ length: 16 }, (_, i) => sorted[(at + 1 + i) % count] as Contact);
  fillIdealFingers(state, sorted);
  return { sorted, state };
}

for (const base of [2, 4, 16]) {
  test(`slots to base ${base} follow one on another from the end of the list to the node itself`, () => {
    fc.assert(
      fc.property(identifier, identifier, (self, last) => {
        fc.pre(self !== last);
        const slots = slotsBeyond(self, last, base);
        for (const [i, slot] of slots.entries()) {
          const next = slots[i + 1];
          assert.equal(slotEnd(self, slot), next === undefined ? self : slotStart(self, next));
          assert.ok(isBetweenOpenOpen(last, slotEnd(self, slot), self) || next === undefined);
        }
        const [first] = slots;
        if (first !== undefined && slotStart(self, first) !== last)
          assert.ok(slots.length > base || isBetweenOpenClosed(self, slotStart(self, first), last));
      }),
    );
  });
}

test('a ring of which the list shows all needs no finger but the outermost slot', () => {
  const { state } = evenRing(17);
  assert.deepEqual(
    state.fingers.contacts.filter((contact) => contact !== null && !state.successors.includes(contact)),
    [],
  );
});

test('an ideal finger lies in its slot, among the first of it', () => {
  const { state, sorted } = evenRing(4096, 77);
  assert.ok(state.fingers.slots.length >= 30);
  for (const [at, slot] of state.fingers.slots.entries()) {
    const contact = state.fingers.contacts[at] ?? null;
    assert.ok(contact !== null && fits(state, slot, contact, sorted.length), `slot ${slot}`);
  }
});

test('a contact outside a slot, or far from its start, never stands in it', () => {
  const { state } = evenRing(4096);
  const outermost = state.fingers.slots.at(-1) as number;
  assert.equal(slotStart(state.self.id, outermost), 'f0000000');
  assert.ok(fits(state, outermost, named(0xf0010000), 4096));
  assert.ok(!fits(state, outermost, named(0xefff0000), 4096));
  const inner = state.fingers.slots.find((slot) => slotStart(state.self.id, slot) === '20000000') as number;
  assert.ok(!fits(state, inner, named(0x2f000000), 4096));
  assert.deepEqual(choicesFor(state, inner, [named(0x30000000)], 4096), []);
});

test('a list that names those far from the start of a slot, or out of order, ends there', () => {
  const { state } = evenRing(4096);
  const slot = state.fingers.slots.find((code) => slotStart(state.self.id, code) === '20000000') as number;
  const [near, next, farther, far] = [0x20100000, 0x20200000, 0x20300000, 0x2f000000].map(named) as Contact[];
  assert.ok(near && next && farther && far);
  const chosen = (...from: Contact[]): Contact[] => [...choicesFor(state, slot, from, 4096)];
  assert.deepEqual(chosen(near, next, farther), [near, next, farther]);
  assert.deepEqual(chosen(far, near), []);
  assert.deepEqual(chosen(near, far, next), [near]);
  assert.deepEqual(chosen(next, near, farther), [next]);
  assert.deepEqual(chosen(near, near, next), [near]);
});

test('the finger before a key is the nearest that is not dead', () => {
  const { state } = evenRing(4096);
  const everybody = (): boolean => true;
  assert.equal(fingerBefore(state, 'f8000000', everybody)?.id, 'f0000000');
  assert.equal(fingerBefore(state, 'f8000000', ({ id }) => id !== 'f0000000')?.id, 'e0000000');
});

test('a dead finger is replaced at once by another near its slot, or by nobody', () => {
  const { state } = evenRing(4096);
  const at = state.fingers.slots.length - 1;
  const other = named(0xf0100000);
  state.fingers.others.set(state.fingers.slots[at] as number, [other]);
  dropFinger(state, named(0xf0000000));
  assert.equal(state.fingers.contacts[at], other);
  dropFinger(state, other);
  assert.equal(state.fingers.contacts[at], null);
  assert.equal(state.fingers.checkedAt[at], Number.NEGATIVE_INFINITY);
});

test('a list that moves on keeps the fingers of the slots that stay', () => {
  const { state, sorted } = evenRing(4096);
  const before = state.fingers.contacts.at(-1);
  state.successors = sorted.slice(2, 18);
  layOut(state);
  assert.equal(state.fingers.contacts.at(-1), before);
});

test('the next hops for a key: its owner where the list reaches, else those nearest before it', () => {
  const { state, sorted } = evenRing(4096);
  const ids = (key: string): string[] => whomToAsk(state, key).map(({ id }) => id);
  assert.equal(ids((sorted[9] as Contact).id)[0], sorted[9]?.id);
  const far = ids('f7f80000');
  assert.equal(far[0], 'f0000000');
  assert.ok(
    far.slice(0, 3).every((id, i, all) => i === 0 || isIncludedIn(id, all[i - 1] as string, 'f7f80000')),
  );
});

test('without fingers a node asks along its list', () => {
  const { state } = evenRing(4096, 0, { ...SIXTEEN, fingerBase: 0 });
  const [first] = whomToAsk(state as RingState, 'f7f80000');
  assert.equal(first?.id, state.successors.at(-1)?.id);
});
