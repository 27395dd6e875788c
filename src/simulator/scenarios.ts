/** Every scenario by name. */
import type { Scenario } from './scenario.ts';
import { BOOTSTRAP } from './scenarios/bootstrap.ts';
import { CHURN } from './scenarios/churn.ts';
import { FLAPPING } from './scenarios/flapping.ts';
import { HOSTILE_NETWORK } from './scenarios/hostile-network.ts';
import { JOIN_STORM } from './scenarios/join-storm.ts';
import { MASS_FAILURE } from './scenarios/mass-failure.ts';
import { PARTITION } from './scenarios/partition.ts';
import { STEADY } from './scenarios/steady.ts';
import { TINY } from './scenarios/tiny.ts';

/** Those of the contract first. */
export const SCENARIOS: readonly Scenario[] = [
  STEADY,
  CHURN,
  MASS_FAILURE,
  PARTITION,
  JOIN_STORM,
  FLAPPING,
  HOSTILE_NETWORK,
  TINY,
  BOOTSTRAP,
];
