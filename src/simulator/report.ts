/** What a run gives: all of it data, so that it can be kept, compared and drawn. */
import type { Breach } from './assumptions.ts';
import type { Found } from './inspector.ts';
import type { Drawn } from './swarm.ts';

/** Measured values by name. Null: it did not come to pass. */
export type Figures = Readonly<Record<string, number | null>>;

export interface Report {
  readonly seed: number;
  readonly nodes: number;
  readonly scenario: string;
  readonly drawn: Drawn & Readonly<Record<string, unknown>>;
  readonly traceHash: string;
  readonly violations: readonly Found[];
  /** When the assumptions of the proof ended, and why; none where they held throughout. */
  readonly breaches: readonly Breach[];
  readonly figures: Figures;
  readonly virtualMs: number;
  readonly events: number;
}
