import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isBetweenOpenClosed, isBetweenOpenOpen, isIncludedIn } from './interval.ts';

/** Few points, so that ends and middles coincide often. */
const point = fc.integer({ min: 0, max: 15 }).map((value) => value.toString(16));

/** The definition: walk from `from` one point at a time and see what comes before `to`. */
function walked(from: string, to: string): string[] {
  const inside: string[] = [];
  const end = Number.parseInt(to, 16);
  for (let at = (Number.parseInt(from, 16) + 1) % 16; at !== end; at = (at + 1) % 16)
    inside.push(at.toString(16));
  return inside;
}

test('an open interval holds what a walk from one end meets before the other', () => {
  fc.assert(
    fc.property(point, point, point, (from, id, to) => {
      assert.equal(isBetweenOpenOpen(from, id, to), walked(from, to).includes(id));
    }),
  );
});

test('with both ends at one point the open interval is everything else, the half-closed one everything', () => {
  fc.assert(
    fc.property(point, point, (end, id) => {
      assert.equal(isBetweenOpenOpen(end, id, end), id !== end);
      assert.equal(isBetweenOpenClosed(end, id, end), true);
    }),
  );
});

test('not strictly between a and b is included in b to a (Zave 2017, for a other than b)', () => {
  fc.assert(
    fc.property(point, point, point, (a, x, b) => {
      fc.pre(a !== b);
      assert.equal(!isBetweenOpenOpen(a, x, b), isIncludedIn(b, x, a));
    }),
  );
});

test('the intervals owned by all nodes of a ring hold every key exactly once', () => {
  fc.assert(
    fc.property(fc.uniqueArray(point, { minLength: 1 }), point, (ids, key) => {
      const sorted = ids.sort();
      const owners = sorted.filter((id, i) => isBetweenOpenClosed(sorted.at(i - 1) as string, key, id));
      assert.equal(owners.length, 1);
    }),
  );
});
