/** Everything that a network and its machines can do to a ring, in random subsets. Broken ways alone: bench/figures. */
import { befallNodes } from '../node-faults.ts';
import type { Scenario } from '../scenario.ts';

const LASTS_MS = 180_000;
const LOOKUPS_PER_SECOND = 20;

export const HOSTILE_NETWORK: Scenario = {
  name: 'hostile-network',
  faults: [
    'loss',
    'duplication',
    'reordering',
    'brokenPairs',
    'oneWayCuts',
    'crash',
    'restart',
    'leave',
    'join',
    'pause',
    'slow',
    'drift',
    'clockJump',
  ],
  strength: 'hostile',
  quietWithinMs: 60_000,
  demands: [
    {
      what: 'wrong owners, whatever happens',
      unit: 'share',
      of: 'wrongOwners',
      per: 'lookups',
      atMost: 1e-2,
    },
  ],
  actOne: (run) => {
    const { world, load } = run;
    befallNodes(run, world.schedule.now + LASTS_MS);
    load.ask(LOOKUPS_PER_SECOND, () => run.members());
    world.run(LASTS_MS);
  },
};
