/** What a command line may name, those of the contract first; by themselves, so that a list of them costs nothing. */
export const SCENARIO_NAMES = [
  'steady',
  'churn',
  'mass-failure',
  'partition',
  'join-storm',
  'flapping',
  'hostile-network',
  'tiny',
  'bootstrap',
] as const;

export type ScenarioName = (typeof SCENARIO_NAMES)[number];
