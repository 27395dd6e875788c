/** From one node to all, one after the other or together. */
import type { Scenario } from '../scenario.ts';

export const BOOTSTRAP: Scenario = {
  name: 'bootstrap',
  faults: ['duplication', 'reordering', 'drift', 'loss'],
  strength: 'mild',
  quietWithinMs: 60_000,
  demands: [
    {
      what: 'ideal after the last has started',
      unit: 'ms',
      of: 'convergedMs',
      atMost: 10_000,
    },
  ],
  draw: ({ world }) => ({ everyMs: world.random() < 0.3 ? 0 : Math.floor(world.random() * 1_000) }),
  start: (run) => run.world.start(),
  actOne: (run) => {
    const { world, drawn } = run;
    while (world.nodes.length < run.nodes) {
      world.start(world.nodes.slice(0, 1));
      world.run(drawn.everyMs as number);
    }
  },
};
