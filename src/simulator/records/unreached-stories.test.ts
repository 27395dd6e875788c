/** Nodes that run and are not reached for a while: paused, or on the other side of a partition. */
import assert from 'node:assert/strict';
import { sample } from '../random.ts';
import { assertNothingLost, recordStory } from './story.ts';

const FILE = 'src/simulator/records/unreached-stories.test.ts';
/** From a fault to its repair: detection, claims, a comparison. */
const REPAIR_MS = 30_000;
const MINUTE_MS = 60_000;

recordStory(
  'nodes that pause for a second or a minute hide nothing',
  FILE,
  {},
  async ({ world, files, judge }) => {
    const { random } = world.world;
    await world.startRing(10);
    files.add(40);
    await world.run(5_000);
    files.changeEvery(3_000);
    judge.readEvery(400);
    for (let i = 0; i < 5; i++) {
      const paused = sample(random, world.members(), 2).flatMap(({ node }) => node ?? []);
      for (const node of paused) node.pause();
      await world.run(random() < 0.5 ? 1_000 + random() * 5_000 : MINUTE_MS);
      for (const node of paused) node.resume();
      await world.run(REPAIR_MS);
    }
    files.rest();
    await world.run(REPAIR_MS);
    await assertNothingLost(judge);
  },
);

for (const share of [0.5, 0.9]) {
  recordStory(
    `a partition ${share * 100}/${100 - share * 100} for ten minutes, written to on both sides: united within a minute`,
    FILE,
    {},
    async ({ world, files, judge }) => {
      await world.startRing(10);
      files.add(30);
      await world.run(10_000);
      const left = new Set(
        sample(world.world.random, world.machines, 10 * share).map(({ address }) => address),
      );
      const sideOf = (address: string) => (left.has(address) ? 0 : 1);
      world.world.network.partition(sideOf);
      const publisherSide = new Map(world.machines.map(({ id, address }) => [id, sideOf(address)]));
      await world.run(MINUTE_MS);
      files.changeEvery(5_000);
      judge.readEvery(1_000, {
        sinceMs: world.now,
        isFor: ({ publisher }, reader) => publisherSide.get(publisher) === sideOf(reader.address),
      });
      await world.run(9 * MINUTE_MS);
      files.rest();
      judge.rest();
      await world.run(REPAIR_MS);
      assert.deepEqual(judge.wrong, []);
      world.world.network.heal();
      await world.run(MINUTE_MS);
      assert.deepEqual(await judge.missing(MINUTE_MS), []);
    },
  );
}
