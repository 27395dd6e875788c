import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeldRanges } from './held-ranges.ts';
import { isInRange, isWithin, keyAfter } from './key-range.ts';

const KEYS = [...'0123456789abcdef'];
const RANGES = KEYS.flatMap((from) => KEYS.map((to) => ({ from, to })));

test('a range is within another when each of its keys is', () => {
  for (const inner of RANGES) {
    for (const outer of RANGES) {
      const isEveryKey = KEYS.every((key) => !isInRange(key, inner) || isInRange(key, outer));
      // (3, 2] lacks one key of all; that it has none of them between 2 and 3 does not make it the whole ring.
      if (!(inner.from === inner.to && keyAfter(outer.to) === outer.from))
        assert.equal(isWithin(inner, outer), isEveryKey, JSON.stringify({ inner, outer }));
    }
  }
});

test('ranges that follow one another cover what spans them, a gap or a removal leaves it uncovered', () => {
  for (const range of RANGES) {
    const held = new HeldRanges();
    for (const part of [
      { from: 'a', to: '2' },
      { from: '2', to: '6' },
      { from: '5', to: '8' },
    ])
      held.add(part, 0);
    assert.equal(held.covers(range), isWithin(range, { from: 'a', to: '8' }), JSON.stringify(range));
    held.remove({ from: '3', to: '4' });
    assert.equal(
      held.covers(range),
      isWithin(range, { from: 'a', to: '2' }) || isWithin(range, { from: '5', to: '8' }),
    );
  }
});

test('pieces all around the ring cover the whole of it from any point', () => {
  const held = new HeldRanges();
  for (const part of [
    { from: '1', to: '9' },
    { from: '9', to: 'd' },
    { from: 'd', to: '1' },
  ])
    held.add(part, 0);
  for (const range of RANGES) assert.equal(held.covers(range), true, JSON.stringify(range));
});

test('the key after a node is the next one, at the end of the ring the first', () => {
  assert.equal(keyAfter('0f'), '10');
  assert.equal(keyAfter('ff'), '00');
});
