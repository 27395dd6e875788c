/** Hops on an ideal ring by size, in our settings and the paper's. */

import { randomIdentifier } from '../../../src/simulator/random.ts';
import { measureHops, SETTINGS } from '../../hops.ts';
import { ringAtRest } from '../stage/rest.ts';
import type { Sample, Workload } from '../workload.ts';

const LOOKUPS = 5_000;

/** A routing table holds so many. */
const TABLE_MAX = 10_000;
const ANSWERED_MS = 5_000;

/** The figure of each setting that is measured; settings as `bench/hops.ts` names them. */
const MEASURED: Readonly<Record<string, string>> = {
  base16: 'base 16',
  base4: 'base 4',
  base2: 'base 2',
  paper: 'base 2, no list (paper)',
};

export const HOPS: Workload = {
  title: 'Ideal ring, hops',
  what:
    'Lookups of random keys by random nodes on a ring at rest, without routing table and location cache; hops are calls ' +
    'from the asker to the owner, inclusive.',
  measures: {
    base16: {
      name: 'hops, fingers to base 16 (ours)',
      kind: 'mean',
      demand: { 1000: { atMost: 2.8 }, 10000: { atMost: 3.6 }, 100000: { atMost: 4.3 } },
    },
    base4: { name: 'hops, base 4', kind: 'mean' },
    base2: { name: 'hops, base 2', kind: 'mean' },
    paper: { name: "hops, base 2 without lists (the paper's)", kind: 'mean' },
    table: {
      name: 'hops with a routing table of all nodes',
      kind: 'mean',
      demand: { 100: { atMost: 1 }, 1000: { atMost: 1 }, 10000: { atMost: 1 } },
    },
    base16P99: { name: 'hops at p99, base 16', kind: 'every' },
    entries: { name: 'contacts a node goes by, base 16', kind: 'mean' },
    wrong: { name: 'wrong owners or none', kind: 'share', demand: { atMost: 0 } },
  },
  quick: [
    { nodes: 100, seeds: 2 },
    { nodes: 1_000, seeds: 2 },
    { nodes: 10_000, seeds: 1 },
  ],
  full: [
    { nodes: 100, seeds: 60 },
    { nodes: 1_000, seeds: 40 },
    { nodes: 10_000, seeds: 3 },
    { nodes: 100_000, seeds: 3 },
  ],
  run: (seed, nodes): Sample => {
    const figures: Record<string, number | { events: number; of: number }> = {};
    let [events, of] = [0, 0];
    for (const [name, settingName] of Object.entries(MEASURED)) {
      const setting = SETTINGS.find((each) => each.name === settingName);
      if (setting === undefined) throw new Error(`bench/hops.ts knows no setting ${settingName}`);
      const { mean, p99, entries, lookups, wrongOwners, failed } = measureHops(nodes, setting, LOOKUPS, seed);
      figures[name] = mean;
      if (name === 'base16') Object.assign(figures, { base16P99: p99, entries });
      events += wrongOwners + failed;
      of += lookups;
    }
    if (nodes <= TABLE_MAX) {
      const table = withTable(seed, nodes);
      figures.table = table.mean;
      events += table.wrong;
      of += LOOKUPS;
    }
    return { figures: { ...figures, wrong: { events, of } } };
  },
};

/** Each node knows every other: asked all at once, on a ring in motion. */
function withTable(seed: number, count: number): { readonly mean: number; readonly wrong: number } {
  const { world, nodes } = ringAtRest(count, { seed, settledMs: 1_000 });
  const ids = nodes.map(({ contact }) => contact.id).sort();
  const asked = Array.from({ length: LOOKUPS }, () => {
    const node = nodes[Math.floor(world.random() * count)] as (typeof nodes)[0];
    const key = randomIdentifier(world.random);
    const owner = ids.find((id) => id >= key) ?? ids[0];
    return { node, owner, lookupId: node.lookup(key, ANSWERED_MS) };
  });
  world.run(ANSWERED_MS);
  let [hops, wrong] = [0, 0];
  for (const { node, owner, lookupId } of asked) {
    const result = node.results.get(lookupId);
    hops += result?.hops ?? 0;
    if (result?.owner?.id !== owner) wrong++;
  }
  return { mean: hops / LOOKUPS, wrong };
}
