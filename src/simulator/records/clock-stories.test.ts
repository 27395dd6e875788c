/**
 * Clocks that are set, were wrong, or go too fast: nothing expires by them, and of a publisher's versions the one that came last is
 * read, whatever they say.
 */
import assert from 'node:assert/strict';
import { sample } from '../random.ts';
import type { Machine } from './machine.ts';
import type { RecordWorld } from './record-world.ts';
import { assertNothingLost, recordStory } from './story.ts';

const FILE = 'src/simulator/records/clock-stories.test.ts';
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** For a change to be signed, brought and struck out. */
const PUBLISH_MS = 10_000;
const PATH = 'folder/notes.txt';

function setClocks(machines: readonly Machine[], byMs: number): void {
  for (const { node } of machines) node?.clock.jump(byMs);
}

async function put(world: RecordWorld, machine: Machine): Promise<string> {
  const cid = world.newCid();
  world.publish(machine, PATH, cid);
  await world.run(PUBLISH_MS);
  assert.equal(machine.catalog.pendingCount(), 0);
  return cid;
}

/** What a reader shows of the path. */
async function headOf(world: RecordWorld): Promise<string> {
  const finding = world.find(world.any(), PATH);
  await world.runUntilDone(finding);
  const [head] = (await finding).publications;
  assert.ok(head);
  return `${head.kind} ${head.cid}`;
}

/** Puts, sets the clocks back, and puts and withdraws again. */
async function goBack(
  world: RecordWorld,
  publisher: Machine,
  setBack: () => Promise<void> | void,
): Promise<void> {
  await put(world, publisher);
  await setBack();
  const second = await put(world, publisher);
  assert.equal(await headOf(world), `publication ${second}`);
  world.withdraw(publisher, PATH);
  await world.run(PUBLISH_MS);
  assert.equal(await headOf(world), `tombstone ${second}`);
  const third = await put(world, publisher);
  assert.equal(await headOf(world), `publication ${third}`);
  // As long as a publisher waits before it doubts what it signed.
  await world.run(3 * MINUTE_MS);
  assert.equal(await headOf(world), `publication ${third}`);
}

recordStory(
  'a publisher whose clock is set back by an hour: what it puts and removes then is what is read',
  FILE,
  {},
  async ({ world }) => {
    const [publisher] = await world.startRing(5);
    assert.ok(publisher);
    await goBack(world, publisher, () => setClocks([publisher], -HOUR_MS));
  },
);

recordStory(
  'all clocks are set back by an hour, as on one machine: what is put and removed then is what is read',
  FILE,
  {},
  async ({ world }) => {
    const [publisher] = await world.startRing(5);
    assert.ok(publisher);
    await goBack(world, publisher, () => setClocks(world.machines, -HOUR_MS));
  },
);

recordStory(
  'all nodes are started anew with clocks an hour back: what is put and removed then is what is read',
  FILE,
  {},
  async ({ world }) => {
    const [publisher] = await world.startRing(5);
    assert.ok(publisher);
    await goBack(world, publisher, async () => {
      for (const machine of world.machines) {
        world.restart(machine);
        setClocks([machine], -HOUR_MS);
        await world.run(30_000);
      }
    });
  },
);

recordStory(
  'what a clock that was months ahead signed is refused, and stands once the clock is right',
  FILE,
  {},
  async ({ world }) => {
    const [publisher] = await world.startRing(5);
    assert.ok(publisher);
    setClocks([publisher], 90 * DAY_MS);
    world.publish(publisher, PATH);
    await world.run(PUBLISH_MS);
    assert.ok(publisher.catalog.pendingCount() > 0);
    setClocks([publisher], -90 * DAY_MS);
    await world.run(2 * MINUTE_MS);
    assert.equal(publisher.catalog.pendingCount(), 0);
    const next = await put(world, publisher);
    assert.equal(await headOf(world), `publication ${next}`);
  },
);

recordStory(
  'what all nodes took while their clocks were months ahead outlives those who took it, once the clocks are right',
  FILE,
  {},
  async ({ world, files, judge }) => {
    const old = await world.startRing(10);
    const [publisher] = old;
    assert.ok(publisher);
    setClocks(old, 90 * DAY_MS);
    files.add(10, [publisher]);
    await world.run(PUBLISH_MS);
    assert.equal(publisher.catalog.pendingCount(), 0);
    setClocks(old, -90 * DAY_MS);
    for (let i = 0; i < 4; i++) world.start();
    await world.run(2 * MINUTE_MS);
    for (const machine of old) {
      if (machine === publisher) continue;
      machine.kill();
      machine.loseDisk();
    }
    await world.run(70 * MINUTE_MS);
    await assertNothingLost(judge);
  },
);

recordStory(
  'clocks jump by an hour and drift by one in a hundred: nothing expires',
  FILE,
  { clockDrift: 0.01, seeds: [58036155] },
  async ({ world, files, judge }) => {
    const { random } = world.world;
    await world.startRing(8);
    files.add(30);
    await world.run(10_000);
    judge.readEvery(1_000);
    for (let i = 0; i < 12; i++) {
      for (const { node } of sample(random, world.members(), 3))
        node?.clock.jump((random() < 0.5 ? -1 : 1) * HOUR_MS);
      await world.run(MINUTE_MS / 2);
      if (i % 4 === 1) world.any().kill();
      await world.run(MINUTE_MS / 2);
      for (const off of world.machines) if (!off.isOn) world.restart(off);
    }
    await world.run(MINUTE_MS);
    assert.deepEqual(await judge.withoutProvider(), []);
    await assertNothingLost(judge);
  },
);
