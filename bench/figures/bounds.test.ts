import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meanBounds, ratioBounds, studentQuantile } from './mean.ts';
import { pooled, shareBounds } from './proportion.ts';

function near(actual: number, expected: number, within: number): void {
  assert.ok(Math.abs(actual - expected) <= within, `${actual}, not ${expected}`);
}

test("a share's bounds are Wilson's", () => {
  // Newcombe 1998, table I: 81 of 263 and 15 of 148.
  const first = shareBounds({ events: 81, of: 263 });
  near(first.low, 0.2553, 1e-4);
  near(first.high, 0.3662, 1e-4);
  const second = shareBounds({ events: 15, of: 148 });
  near(second.low, 0.0624, 1e-4);
  near(second.high, 0.1605, 1e-4);
});

test('no event in n says: below 3/n; nothing but events: above 1 - 3/n; nothing asked says nothing', () => {
  assert.deepEqual(shareBounds({ events: 0, of: 100_000 }), { low: 0, high: 3e-5 });
  assert.deepEqual(shareBounds({ events: 1_000, of: 1_000 }), { low: 0.997, high: 1 });
  assert.deepEqual(shareBounds({ events: 0, of: 1 }), { low: 0, high: 1 });
  assert.deepEqual(shareBounds({ events: 0, of: 0 }), { low: 0, high: 1 });
});

test('shares of runs are pooled by their counts, not by their sizes', () => {
  assert.deepEqual(
    pooled([
      { events: 1, of: 10 },
      { events: 0, of: 90 },
    ]),
    { events: 1, of: 100 },
  );
});

test("a mean's bounds are Student's, and one run has none", () => {
  const { low, high } = meanBounds([1, 2, 3, 4, 5]);
  near(low, 3 - 1.9632, 1e-3);
  near(high, 3 + 1.9632, 1e-3);
  assert.ok(Number.isNaN(meanBounds([3]).low));
  near(studentQuantile(60), 2.0003, 2e-3);
  near(studentQuantile(100), 1.984, 2e-3);
});

test("a ratio's bounds are those of a mean where all seeds are of one size", () => {
  const ratios = [1, 2, 3, 4, 5].map((each) => ({ events: each * 20, of: 20 }));
  const { low, high } = ratioBounds(ratios);
  near(low, meanBounds([1, 2, 3, 4, 5]).low, 1e-9);
  near(high, meanBounds([1, 2, 3, 4, 5]).high, 1e-9);
  assert.ok(Number.isNaN(ratioBounds(ratios.slice(0, 1)).high));
});
