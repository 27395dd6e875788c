/** Every scenario by name. */
import type { Scenario } from './scenario.ts';
import type { ScenarioName } from './scenario-names.ts';
import { BOOTSTRAP } from './scenarios/bootstrap.ts';
import { CHURN } from './scenarios/churn.ts';
import { FLAPPING } from './scenarios/flapping.ts';
import { HOSTILE_NETWORK } from './scenarios/hostile-network.ts';
import { JOIN_STORM } from './scenarios/join-storm.ts';
import { MASS_FAILURE } from './scenarios/mass-failure.ts';
import { PARTITION } from './scenarios/partition.ts';
import { STEADY } from './scenarios/steady.ts';
import { TINY } from './scenarios/tiny.ts';

const BY_NAME: Readonly<Record<ScenarioName, Scenario>> = {
  steady: STEADY,
  churn: CHURN,
  'mass-failure': MASS_FAILURE,
  partition: PARTITION,
  'join-storm': JOIN_STORM,
  flapping: FLAPPING,
  'hostile-network': HOSTILE_NETWORK,
  tiny: TINY,
  bootstrap: BOOTSTRAP,
};

export const SCENARIOS: readonly Scenario[] = Object.values(BY_NAME);

export function scenarioNamed(name: ScenarioName): Scenario {
  return BY_NAME[name];
}
