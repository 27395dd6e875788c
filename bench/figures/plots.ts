/** The pictures of the report, each of what was measured of its workload; none where that was not run. */
import { linePlot, type Point } from './line-plot.ts';
import { numberText } from './number-text.ts';
import type { Summary } from './summary.ts';

export interface Picture {
  readonly file: string;
  /** The workload that it shows. */
  readonly of: string;
  readonly alt: string;
  readonly svg: string;
}

/** Expected hops to the owner, its own call included: half of log2 N to its predecessor (Chord 2003), and one. */
const PAPER_HOPS = (nodes: number): number => 0.5 * Math.log2(nodes);
/**
 * To base b a hop mends one digit, and of b digits one is right by chance; the successor list of r ends the walk where it
 * reaches the key, log_b r digits early. Our derivation (docs/ring.md).
 */
const BASE = 16;
const LIST = 16;
const BASE_16_HOPS = (nodes: number): number =>
  Math.max(0, (1 - 1 / BASE) * (Math.log(nodes / LIST) / Math.log(BASE))) + 1;

export function plots(summaries: readonly Summary[]): Picture[] {
  return [hops(summaries), load(summaries)].filter((picture) => picture !== null);
}

function hops(summaries: readonly Summary[]): Picture | null {
  const own = of(summaries, 'hops');
  if (own.length < 2) return null;
  const sizes = own.map(({ nodes }) => nodes);
  const series = (name: string, measure: string) => ({
    name,
    marked: true,
    points: own.flatMap(({ nodes, measures }) => pointOf(nodes, measures[measure])),
  });
  const theory = (name: string, hopsAt: (nodes: number) => number) => ({
    name,
    kind: 'theory' as const,
    points: between(sizes).map((nodes) => ({ x: nodes, y: hopsAt(nodes) })),
  });
  return {
    file: 'hops.svg',
    of: 'hops',
    alt: 'Mean hops of a lookup against the number of nodes',
    svg: linePlot({
      title: 'Hops from the asker to the owner, on an ideal ring',
      caption: `Mean over seeds of 5,000 lookups each (${seedsBySize(own)}); bounds are 95 %, mostly smaller than their marks. Broken lines are theory: the paper counts the calls before the owner's.`,
      x: { label: 'nodes', log: true },
      y: { label: 'mean hops', from: 0 },
      series: [
        series('base 16 with successor list (ours)', 'base16'),
        series("base 2, no list (the paper's)", 'paper'),
        theory('1 + 15/16 · log₁₆(N/16)', BASE_16_HOPS),
        theory('½ log₂ N', PAPER_HOPS),
      ],
    }),
  };
}

function load(summaries: readonly Summary[]): Picture | null {
  const own = of(summaries, 'load').at(-1);
  if (own === undefined) return null;
  const { nodes, seeds, curves } = own;
  const points = curves.with1 ?? [];
  return {
    file: 'load.svg',
    of: 'load',
    alt: 'Keys of a node over the mean, by share of the nodes',
    svg: linePlot({
      title: 'How evenly keys fall to nodes',
      caption: `${numberText(nodes)} nodes, 100 keys a node in the mean, ${seeds.length} seeds; bands are 95 % bounds of the mean over seeds. At share s, that share of the nodes has fewer keys. Broken: gaps between random points are distributed exponentially, −ln(1 − s).`,
      x: { label: 'share of the nodes, from the least loaded', from: 0, to: 1 },
      y: { label: 'keys of the node / mean', from: 0 },
      series: [
        { name: '1 point a node', points },
        { name: '16 points a node', points: curves.with16 ?? [] },
        {
          name: 'exponential gaps, 1 point',
          kind: 'theory',
          points: points.map(({ x }) => ({ x, y: -Math.log(1 - x) })),
        },
      ],
    }),
  };
}

function of(summaries: readonly Summary[], workload: string): Summary[] {
  return summaries.filter((each) => each.workload === workload).sort((a, b) => a.nodes - b.nodes);
}

function pointOf(x: number, found: Summary['measures'][string] | undefined): Point[] {
  if (found === undefined) return [];
  const { value, low, high } = found;
  return [low === null || high === null ? { x, y: value } : { x, y: value, low, high }];
}

/** Sizes evenly apart on a logarithmic axis. */
function between(sizes: readonly number[]): number[] {
  const [low, high] = [Math.min(...sizes), Math.max(...sizes)];
  return Array.from({ length: 25 }, (_, i) => low * (high / low) ** (i / 24));
}

function seedsBySize(summaries: readonly Summary[]): string {
  return summaries.map(({ nodes, seeds }) => `${seeds.length} at ${numberText(nodes)}`).join(', ');
}
