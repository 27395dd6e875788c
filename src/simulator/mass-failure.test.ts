/** Half of all nodes fall silent at the same moment (docs/ring.md, Operations). A round is 0.2 s. */
import assert from 'node:assert/strict';
import { DEFAULT_PARAMETERS } from '../ring/parameters.ts';
import { headsAreTrue, isIdeal } from './live-ring.ts';
import { sample } from './random.ts';
import { knowEverybody } from './static-ring.ts';
import { assertTrueOwners, eventually, story } from './story.ts';
import { World } from './world.ts';

const FILE = 'src/simulator/mass-failure.test.ts';
const ROUND_MS = 200;
const REJOINED_MS = 30_000;
const { probeIntervalMs, timeoutMinMs, deathMs } = DEFAULT_PARAMETERS;
/** A silence is noticed at the next probe, and is a death after deathMs. */
const DETECTION_MS = probeIntervalMs + timeoutMinMs + deathMs;

story(
  'half of 300 crash at once: heads are right 2 rounds after detection, lists 5 rounds after it',
  FILE,
  (seed) => {
    const world = new World({ seed, traces: false });
    // Member lists are full: most of those that others list behind the own list were never met.
    const nodes = world.staticRing(300, { runs: true, met: 400 });
    world.run(20_000);
    for (const node of sample(world.random, nodes, 150)) world.crash(node);
    const headsMs = eventually(world, headsAreTrue, DETECTION_MS + 2 * ROUND_MS);
    eventually(world, isIdeal, DETECTION_MS + 5 * ROUND_MS - headsMs);
    assertTrueOwners(world, 100);
  },
);

story('one that loses its whole list is back soon, and costs nobody else a place', FILE, (seed) => {
  const successorCount = 6;
  const world = new World({ seed, parameters: { ...DEFAULT_PARAMETERS, successorCount } });
  const nodes = world.staticRing(100, { runs: true, met: 100 });
  world.run(10_000);
  for (const node of nodes.slice(50, 50 + successorCount)) world.crash(node);
  eventually(world, isIdeal, REJOINED_MS);
  const orphans = nodes.filter(({ events }) => events.some(({ type }) => type === 'orphaned'));
  assert.deepEqual(orphans, [nodes[49]]);
});

story('the dead that routing tables still hold keep no lookup from an owner that lives', FILE, (seed) => {
  const parameters = { ...DEFAULT_PARAMETERS, membersMax: 48 };
  const world = new World({ seed, parameters, traces: false });
  const nodes = world.staticRing(300, { runs: true, met: 100, furnish: knowEverybody });
  world.run(5_000);
  for (const node of sample(world.random, nodes, 150)) world.crash(node);
  world.run(10_000);
  assertTrueOwners(world, 400);
});

story('a pause shorter than a death evicts nobody', FILE, (seed) => {
  const world = new World({ seed });
  const nodes = world.staticRing(24, { runs: true });
  world.run(10_000);
  const paused = sample(world.random, nodes, 6);
  for (const node of paused) node.pause();
  world.run(deathMs - 50);
  for (const node of paused) node.resume();
  world.run(5_000);
  const told = nodes.flatMap(({ events }) => events).map(({ type }) => type);
  assert.ok(!told.includes('dead') && !told.includes('neighboursChanged'), `${[...new Set(told)]}`);
  assert.equal(isIdeal(world.live()), null);
});

story('one that falls silent is out of every list within its detection and two rounds', FILE, (seed) => {
  const world = new World({ seed });
  const nodes = world.staticRing(24, { runs: true });
  world.run(10_000);
  const [dead] = sample(world.random, nodes, 1);
  assert.ok(dead);
  world.crash(dead);
  eventually(world, headsAreTrue, DETECTION_MS + 2 * ROUND_MS);
});
