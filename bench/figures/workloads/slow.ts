/** Nodes that are slow, and processes that stand still: who waits for them, and who is thrown out of the ring. */
import { sample } from '../../../src/simulator/random.ts';
import type { SimulatedNode } from '../../../src/simulator/simulated-node.ts';
import { watchedRing } from '../stage/onlooker.ts';
import type { Sample, Workload } from '../workload.ts';

const SLOW_SHARE = 0.05;
const SLOWNESS = 10;
const PAUSE_MS = 5_000;
const PAUSE_EVERY_MS = 10_000;
const SHORT_PAUSE_MAX_MS = 2_900;
const PART_MS = 120_000;
const LOOKUPS_PER_SECOND = 20;

export const SLOW: Workload = {
  title: 'Slow nodes and pauses',
  what:
    '5 % of the nodes need ten times as long for everything, and every 10 s another stands still for 5 s; lookups all the while. ' +
    'Then pauses of up to 2.9 s, one every 2 s: nobody may be declared dead.',
  measures: {
    ratio: { name: 'lookups, p99 over median', kind: 'mean', demand: { atMost: 3 } },
    failed: { name: 'lookups that fail', kind: 'share' },
    evictions: { name: 'taken out of lists in a pause below 3 s', kind: 'every', demand: { atMost: 0 } },
  },
  quick: [{ nodes: 64, seeds: 2 }],
  full: [
    { nodes: 100, seeds: 90 },
    { nodes: 300, seeds: 8 },
    { nodes: 1_000, seeds: 2 },
  ],
  reasons: {
    ratio:
      'the owner itself confirms every answer, and 5 % of the keys belong to nodes whose every message takes ten times as long: ' +
      'more than one lookup in a hundred waits for one of these, whatever the way there',
  },
  run: (seed, count): Sample => {
    const { world, nodes, onlooker } = watchedRing(count, { seed });
    const { load, members } = onlooker;
    let last: SimulatedNode | undefined;
    // Another each time: two pauses on end are one long one.
    const pauseOne = (forMs: number): void => {
      const others = members().filter((each) => each !== last);
      const [node] = sample(world.random, others, 1);
      last = node;
      node?.pause();
      world.at(world.schedule.now + forMs, () => node?.resume());
    };
    const slow = sample(world.random, nodes, Math.ceil(SLOW_SHARE * count));
    for (const node of slow) node.slowDown(SLOWNESS);
    load.ask(LOOKUPS_PER_SECOND, members);
    for (let ms = 0; ms < PART_MS; ms += PAUSE_EVERY_MS) {
      pauseOne(PAUSE_MS);
      world.run(PAUSE_EVERY_MS);
    }
    load.ask(0, members);
    for (const node of slow) node.slowDown(1);
    world.run(30_000);
    const before = onlooker.evictions;
    for (let ms = 0; ms < PART_MS; ms += 2_000) {
      pauseOne(world.random() * SHORT_PAUSE_MAX_MS);
      world.run(2_000);
    }
    const { asked, failed } = load.counts;
    return {
      figures: {
        ratio: load.ratioOfP99(),
        failed: { events: failed, of: asked },
        evictions: onlooker.evictions - before,
      },
    };
  },
};
