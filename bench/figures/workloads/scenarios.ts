/** The simulator's scenarios as workloads: each of docs/figures/ring.md with random subsets of the fault kinds. */
import { BOOTSTRAP as bootstrap } from '../../../src/simulator/scenarios/bootstrap.ts';
import { CHURN as churn } from '../../../src/simulator/scenarios/churn.ts';
import { FLAPPING as flapping } from '../../../src/simulator/scenarios/flapping.ts';
import { HOSTILE_NETWORK as hostile } from '../../../src/simulator/scenarios/hostile-network.ts';
import { JOIN_STORM as joinStorm } from '../../../src/simulator/scenarios/join-storm.ts';
import { MASS_FAILURE as massFailure } from '../../../src/simulator/scenarios/mass-failure.ts';
import { PARTITION as partition } from '../../../src/simulator/scenarios/partition.ts';
import { ROUND_MS } from '../../../src/simulator/scenarios/rounds.ts';
import { STEADY as steady } from '../../../src/simulator/scenarios/steady.ts';
import { TINY as tiny } from '../../../src/simulator/scenarios/tiny.ts';
import { workloadOf } from '../stage/scenario.ts';
import type { Demand } from '../workload.ts';

const SMALL = [{ nodes: 32, seeds: 2 }];
/** A hundred seeds up to 1,000 nodes, and three of 10,000: about as long at each of the larger sizes, and at the small ones twice. */
const FULL = [
  { nodes: 100, seeds: 90 },
  { nodes: 300, seeds: 8 },
  { nodes: 1_000, seeds: 2 },
  { nodes: 10_000, seeds: 3 },
];
const UP_TO_1000 = FULL.slice(0, 3);

const SLOW_OWNERS =
  'the owner itself confirms, and the keys of slow nodes are more than one in a hundred: their answers are late whatever the way';

const atStormSizes = (demand: Demand) => ({ 1000: demand, 10000: demand });

const FALSE_DEATHS = { name: 'live nodes taken for dead', kind: 'every' } as const;

export const STEADY = workloadOf(steady, {
  title: 'Nobody comes or goes',
  what:
    'A ring that has come to rest, for two minutes, and lookups on it for one more, with mild faults of links and clocks; of 10,000 nodes ' +
    'for 40 and 20 s.',
  reasons: {
    'p99ToMedian:hasSlow': SLOW_OWNERS,
  },
  quick: SMALL,
  full: FULL,
  shown: { messagesPerNodeSecond: { name: 'messages of a node', kind: 'mean', unit: '/s' } },
});

export const JOIN_STORM = workloadOf(joinStorm, {
  title: 'Join storm',
  what:
    'All at one moment join a ring of 17, or of 32 where they are 10,000, each by three of its nodes. A round is 0.2 s. How fast and ' +
    'with how many messages is demanded at these two sizes, of runs without loss and slow nodes.',
  demands: {
    headsTrueMs: { 1000: { atMost: (10 * ROUND_MS) / 1_000 }, 10000: { atMost: (20 * ROUND_MS) / 1_000 } },
    listsAfterHeadsMs: atStormSizes({ atMost: (16 * ROUND_MS) / 1_000 }),
    messagesPerNode: atStormSizes({ atMost: 60 }),
  },
  quick: [{ nodes: 100, seeds: 8 }],
  full: [
    { nodes: 100, seeds: 82 },
    { nodes: 300, seeds: 8 },
    { nodes: 1_000, seeds: 10 },
    { nodes: 10_000, seeds: 3 },
  ],
});

export const CHURN = workloadOf(churn, {
  title: 'Churn',
  what:
    'Nodes join and end, as many as come, at the rate that a mean session of 42 or 10 minutes gives; by a share drawn for each ' +
    'run they leave with a word, crash, or come back under their own identifier. For five minutes; of 10,000 nodes for one. Bytes are ' +
    'measured by `bytes-churn`.',
  quick: SMALL,
  // Of 100, sessions are of minutes, and of them nothing is demanded but that no invariant breaks.
  full: [
    { nodes: 100, seeds: 90 },
    { nodes: 500, seeds: 8 },
    { nodes: 1_000, seeds: 2 },
    { nodes: 10_000, seeds: 3 },
  ],
  without: ['bytesPerNodeSecond'],
  shown: {
    hops: { name: 'hops', kind: 'ratio', per: 'found' },
    messagesPerNodeSecond: { name: 'messages of a node', kind: 'mean', unit: '/s' },
  },
});

export const MASS_FAILURE = workloadOf(massFailure, {
  title: 'Mass failure, faults on',
  what: 'Up to half of the nodes fall silent at once, with duplicated and reordered messages and clocks that drift and jump.',
  quick: SMALL,
  full: FULL,
});

export const FLAPPING = workloadOf(flapping, {
  title: 'Flapping',
  what: 'From 1 to 10 % of the nodes start again every 2 to 10 s under their own identifier, for two minutes.',
  quick: SMALL,
  full: UP_TO_1000,
});

export const PARTITION = workloadOf(partition, {
  title: 'Partition',
  what:
    'The network falls into halves, or into nine tenths and one, and heals, with churn on both sides: for 10 minutes from 500 nodes on, ' +
    'of 10,000 for one, and of fewer for 10 minutes or up to 3.',
  quick: SMALL,
  full: FULL,
});

export const HOSTILE = workloadOf(hostile, {
  title: 'Hostile network',
  what:
    'Everything that a network and its machines can do, in random subsets: up to 5 % loss, duplicates, reordering, 2.3 % of the ' +
    'pairs broken, one-way cuts, crashes, restarts, pauses, slow nodes, clocks that drift by 1 % and jump by an hour.',
  quick: SMALL,
  full: UP_TO_1000,
  shown: { falseDeaths: FALSE_DEATHS, lookupMedianMs: { name: 'lookups, median', kind: 'mean', unit: 'ms' } },
});

export const TINY = workloadOf(tiny, {
  title: 'Tiny rings',
  what: 'Rings of 1, 2, 3 and 5 nodes, up to twelve times one of them off or on again; then a quiet 30 s.',
  quick: [
    { nodes: 2, seeds: 5 },
    { nodes: 3, seeds: 5 },
    { nodes: 5, seeds: 5 },
  ],
  full: [
    { nodes: 1, seeds: 100 },
    { nodes: 2, seeds: 500 },
    { nodes: 3, seeds: 500 },
    { nodes: 5, seeds: 500 },
  ],
});

export const BOOTSTRAP = workloadOf(bootstrap, {
  title: 'Bootstrap',
  what: 'From one node to all of them, one after the other or together.',
  quick: SMALL,
  full: UP_TO_1000,
});
