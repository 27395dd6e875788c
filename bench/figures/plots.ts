/** The pictures of the report, each of what was measured of its workload; none where that was not run. */
import { DEFAULT_PARAMETERS } from '../../src/ring/parameters.ts';
import { barPlot } from './bar-plot.ts';
import { linePlot, type Point } from './line-plot.ts';
import { numberText, shareText } from './number-text.ts';
import type { Summary } from './summary.ts';
import { demandOf, type Measure, type Workload } from './workload.ts';
import { RATES } from './workloads/churn-rates.ts';
import { WORKLOADS } from './workloads.ts';

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
const { fingerBase: BASE, successorCount: LIST } = DEFAULT_PARAMETERS;
const BASE_16_HOPS = (nodes: number): number =>
  Math.max(0, (1 - 1 / BASE) * (Math.log(nodes / LIST) / Math.log(BASE))) + 1;

export function plots(summaries: readonly Summary[]): Picture[] {
  const all = [hops, load, recovery, wrongUnderChurn, timeoutsUnderChurn, bytes];
  return all.map((draw) => draw(summaries)).filter((picture) => picture !== null);
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
        theory(`1 + 15/16 · log₁₆(N/${LIST})`, BASE_16_HOPS),
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

function recovery(summaries: readonly Summary[]): Picture | null {
  const own = of(summaries, 'recovery').at(-1);
  if (own === undefined) return null;
  const { nodes, seeds, curves } = own;
  return {
    file: 'recovery.svg',
    of: 'recovery',
    alt: 'What is right again after half of the nodes died, against time',
    svg: linePlot({
      title: `Half of ${numberText(nodes)} nodes fall silent at once`,
      caption: `${seedCount(seeds)}; bands are 95 % bounds of the mean over seeds. Of the survivors: the share whose head, and whose whole list, is right. Of lookups: the share of those asked at that moment that end with the right owner within 5 s, too short for some of the keys whose owners died.`,
      x: { label: 'seconds after the failure', from: 0 },
      y: { label: 'share', from: 0, to: 1, text: shareText },
      series: [
        { name: 'lookups that succeed', points: curves.lookups ?? [] },
        { name: 'heads right', points: curves.heads ?? [] },
        { name: 'whole lists right', points: curves.lists ?? [] },
      ],
    }),
  };
}

function wrongUnderChurn(summaries: readonly Summary[]): Picture | null {
  const own = of(summaries, 'churn-rates').at(-1);
  if (own === undefined) return null;
  const lookups = own.measures['wrong@0.4']?.counted?.of ?? 0;
  return {
    file: 'churn-wrong.svg',
    of: 'churn-rates',
    alt: 'Wrong owners and failed lookups against the rate of churn',
    svg: linePlot({
      title: `Wrong owners and failed lookups under churn, ${numberText(own.nodes)} nodes`,
      caption: `${seedCount(own.seeds)}, ${numberText(lookups)} lookups at each rate; bounds are 95 % (Wilson, 3/n where none was seen). What was never seen stands at the lower edge, its bound above it. The paper's: failures of 10,000 lookups, ToN 2003, table III, from memory.`,
      x: { label: RATE_LABEL, log: true },
      y: { label: 'share of lookups', log: true, from: 1e-5, to: 1e-2, text: shareText },
      series: [
        { name: 'wrong owners', marked: true, points: byRate(own, 'wrong') },
        { name: 'failed', marked: true, points: byRate(own, 'failed') },
        { name: "the paper's, stabilising every 30 s", kind: 'theory', points: paper('failures') },
      ],
    }),
  };
}

function timeoutsUnderChurn(summaries: readonly Summary[]): Picture | null {
  const own = of(summaries, 'churn-rates').at(-1);
  if (own === undefined) return null;
  return {
    file: 'churn-timeouts.svg',
    of: 'churn-rates',
    alt: 'Time-outs of a lookup against the rate of churn',
    svg: linePlot({
      title: `Time-outs of a lookup under churn, ${numberText(own.nodes)} nodes`,
      caption: `${seedCount(own.seeds)}; bounds are 95 % over seeds. A time-out is a call of a lookup to a node that is gone. The paper's: ToN 2003, table III, from memory.`,
      x: { label: RATE_LABEL, log: true },
      y: { label: 'time-outs a lookup', from: 0 },
      series: [
        { name: 'measured', marked: true, points: byRate(own, 'timeouts') },
        { name: "the paper's, stabilising every 30 s", kind: 'theory', points: paper('timeouts') },
      ],
    }),
  };
}

function bytes(summaries: readonly Summary[]): Picture | null {
  const own = of(summaries, 'bytes');
  if (own.length === 0) return null;
  const { measures } = WORKLOADS.bytes as Workload;
  const bars = (measure: string) =>
    own.map(({ nodes, measures: found }) => {
      const bar = found[measure];
      if (bar === undefined || bar.value === null) return null;
      const demand = demandOf(measures[measure] as Measure, nodes);
      return {
        value: bar.value,
        ...(bar.low === null || bar.high === null ? {} : { low: bar.low, high: bar.high }),
        ...(demand !== null && 'atMost' in demand ? { demand: demand.atMost } : {}),
      };
    });
  return {
    file: 'bytes.svg',
    of: 'bytes',
    alt: 'Bytes a second of a node at rest, by the number of nodes',
    svg: barPlot({
      title: 'What the ring costs a node at rest',
      caption: `Protobuf bodies, sent and received, liveness probes included; mean over nodes and seeds (${seedsBySize(own)}), two minutes each; bounds are 95 % over seeds.`,
      y: { label: 'bytes a second' },
      below: 'nodes',
      groups: own.map(({ nodes }) => numberText(nodes)),
      series: [
        { name: 'with a routing table of all nodes', bars: bars('withTable') },
        { name: 'without', bars: bars('withoutTable') },
      ],
    }),
  };
}

const RATE_LABEL = 'joins a second, and as many failures, in a ring of 1,000';
/** ToN 2003, table III: joins and as many leaves a second, time-outs a lookup, failures of 10,000 lookups. */
const PAPER_CHURN = [
  { rate: 0.05, timeouts: 0.05, failures: 0 },
  { rate: 0.1, timeouts: 0.11, failures: 0 },
  { rate: 0.15, timeouts: 0.16, failures: 2e-4 },
  { rate: 0.2, timeouts: 0.23, failures: 5e-4 },
  { rate: 0.25, timeouts: 0.3, failures: 6e-4 },
  { rate: 0.3, timeouts: 0.34, failures: 8e-4 },
  { rate: 0.35, timeouts: 0.42, failures: 16e-4 },
  { rate: 0.4, timeouts: 0.46, failures: 15e-4 },
];

function paper(figure: 'timeouts' | 'failures'): Point[] {
  return PAPER_CHURN.map((row) => ({ x: row.rate, y: row[figure] }));
}

function byRate({ measures }: Summary, figure: string): Point[] {
  return RATES.filter((rate) => rate > 0).flatMap((rate) => pointOf(rate, measures[`${figure}@${rate}`]));
}

function of(summaries: readonly Summary[], workload: string): Summary[] {
  return summaries.filter((each) => each.workload === workload).sort((a, b) => a.nodes - b.nodes);
}

function pointOf(x: number, found: Summary['measures'][string] | undefined): Point[] {
  if (found === undefined || found.value === null) return [];
  const { value, low, high } = found;
  return [low === null || high === null ? { x, y: value } : { x, y: value, low, high }];
}

/** Sizes evenly apart on a logarithmic axis. */
function between(sizes: readonly number[]): number[] {
  const [low, high] = [Math.min(...sizes), Math.max(...sizes)];
  return Array.from({ length: 25 }, (_, i) => low * (high / low) ** (i / 24));
}

function seedCount(seeds: readonly number[]): string {
  return seeds.length === 1 ? 'One seed' : `${numberText(seeds.length)} seeds`;
}

function seedsBySize(summaries: readonly Summary[]): string {
  return summaries.map(({ nodes, seeds }) => `${seeds.length} at ${numberText(nodes)}`).join(', ');
}
