/** Runs that once failed, replayed by every `npm test`: a run that fails is added here with what it showed. */
import type { ScenarioName } from './scenario-names.ts';

export interface Regression {
  readonly scenario: ScenarioName;
  readonly seed: number;
  readonly nodes: number;
  /** On which it failed. */
  readonly commit: string;
  readonly showed: string;
}

export const REGRESSIONS: readonly Regression[] = [
  {
    scenario: 'tiny',
    seed: 59,
    nodes: 3,
    commit: '5dc2742',
    showed:
      'a lookup whose timer came a moment before its deadline, by a clock that drifts, set it for now for ever',
  },
  {
    scenario: 'tiny',
    seed: 170,
    nodes: 2,
    commit: '5dc2742',
    showed: 'a joiner that met another before that one had a place never asked it again',
  },
  {
    scenario: 'hostile-network',
    seed: 1000,
    nodes: 32,
    commit: '7d06353',
    showed:
      'a list from which a node held for dead was left out stayed so after that node was forgotten and met again',
  },
  {
    scenario: 'churn',
    seed: 6,
    nodes: 24,
    commit: 'a1601a9',
    showed:
      'who had notified half a minute before took the place of a dead predecessor, past one that lived between',
  },
  {
    scenario: 'hostile-network',
    seed: 7035,
    nodes: 24,
    commit: 'df083b0',
    showed:
      'a suspect whose ping fell into a pause of its prober was never asked again, and lookups passed it by for ever',
  },
];
