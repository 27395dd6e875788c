/** Rings of one to five nodes, crashed and started again in any order: below what the proof covers (docs/ring.md, Small rings). */
import { seedsFor } from '../node-faults.ts';
import type { Run } from '../run.ts';
import type { Scenario } from '../scenario.ts';
import type { SimulatedNode } from '../simulated-node.ts';

const STEPS_MAX = 12;

export const TINY: Scenario = {
  name: 'tiny',
  faults: ['duplication', 'reordering', 'drift', 'loss'],
  strength: 'mild',
  quietWithinMs: 30_000,
  demands: [],
  actOne: (run) => {
    const { world } = run;
    const slots = [...run.members()];
    const steps = 1 + Math.floor(world.random() * STEPS_MAX);
    for (let i = 0; i < steps; i++) {
      const slot = Math.floor(world.random() * slots.length);
      slots[slot] = turn(run, slots[slot] as SimulatedNode);
      world.run(world.random() < 0.5 ? world.random() * 500 : world.random() * 15_000);
    }
    // Whoever is off comes back: a network whose every node is off is none.
    for (const [slot, node] of slots.entries()) if (!node.isRunning) slots[slot] = turn(run, node);
  },
};

/** On becomes off, off becomes on; the last one that is on stays. */
function turn(run: Run, node: SimulatedNode): SimulatedNode {
  const { world } = run;
  const running = world.live();
  if (node.isRunning) {
    if (running.length > 1) (world.random() < 0.5 ? world.kill : world.crash).call(world, node);
    return node;
  }
  const members = seedsFor(run);
  return world.restart(node, members.length > 0 ? members : running, { withDisk: world.random() < 0.5 });
}
