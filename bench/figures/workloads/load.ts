/** How evenly keys fall to nodes (SIGCOMM 2001, figures 8 and 9): a node owns the keys in (predecessor, self]. */
import { randomIdentifier, seededRandom } from '../../../src/simulator/random.ts';
import type { Point } from '../line-plot.ts';
import type { Sample, Workload } from '../workload.ts';

const KEYS_PER_NODE = 100;
/** 64 bits tell these apart and order them as all 256 would. */
const DIGITS = 16;
const VIRTUAL_NODES = [1, 16];
/** Shares of the nodes at which the spread is drawn. */
const SHARES = [0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999];

/** Keys of each node over the mean, from the least. */
export function spread(seed: number, nodes: number, virtualNodes: number): number[] {
  const random = seededRandom(seed);
  const points = Array.from({ length: nodes * virtualNodes }, (_, i) => ({
    id: randomIdentifier(random, DIGITS),
    node: i % nodes,
  })).sort((a, b) => (a.id < b.id ? -1 : 1));
  const keys = Array.from({ length: nodes * KEYS_PER_NODE }, () => randomIdentifier(random, DIGITS)).sort();
  const loads = new Array<number>(nodes).fill(0);
  let at = 0;
  for (const key of keys) {
    while (at < points.length && (points[at]?.id ?? '') < key) at++;
    const owner = (points[at % points.length] as (typeof points)[0]).node;
    loads[owner] = (loads[owner] as number) + 1 / KEYS_PER_NODE;
  }
  return loads.sort((a, b) => a - b);
}

/**
 * The mean that theory gives for the node at `share` of them all, over the mean of all, with one point a node. Gaps between
 * random points are distributed as exponentials over their sum: the k-th of n has H(n) - H(n-k) in the mean (Rényi 1953);
 * keys thrown between them make that geometric, which a whole number below an exponential is.
 */
export function expectedLoad(nodes: number, share: number): number {
  const rank = Math.min(nodes, Math.floor(share * nodes) + 1);
  let gap = 0;
  for (let i = nodes - rank + 1; i <= nodes; i++) gap += 1 / i;
  const rate = Math.log(1 + 1 / KEYS_PER_NODE);
  return (gap / rate - 0.5) / KEYS_PER_NODE;
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
}

export const LOAD: Workload = {
  title: 'Ideal ring, load',
  what:
    `Random keys, ${KEYS_PER_NODE} a node in the mean, on nodes at random points, 1 and 16 points each; keys of a node over the mean. ` +
    `Theory gives ${expectedLoad(1_000, 0.99).toFixed(2)} for p99 of 1,000 nodes with 1 point, and ` +
    `${expectedLoad(10_000, 0.99).toFixed(2)} of 10,000; one seed of 1,000 varies around that by 0.32 (standard deviation).`,
  measures: {
    p1With1: { name: 'p1, 1 point', kind: 'mean' },
    p50With1: { name: 'p50, 1 point', kind: 'mean' },
    p99With1: {
      name: 'p99, 1 point',
      kind: 'mean',
      demand: { 1000: { atMost: 4.8 }, 10000: { atMost: 4.8 } },
    },
    maxWith1: { name: 'most, 1 point', kind: 'mean' },
    p1With16: { name: 'p1, 16 points', kind: 'mean' },
    p50With16: { name: 'p50, 16 points', kind: 'mean' },
    p99With16: {
      name: 'p99, 16 points',
      kind: 'mean',
      demand: { 1000: { atMost: 1.9 }, 10000: { atMost: 1.9 } },
    },
    maxWith16: { name: 'most, 16 points', kind: 'mean' },
  },
  quick: [{ nodes: 1_000, seeds: 5 }],
  full: [
    { nodes: 1_000, seeds: 100 },
    { nodes: 10_000, seeds: 10 },
  ],
  run: (seed, nodes): Sample => {
    const figures: Record<string, number> = {};
    const curves: Record<string, Point[]> = {};
    for (const count of VIRTUAL_NODES) {
      const sorted = spread(seed, nodes, count);
      figures[`p1With${count}`] = at(sorted, 0.01);
      figures[`p50With${count}`] = at(sorted, 0.5);
      figures[`p99With${count}`] = at(sorted, 0.99);
      figures[`maxWith${count}`] = sorted.at(-1) as number;
      curves[`with${count}`] = SHARES.map((share) => ({ x: share, y: at(sorted, share) }));
    }
    return { figures, curves };
  },
};
