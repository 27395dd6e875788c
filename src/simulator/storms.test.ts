/** Many join one small ring at the same moment (docs/ring.md, Operations). A round is 0.2 s. */
import assert from 'node:assert/strict';
import { headsAreTrue, isIdeal, whatIsBroken } from './live-ring.ts';
import type { SimulatedNode } from './simulated-node.ts';
import { eventually, story } from './story.ts';
import { World } from './world.ts';

const FILE = 'src/simulator/storms.test.ts';
const ROUND_MS = 200;

story(
  '300 that join a ring of 17 at once have their successors in 10 rounds and 60 messages',
  FILE,
  (seed) => {
    const world = new World({ seed });
    const ring = world.startRing(17, 200);
    eventually(world, isIdeal, 10_000);
    world.run(30_000);
    const before = world.network.sent;
    for (let i = 0; i < 300; i++) world.start([ring[i % ring.length] as SimulatedNode]);
    eventually(world, headsAreTrue, 10 * ROUND_MS);
    // Requests and answers that the nodes sent, those of the 17 among them, shared out over all.
    const each = (world.network.sent - before) / world.live().length;
    assert.ok(each <= 60, `${each} messages a node`);
    eventually(world, isIdeal, 16 * ROUND_MS);
    assert.equal(whatIsBroken(world.live()), null);
  },
);
