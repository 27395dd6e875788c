/** A node that comes and goes all the time (docs/figures/ring.md): its neighbours serve on, and pay little. */
import assert from 'node:assert/strict';
import { DEFAULT_PARAMETERS } from '../ring/parameters.ts';
import { isIdeal, whatIsBroken } from './live-ring.ts';
import type { SimulatedNode } from './simulated-node.ts';
import { assertTrueOwners, eventually, story } from './story.ts';
import { World } from './world.ts';

const FILE = 'src/simulator/flapping.test.ts';
const COUNT = 40;
const AT = 20;
const MEASURED_MS = 60_000;

function messages(nodes: readonly SimulatedNode[]): number {
  let sum = 0;
  for (const { traffic } of nodes) sum += traffic.sent + traffic.received;
  return sum;
}

for (const everyMs of [2_000, 5_000, 10_000]) {
  story(
    `the neighbours of a node that starts again every ${everyMs / 1_000} s send and receive at most 5 times as much, and no more is broken`,
    FILE,
    (seed) => {
      const world = new World({ seed });
      const nodes = world.staticRing(COUNT, { runs: true });
      world.run(120_000);
      const neighbours = [...nodes.slice(AT - 6, AT), ...nodes.slice(AT + 1, AT + 7)];
      const count = (act: () => void): number => {
        const before = messages(neighbours);
        act();
        return messages(neighbours) - before;
      };
      const atRest = count(() => world.run(MEASURED_MS));
      let flapping = nodes[AT] as SimulatedNode;
      const flapped = count(() => {
        for (let t = 0; t < MEASURED_MS; t += everyMs) {
          flapping = world.restart(flapping, [nodes[0] as SimulatedNode]);
          world.run(everyMs);
          assert.equal(whatIsBroken(world.live()), null);
        }
      });
      assert.ok(flapped <= 5 * atRest, `${flapped} messages, ${atRest} at rest`);
      eventually(world, isIdeal, 10_000);
      assertTrueOwners(world, 20);
    },
  );
}

story('in busy mode a ring forms and is repaired all the same', FILE, (seed) => {
  const world = new World({ seed, parameters: { ...DEFAULT_PARAMETERS, busyMode: true } });
  const nodes = world.startRing(16, 100);
  eventually(world, isIdeal, 30_000);
  world.kill(nodes[3] as SimulatedNode);
  eventually(world, isIdeal, 20_000);
});
