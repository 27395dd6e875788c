/** A workload of the ring: what is run from one seed, what is measured on it, and what is demanded of each measure. */
import type { Point } from './line-plot.ts';
import type { Share } from './proportion.ts';

export type Demand = { readonly atMost: number } | { readonly atLeast: number };

/**
 * `share`: events of so many, added up over all seeds. `ratio`: so much for each of so many, the same way. `mean`: one value
 * of each seed, and their mean. `every`: one value of each seed, and the demand is on the worst of them.
 */
type Kind = 'share' | 'ratio' | 'mean' | 'every';

export interface Measure {
  readonly name: string;
  readonly kind: Kind;
  /** Behind the number; none for a share or a count. */
  readonly unit?: string;
  /** The same at every size, or by the number of nodes; without one the measure is only shown. */
  readonly demand?: Demand | { readonly [nodes: number]: Demand };
}

interface Size {
  readonly nodes: number;
  /** 1 to this. */
  readonly seeds: number;
}

/** Null: it did not come to pass. */
export type Figure = number | Share | null;

/** What one seed gave. A measure that it could not take is not in it. */
export interface Sample {
  readonly figures: { readonly [measure: string]: Figure };
  /** The same x for every seed. */
  readonly curves?: { readonly [name: string]: readonly Point[] };
  /** Invariants that were broken, in words. */
  readonly broken?: readonly string[];
}

export interface Workload {
  readonly title: string;
  /** What is done, in a sentence or two, with the figures that define it. */
  readonly what: string;
  readonly measures: { readonly [name: string]: Measure };
  /** Some seconds for all of it. */
  readonly quick: readonly Size[];
  readonly full: readonly Size[];
  /** Why it misses what it misses, and what was tried; by measure. */
  readonly reasons?: { readonly [measure: string]: string };
  run(seed: number, nodes: number): Sample | Promise<Sample>;
}

export function demandOf({ demand }: Measure, nodes: number): Demand | null {
  if (demand === undefined) return null;
  if ('atMost' in demand || 'atLeast' in demand) return demand as Demand;
  return demand[nodes] ?? null;
}
