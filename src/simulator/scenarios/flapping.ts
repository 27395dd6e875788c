/** Some nodes start again and again under their own identifier, every few seconds. */
import { seedsFor } from '../node-faults.ts';
import { sample } from '../random.ts';
import type { Run } from '../run.ts';
import type { Scenario } from '../scenario.ts';
import type { SimulatedNode } from '../simulated-node.ts';

const REST_MS = 30_000;
const FLAPPING_MS = 120_000;
const LOOKUPS_PER_SECOND = 20;

export const FLAPPING: Scenario = {
  name: 'flapping',
  faults: ['duplication', 'drift', 'clockJump', 'reordering', 'loss'],
  strength: 'mild',
  quietWithinMs: 60_000,
  demands: [
    {
      what: 'messages of a node that stays, beside those at rest',
      unit: 'ratio',
      of: 'messagesToRest',
      atMost: 5,
    },
    {
      what: 'lookups that fail',
      unit: 'share',
      of: 'lookupsFailed',
      per: 'lookups',
      atMost: 0.001,
    },
  ],
  draw: ({ world, nodes }) => ({
    flapping: Math.max(1, Math.round(nodes * (0.01 + 0.09 * world.random()))),
    everyMinMs: 2_000,
    everyMaxMs: 10_000,
  }),
  actOne: (run) => {
    const { world, figures, drawn } = run;
    const flapping = sample(world.random, run.members(), Math.min(drawn.flapping as number, run.nodes - 1));
    const staying = run.members().filter((node) => !flapping.includes(node));
    const messages = (): number =>
      staying.reduce((total, { traffic }) => total + traffic.sent + traffic.received, 0);
    const start = messages();
    world.run(REST_MS);
    const atRest = messages() - start;
    const untilMs = world.schedule.now + FLAPPING_MS;
    for (const node of flapping) flap(run, node, untilMs);
    run.load.ask(LOOKUPS_PER_SECOND, () => staying);
    world.run(FLAPPING_MS);
    figures.messagesToRest = (messages() - start - atRest) / FLAPPING_MS / (atRest / REST_MS);
  },
};

function flap(run: Run, node: SimulatedNode, untilMs: number): void {
  const { world, drawn } = run;
  const least = drawn.everyMinMs as number;
  const afterMs = least + world.random() * ((drawn.everyMaxMs as number) - least);
  if (world.schedule.now + afterMs > untilMs) return;
  world.at(world.schedule.now + afterMs, () => {
    const seeds = seedsFor(run).filter((seed) => seed !== node);
    if (seeds.length === 0) return;
    flap(run, world.restart(node, seeds, { withDisk: world.random() < 0.5 }), untilMs);
  });
}
