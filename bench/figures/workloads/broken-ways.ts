/** Pairs that cannot reach each other, or only one way, while others reach both (Freedman et al. 2005). */
import { watchedRing } from '../stage/onlooker.ts';
import type { Sample, Workload } from '../workload.ts';

const BROKEN_PAIRS = 0.023;
const ONE_WAY_CUTS_PER_NODE = 0.25;
const LASTS_MS = 180_000;
const LOOKUPS_PER_SECOND = 20;

export const BROKEN_WAYS: Workload = {
  title: 'Broken and one-way links',
  what:
    '2.3 % of the pairs cannot reach each other, and a quarter as many ways as there are nodes are cut in one direction; all through ' +
    'three minutes of lookups. Everybody is reached by others.',
  measures: {
    wrong: { name: 'wrong owners', kind: 'share', demand: { atMost: 1e-4 } },
    failed: { name: 'lookups that fail', kind: 'share' },
    evictions: { name: 'live nodes taken out of lists as dead', kind: 'every', demand: { atMost: 0 } },
    falseDeaths: { name: 'live nodes taken for dead by anybody', kind: 'every' },
  },
  quick: [{ nodes: 64, seeds: 3 }],
  full: [
    { nodes: 100, seeds: 90 },
    { nodes: 300, seeds: 8 },
    { nodes: 1_000, seeds: 2 },
  ],
  run: (seed, count): Sample => {
    const { world, nodes, onlooker } = watchedRing(count, { seed });
    const { load, members, inspector } = onlooker;
    const any = (): string =>
      (nodes[Math.floor(world.random() * count)] as (typeof nodes)[0]).contact.address;
    world.network.breakPairs(BROKEN_PAIRS);
    for (let i = 0; i < count * ONE_WAY_CUTS_PER_NODE; i++) world.network.cut(any(), any());
    load.ask(LOOKUPS_PER_SECOND, members);
    world.run(LASTS_MS);
    load.ask(0, members);
    world.run(5_500);
    const { asked, failed, wrong } = load.counts;
    return {
      figures: {
        wrong: { events: wrong, of: asked },
        failed: { events: failed, of: asked },
        evictions: onlooker.evictions,
        falseDeaths: inspector.falseDeaths,
      },
    };
  },
};
