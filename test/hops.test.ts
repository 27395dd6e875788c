/** How far lookups go on ideal rings (docs/figures/ring.md); bench/hops.ts measures the larger ones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureHops, SETTINGS } from '../bench/hops.ts';

const LOOKUPS = 3_000;
const seed = Number(process.env.ANILLO_SEED ?? 1);

function measured(name: string, nodes = 1_000) {
  const setting = SETTINGS.find((each) => each.name === name) ?? assert.fail(name);
  const figures = measureHops(nodes, setting, LOOKUPS, seed);
  assert.equal(figures.failed, 0);
  assert.equal(figures.wrongOwners, 0);
  return figures;
}

test('on an ideal ring of 1,000 the owner is at most 2.8 hops away on average, without routing table or cache', () => {
  const { mean, entries } = measured('base 16');
  assert.ok(mean <= 2.8, `${mean} hops`);
  assert.ok(entries <= 50, `${entries} entries`);
});

test('choosing the nearest node for a slot makes lookups no longer', () => {
  const chosen = measured('base 16').mean;
  const first = measured('base 16, nearest of 1').mean;
  assert.ok(chosen <= first * 1.02, `${chosen} hops, ${first} with the first of each slot`);
});

test('with fingers to base 2 alone the path is as long as the paper says', () => {
  const { mean } = measured('base 2, no list (paper)');
  assert.ok(Math.abs(mean - 5.83) < 0.18, `${mean} hops`);
});

test('with a routing table the owner is one call away, and a cache of 1,024 shortens the way to it', () => {
  assert.ok(measured('routing table').mean <= 1);
  assert.ok(measured('base 16, 1,024 cached', 1_500).mean <= 2);
});
