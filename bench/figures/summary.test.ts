import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SampleStore } from './sample-store.ts';
import { curvesOf, measuresOf, pooledOver, verdictOf } from './summary.ts';
import type { Workload } from './workload.ts';

const WORKLOAD: Workload = {
  title: 'A story',
  what: 'nothing.',
  measures: {
    wrong: { name: 'wrong owners', kind: 'share', demand: { atMost: 0.01 } },
    never: { name: 'two rings', kind: 'share', demand: { atMost: 0 } },
    hops: { name: 'hops', kind: 'mean', demand: { 10: { atMost: 2 }, 100: { atMost: 3 } } },
    healed: { name: 'healed after', kind: 'every', unit: 's', demand: { atMost: 60 } },
    found: { name: 'found', kind: 'every', demand: { atLeast: 5 } },
  },
  quick: [],
  full: [],
  run: () => ({ figures: {} }),
};
const SAMPLES = [
  { seed: 1, figures: { wrong: { events: 1, of: 100 }, never: { events: 0, of: 9 }, hops: 2, healed: 20 } },
  {
    seed: 2,
    figures: { wrong: { events: 0, of: 900 }, never: { events: 0, of: 9 }, hops: 4, healed: 61, found: 5 },
  },
];

test('seeds are added up for shares, averaged for means, and the worst counts where every one must hold', () => {
  const { wrong, hops, healed, found } = measuresOf(WORKLOAD, 10, SAMPLES);
  assert.deepEqual(wrong?.counted, { events: 1, of: 1_000 });
  assert.equal(hops?.value, 3);
  assert.deepEqual([healed?.value, healed?.low, healed?.high], [61, 20, 61]);
  assert.deepEqual([found?.value, found?.seeds], [5, 1]);
});

test('what did not come to pass in one seed is missed, whatever the others say', () => {
  const { healed } = measuresOf(WORKLOAD, 10, [
    { seed: 1, figures: { healed: 1 } },
    { seed: 2, figures: { healed: null } },
  ]);
  assert.ok(healed && WORKLOAD.measures.healed);
  assert.equal(healed.value, null);
  assert.equal(verdictOf(WORKLOAD.measures.healed, 10, healed), 'missed');
});

test('a verdict is sure only where the bound meets the demand too', () => {
  const { measures } = WORKLOAD;
  const verdict = (name: string, nodes: number, summary: { value: number; low: number; high: number }) =>
    verdictOf(measures[name] as Workload['measures'][string], nodes, { ...summary, seeds: 2 });
  assert.equal(verdict('wrong', 10, { value: 0.001, low: 0, high: 0.009 }), 'met');
  assert.equal(verdict('wrong', 10, { value: 0.001, low: 0, high: 0.02 }), 'met, bound not yet');
  assert.equal(verdict('wrong', 10, { value: 0.011, low: 0, high: 0.02 }), 'open');
  assert.equal(verdict('wrong', 10, { value: 0.015, low: 0.011, high: 0.02 }), 'missed');
  assert.equal(verdict('never', 10, { value: 0.001, low: 0, high: 0.02 }), 'missed');
  assert.equal(verdict('never', 10, { value: 0, low: 0, high: 0.3 }), 'met');
  assert.equal(verdict('hops', 10, { value: 3, low: 2.9, high: 3.1 }), 'missed');
  assert.equal(verdict('hops', 100, { value: 2.9, low: 2.8, high: 2.95 }), 'met');
  assert.equal(verdict('hops', 1_000, { value: 3, low: 2.9, high: 3.1 }), null);
  assert.equal(verdict('found', 10, { value: 4, low: 4, high: 9 }), 'missed');
});

test('sizes at which the same share is demanded are added up, with bounds of the sum', () => {
  const at = (events: number, of: number) => ({
    value: events / of,
    low: 0,
    high: 1,
    counted: { events, of },
    seeds: 2,
  });
  const { value, high, counted, seeds } = pooledOver([at(0, 10_000), at(0, 50_000)]);
  assert.deepEqual([value, high, counted, seeds], [0, 5e-5, { events: 0, of: 60_000 }, 4]);
});

test('curves are averaged where all seeds have points', () => {
  const curve = (ys: number[]) => ({ whole: ys.map((y, x) => ({ x, y })) });
  const curves = curvesOf([
    { seed: 1, figures: {}, curves: curve([0, 1, 1]) },
    { seed: 2, figures: {}, curves: curve([1, 1]) },
  ]);
  assert.deepEqual(
    curves.whole?.map(({ x, y }) => [x, y]),
    [
      [0, 0.5],
      [1, 1],
    ],
  );
});

test('a sample is kept by seed, and read again in the order of seeds', () => {
  const root = mkdtempSync(join(tmpdir(), 'anillo-figures-'));
  try {
    const store = new SampleStore(root);
    const sample = { figures: { hops: 1 }, commit: 'abc', date: '2026-01-01', seconds: 1 };
    for (const seed of [10, 9]) store.put('hops', 16, { ...sample, seed });
    assert.ok(store.has('hops', 16, 9) && !store.has('hops', 16, 8) && !store.has('hops', 17, 9));
    assert.deepEqual(
      store.samples('hops', 16).map(({ seed }) => seed),
      [9, 10],
    );
    assert.deepEqual(store.samples('load', 16), []);
  } finally {
    rmSync(root, { recursive: true });
  }
});
