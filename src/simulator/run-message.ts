/** What goes between a run in a thread of its own and whoever started it. */
import type { Report } from './report.ts';
import type { RingAtEnd } from './ring-at-end.ts';
import type { Row } from './scenario.ts';
import type { ScenarioName } from './scenario-names.ts';

export interface RunSetting {
  readonly scenario: ScenarioName;
  readonly nodes: number;
  readonly seed: number;
}

export type FromRun =
  /** Said before the run begins: what it is, and what was drawn. */
  | { readonly type: 'line'; readonly line: string }
  | {
      readonly type: 'ended';
      readonly report: Report;
      readonly rows: readonly Row[];
      readonly ring: RingAtEnd;
    };
