/** What the seeds of one workload at one size say together, and whether that is what was demanded. */
import type { Point } from './line-plot.ts';
import { meanBounds, meanOf, ratioBounds } from './mean.ts';
import { type Bounds, pooled, type Share, shareBounds } from './proportion.ts';
import { type Demand, demandOf, type Figure, type Measure, type Sample, type Workload } from './workload.ts';

export interface MeasureSummary {
  /** Null: in a seed it did not come to pass. */
  readonly value: number | null;
  /** 95 % bounds; of an `every` the least and the most. Null where there are none. */
  readonly low: number | null;
  readonly high: number | null;
  /** Of a share: what was counted. */
  readonly counted?: Share;
  /** Seeds in it. */
  readonly seeds: number;
}

export interface Summary {
  readonly workload: string;
  readonly nodes: number;
  readonly seeds: readonly number[];
  readonly commit: string;
  readonly date: string;
  /** Of one core, for all seeds. */
  readonly seconds: number;
  readonly measures: { readonly [name: string]: MeasureSummary };
  readonly curves: { readonly [name: string]: readonly Point[] };
  /** The first few, each with its seed. */
  readonly broken: readonly string[];
}

/** `open`: the figure misses the demand and its bounds hold it, so that the sample shows neither. */
export type Verdict = 'met' | 'met, bound not yet' | 'open' | 'missed';

const BROKEN_SHOWN = 5;
const SIGNIFICANT = 6;

export interface SeededSample extends Sample {
  readonly seed: number;
}

export function measuresOf(
  workload: Workload,
  nodes: number,
  samples: readonly SeededSample[],
): Record<string, MeasureSummary> {
  const measures: Record<string, MeasureSummary> = {};
  for (const [name, measure] of Object.entries(workload.measures)) {
    const taken = samples.map(({ figures }) => figures[name]).filter((figure) => figure !== undefined);
    if (taken.length > 0) measures[name] = summed(measure, demandOf(measure, nodes), taken);
  }
  return measures;
}

function summed({ kind }: Measure, demand: Demand | null, taken: readonly Figure[]): MeasureSummary {
  const seeds = taken.length;
  if (kind === 'share') {
    const counted = pooled(taken as readonly Share[]);
    const value = counted.of === 0 ? 0 : counted.events / counted.of;
    return { value, ...shareBounds(counted), counted, seeds };
  }
  if (kind === 'ratio') {
    const counted = pooled(taken as readonly Share[]);
    if (counted.of === 0) return { value: null, low: null, high: null, seeds };
    const bounds = boundsOf(ratioBounds(taken as readonly Share[]));
    return { value: short(counted.events / counted.of), ...bounds, counted, seeds };
  }
  if (taken.includes(null)) return { value: null, low: null, high: null, seeds };
  const values = taken as readonly number[];
  if (kind === 'mean') return { value: short(meanOf(values)), ...boundsOf(meanBounds(values)), seeds };
  const [least, most] = [short(Math.min(...values)), short(Math.max(...values))];
  const asksForLeast = demand !== null && 'atLeast' in demand;
  return { value: asksForLeast ? least : most, low: least, high: most, seeds };
}

/** Mean over the seeds at each x, with Student's bounds. */
export function curvesOf(samples: readonly SeededSample[]): Record<string, Point[]> {
  const curves: Record<string, Point[]> = {};
  const names = new Set(samples.flatMap((sample) => Object.keys(sample.curves ?? {})));
  for (const name of names) {
    const all = samples.map((sample) => sample.curves?.[name] ?? []).filter((points) => points.length > 0);
    const length = Math.min(...all.map((points) => points.length));
    curves[name] = Array.from({ length }, (_, i) => meanPoint(all.map((points) => points[i] as Point)));
  }
  return curves;
}

function meanPoint(points: readonly Point[]): Point {
  const ys = points.map(({ y }) => y);
  const x = points[0]?.x ?? 0;
  const { low, high } = meanBounds(ys);
  if (!Number.isFinite(low)) return { x, y: short(meanOf(ys)) };
  return { x, y: short(meanOf(ys)), low: short(low), high: short(high) };
}

export function brokenOf(samples: readonly SeededSample[]): string[] {
  return samples
    .flatMap(({ seed, broken = [] }) => broken.map((each) => `seed ${seed}: ${each}`))
    .slice(0, BROKEN_SHOWN);
}

/** The events of one share or ratio at several sizes, added up; of each size by its bounds alone otherwise. */
export function pooledOver(summaries: readonly MeasureSummary[]): MeasureSummary {
  const counted = pooled(summaries.map((each) => each.counted ?? { events: 0, of: 0 }));
  const seeds = summaries.reduce((sum, each) => sum + each.seeds, 0);
  const value = counted.of === 0 ? 0 : counted.events / counted.of;
  return { value, ...shareBounds(counted), counted, seeds };
}

/** Null where nothing is demanded. A share or a mean is sure only when its bound meets the demand too, or misses it. */
export function verdictOf(measure: Measure, nodes: number, summary: MeasureSummary): Verdict | null {
  const demand = demandOf(measure, nodes);
  if (demand === null) return null;
  if (summary.value === null) return 'missed';
  const isMet = meets(demand, summary.value);
  // None was demanded and none was seen: more samples narrow the bound and never close it.
  if (measure.kind === 'every' || ('atMost' in demand && demand.atMost === 0))
    return isMet ? 'met' : 'missed';
  const [better, worse] = 'atMost' in demand ? [summary.low, summary.high] : [summary.high, summary.low];
  if (isMet) return worse !== null && meets(demand, worse) ? 'met' : 'met, bound not yet';
  return better !== null && meets(demand, better) ? 'open' : 'missed';
}

function meets(demand: Demand, value: number): boolean {
  return 'atMost' in demand ? value <= demand.atMost : value >= demand.atLeast;
}

function boundsOf({ low, high }: Bounds): { low: number | null; high: number | null } {
  return Number.isFinite(low) ? { low: short(low), high: short(high) } : { low: null, high: null };
}

/** So that a committed file changes only where a figure does. */
function short(value: number): number {
  return Number(value.toPrecision(SIGNIFICANT));
}
