/** What a run counts and watches, whatever its scenario. */
import assert from 'node:assert/strict';
import { isIdeal } from './live-ring.ts';
import { LookupLoad } from './lookup-load.ts';
import { type Plan, Run } from './run.ts';
import type { SimulatedNode } from './simulated-node.ts';
import { eventually, story } from './story.ts';
import { World } from './world.ts';

const FILE = 'src/simulator/run.test.ts';
const CALM: Plan = { name: 'steady', faults: [], strength: 'mild', quietWithinMs: 60_000, actOne: () => {} };

story('what an ended node sent stays counted', FILE, (seed) => {
  const counted: number[] = [];
  const actOne = (run: Run): void => {
    const [node] = run.members();
    counted.push(run.traffic().messages);
    run.world.kill(node as SimulatedNode);
    counted.push(run.traffic().messages);
  };
  new Run({ ...CALM, actOne }, { seed, nodes: 3 }).play();
  assert.equal(counted[0], counted[1]);
});

story('the proof is held to again once the ring has mended itself in act one', FILE, (seed) => {
  const holds: boolean[] = [];
  const actOne = ({ world, inspector }: Run): void => {
    inspector.assumptions.end(world.schedule.now, 'said so');
    world.run(2_000);
    holds.push(inspector.assumptions.hold);
  };
  new Run({ ...CALM, parameters: { successorCount: 4 }, actOne }, { seed, nodes: 8 }).play();
  assert.deepEqual(holds, [true]);
});

story('clocks that jump are set as act one begins, and the run is the same', FILE, (seed) => {
  const skews: number[] = [];
  const actOne = ({ world }: Run): void => {
    for (const { wallMs, nowMs } of world.live()) skews.push(wallMs - nowMs);
    world.run(30_000);
  };
  const traces = [CALM.faults, ['clockJump'] as const].map((faults) => {
    // As chance draws it for half of all seeds.
    const run = new Run({ ...CALM, faults: [], actOne }, { seed, nodes: 4 });
    Object.assign(run.drawn, { faults });
    return run.play().traceHash;
  });
  assert.equal(new Set(skews.slice(0, 4).map(Math.round)).size, 1);
  assert.ok(new Set(skews.slice(4).map(Math.round)).size > 1);
  assert.equal(traces[0], traces[1]);
});

story(
  'calls to the dead are the time-outs of a lookup, hedged ones and unanswered ones too',
  FILE,
  (seed) => {
    const world = new World({ seed });
    const nodes = world.staticRing(12, { runs: true });
    const load = new LookupLoad(world, () => {
      throw new Error('nobody is judged here');
    });
    world.run(10_000);
    for (const node of nodes.slice(4)) world.crash(node);
    const asker = nodes[0] as SimulatedNode;
    const lookupId = asker.lookup((nodes[6] as SimulatedNode).contact.id, 1_000);
    world.run(1_500);
    assert.ok((asker.callsToDead.get(lookupId) ?? 0) >= 2, `${asker.callsToDead.get(lookupId)}`);
    assert.equal(load.counts.timeouts, 0);
    eventually(world, isIdeal, 60_000);
    const later = asker.lookup((nodes[2] as SimulatedNode).contact.id, 1_000);
    world.run(1_500);
    assert.equal(asker.callsToDead.get(later), undefined);
  },
);
