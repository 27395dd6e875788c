/**
 * A scenario of the simulator as a workload: a random subset of its fault kinds on, the safety checkers watching, then faults
 * off and convergence within its bound. Its demands become measures; a broken invariant in any run is one more.
 */
import type { Report } from '../../../src/simulator/report.ts';
import { runScenario } from '../../../src/simulator/run.ts';
import type { Scenario, Demand as ScenarioDemand } from '../../../src/simulator/scenario.ts';
import { WIRE_CODEC } from '../../../test/wire-codec.ts';
import type { Figure, Measure, Sample, Workload } from '../workload.ts';

interface Telling {
  readonly title: string;
  readonly what: string;
  readonly quick: Workload['quick'];
  readonly full: Workload['full'];
  readonly reasons?: NonNullable<Workload['reasons']>;
  /** What is demanded at some sizes alone, by the figure of the scenario, instead of its own demand. */
  readonly demands?: { readonly [of: string]: NonNullable<Measure['demand']> };
  /** Figures of the scenario that another workload measures. */
  readonly without?: readonly string[];
  /** What is shown and not demanded; sums over runs, or one value of each. */
  readonly shown?: { readonly [name: string]: Measure & { readonly per?: string } };
}

/** Larger rings hand messages over as they are: encoding them takes as long as all the rest. */
const CODEC_UP_TO = 100;

const BROKEN: Measure = { name: 'runs with a broken invariant', kind: 'share', demand: { atMost: 0 } };

export function workloadOf(
  scenario: Scenario,
  { shown = {}, demands = {}, without = [], ...telling }: Telling,
): Workload {
  const kept = scenario.demands.filter(({ of }) => !without.includes(of));
  const demanded = kept.map((each) => {
    const demand = demands[each.of];
    return [nameOf(each), { ...measureOf(each), ...(demand === undefined ? {} : { demand }) }] as const;
  });
  return {
    ...telling,
    measures: { ...Object.fromEntries(demanded), ...shown, broken: BROKEN },
    run: (seed, nodes): Sample => {
      const options = nodes <= CODEC_UP_TO ? { seed, nodes, codec: WIRE_CODEC } : { seed, nodes };
      return sampleOf(kept, shown, runScenario(scenario, options));
    },
  };
}

function sampleOf(
  demands: readonly ScenarioDemand[],
  shown: NonNullable<Telling['shown']>,
  report: Report,
): Sample {
  const figures: Record<string, Figure> = {};
  for (const demand of demands) {
    const { of, per, where } = demand;
    if (where !== undefined && report.figures[where] !== 1) continue;
    const figure = figureOf(report, of, per, unitOf(demand.unit).factor);
    if (figure !== undefined) figures[nameOf(demand)] = figure;
  }
  for (const [name, { per }] of Object.entries(shown)) {
    const figure = figureOf(report, name, per, 1);
    if (figure !== undefined) figures[name] = figure;
  }
  const broken = report.violations.map(
    ({ property, atMs, detail }) => `${property} at ${Math.round(atMs)} ms: ${detail}`,
  );
  figures.broken = { events: broken.length > 0 ? 1 : 0, of: 1 };
  return { figures, broken };
}

function figureOf(
  { figures }: Report,
  of: string,
  per: string | undefined,
  factor: number,
): Figure | undefined {
  const value = figures[of];
  if (per !== undefined) return { events: value ?? 0, of: figures[per] ?? 0 };
  return typeof value === 'number' ? value * factor : value;
}

function measureOf({ what, unit, per, atMost, atLeast }: ScenarioDemand): Measure {
  const { name, factor } = unitOf(unit);
  const demand = atMost === undefined ? { atLeast: (atLeast ?? 0) * factor } : { atMost: atMost * factor };
  return {
    name: what,
    kind: per === undefined ? 'every' : unit === 'share' ? 'share' : 'ratio',
    demand,
    ...(name === undefined ? {} : { unit: name }),
  };
}

function unitOf(unit: string): { readonly name?: string; readonly factor: number } {
  if (unit === 'ms') return { name: 's', factor: 1e-3 };
  if (unit === 'bytes/s') return { name: 'B/s', factor: 1 };
  return { factor: 1 };
}

/** One figure may be bounded twice, for runs of two kinds. */
function nameOf({ of, where = '' }: ScenarioDemand): string {
  return where === '' ? of : `${of}:${where}`;
}
