/** A scenario: a plan for act one, and what is demanded of its figures (docs/figures/ring.md). */
import type { Figures, Report } from './report.ts';
import type { Plan } from './run.ts';

export interface Scenario extends Plan {
  readonly demands: readonly Demand[];
}

/** A bound on one figure of every run, or on the share that one figure has in another over all runs. */
export interface Demand {
  readonly what: string;
  readonly unit: string;
  readonly of: string;
  /** Given, the bound is on sum(of) / sum(per) over all runs of the scenario. */
  readonly per?: string;
  readonly atMost?: number;
  readonly atLeast?: number;
  /** Runs to which it applies, by a figure that says so (1) or not (0); all where not given. */
  readonly where?: string;
  /** How the bound comes about, or for which runs it is. */
  readonly because?: string;
}

export interface Row {
  readonly demand: Demand;
  /** The worst of all runs, or the share over all; null where no run says anything. */
  readonly value: number | null;
  /** Of how many: runs, or what the share is of. */
  readonly sample: number;
  readonly met: boolean;
}

/** Measured beside demanded, over one run or many of one scenario. */
export function measure(scenario: Scenario, reports: readonly Report[]): Row[] {
  return scenario.demands.map((demand) => measureOne(demand, reports));
}

function measureOne(demand: Demand, reports: readonly Report[]): Row {
  const { of, per, where, atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY } = demand;
  const figures = reports
    .map((report) => report.figures)
    .filter((each) => where === undefined || each[where] === 1);
  const met = (value: number): boolean => value <= atMost && value >= atLeast;
  if (per !== undefined) {
    const sample = sum(figures, per);
    const value = sample === 0 ? null : sum(figures, of) / sample;
    return { demand, value, sample, met: value === null || met(value) };
  }
  const values = figures.map((each) => each[of]).filter((value) => value !== undefined);
  if (values.length === 0) return { demand, value: null, sample: 0, met: true };
  if (values.includes(null)) return { demand, value: null, sample: values.length, met: false };
  const numbers = values as number[];
  const worst = demand.atMost === undefined ? Math.min(...numbers) : Math.max(...numbers);
  return { demand, value: worst, sample: numbers.length, met: met(worst) };
}

function sum(figures: readonly Figures[], name: string): number {
  let total = 0;
  for (const each of figures) total += each[name] ?? 0;
  return total;
}
