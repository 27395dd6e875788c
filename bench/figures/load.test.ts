/** What theory says of the spread of keys is what random points and keys give. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meanBounds } from './mean.ts';
import { expectedLoad, spread } from './workloads/load.ts';

const NODES = 50;
const SEEDS = 300;

test('the p90 and the most of random points and keys are those of exponential gaps', () => {
  const runs = Array.from({ length: SEEDS }, (_, i) => spread(i + 1, NODES, 1));
  for (const share of [0.9, 0.99]) {
    const { low, high } = meanBounds(runs.map((sorted) => sorted[Math.floor(share * NODES)] as number));
    const expected = expectedLoad(NODES, share);
    assert.ok(low < expected && expected < high, `${expected} is not in ${low} to ${high}`);
  }
});

test('one node in a hundred has 4.67 times the mean of 1,000, and 4.63 of 10,000', () => {
  assert.equal(expectedLoad(1_000, 0.99).toFixed(2), '4.67');
  assert.equal(expectedLoad(10_000, 0.99).toFixed(2), '4.63');
});
