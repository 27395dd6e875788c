import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { documents, type Report, seedList } from './documents.ts';
import { partsOfTheRing } from './long-tier.ts';
import { curvesOf, measuresOf } from './summary.ts';
import { WORKLOADS } from './workloads.ts';

const FOLDER = fileURLToPath(new URL('../../docs/figures', import.meta.url));
/** Two that end within moments; the others have tests of their own where they stand. */
const SMOKE = { hops: 64, load: 64 };

test('what stands in docs/figures is what docs/figures/ring.json gives', () => {
  const report = JSON.parse(readFileSync(join(FOLDER, 'ring.json'), 'utf8')) as Report;
  for (const [file, content] of documents(report)) {
    const isFresh = readFileSync(join(FOLDER, file), 'utf8') === content;
    assert.ok(isFresh, `${file} is old: node bench/figures/run.ts --document`);
  }
});

test('a workload gives every figure that it names, the same for the same seed, and a page is made of it', async () => {
  const summaries = [];
  for (const [name, nodes] of Object.entries(SMOKE)) {
    const workload = WORKLOADS[name];
    assert.ok(workload);
    const sample = { seed: 7, ...(await workload.run(7, nodes)) };
    assert.deepEqual(Object.keys(sample.figures).sort(), Object.keys(workload.measures).sort());
    assert.deepEqual({ seed: 7, ...(await workload.run(7, nodes)) }, sample);
    summaries.push({
      workload: name,
      nodes,
      seeds: [7],
      commit: 'abc1234',
      date: '2026-01-01',
      seconds: 1,
      measures: measuresOf(workload, nodes, [sample]),
      curves: curvesOf([sample]),
      broken: [],
    });
  }
  const files = documents({ machine: 'a machine', summaries, elsewhere: [] });
  const page = files.get('ring.md') ?? '';
  assert.match(page, /wrong owners or none .*≤ 0 % *\| 0 % .*\| met/);
  assert.match(page, /Seeds 7 on 2026-01-01 at commit `abc1234`/);
  assert.match(files.get('load.svg') ?? '', /64 nodes/);
  for (const content of files.values()) assert.doesNotMatch(content, /NaN|undefined|Infinity/);
});

test('what was not run is said to be so', () => {
  const page = documents({ machine: 'a machine', summaries: [], elsewhere: [] }).get('ring.md') ?? '';
  assert.equal([...page.matchAll(/\*\*not run\*\*/g)].length, Object.keys(WORKLOADS).length);
});

test("the long tier's parts about the ring are taken from its page", () => {
  const page = readFileSync(join(FOLDER, 'long-tier.md'), 'utf8');
  const lookup = partsOfTheRing(page).find(({ name }) => name === 'lookup');
  assert.ok(lookup);
  assert.match(lookup.claim, /^warm lookups on a ring of 32 processes/);
  assert.match(lookup.run, /^Run on .* seed \d+\.$/);
  assert.ok(lookup.figures.some(([figure, value]) => figure === 'p50Ms' && Number(value) > 0));
});

test('seeds are listed as runs', () => {
  assert.equal(seedList([1, 2, 3, 5, 7, 8]), '1 to 3, 5, 7 to 8');
});
