/** What becomes of records, told with all of their faults in virtual time: the production services, nothing of them replaced. */
import assert from 'node:assert/strict';
import { sample } from '../random.ts';
import { RecordWorld } from './record-world.ts';
import { assertNothingLost, recordStory } from './story.ts';

const FILE = 'src/simulator/records/record-stories.test.ts';
/** From a fault to its repair: detection, claims, a comparison. */
const REPAIR_MS = 30_000;
const MINUTE_MS = 60_000;

/** Files come and go while nodes start, leave, die and come back. */
async function eventfulRun(seed: number): Promise<string> {
  const world = new RecordWorld({ seed, clockDrift: 0.01 });
  await world.startRing(4);
  for (const [index, machine] of world.machines.entries()) world.publish(machine, `file ${index}`);
  await world.run(5_000);
  const [first, second, third] = world.machines;
  assert.ok(first && second && third);
  first.kill();
  void second.leave();
  await world.run(20_000);
  world.restart(first);
  world.publish(third, 'file 2');
  await world.run(20_000);
  const hash = world.traceHash;
  world.end();
  return hash;
}

recordStory(
  'the same seed gives the same run, message for message; another seed another',
  FILE,
  {},
  async ({ seed }) => {
    const hash = await eventfulRun(seed);
    assert.equal(await eventfulRun(seed), hash);
    assert.notEqual(await eventfulRun(seed + 1), hash);
  },
);

recordStory(
  'nodes come, go, die and return: no answer is older than what was acknowledged',
  FILE,
  {},
  async ({ world, files, judge }) => {
    const { random } = world.world;
    await world.startRing(8);
    files.add(30);
    await world.run(5_000);
    files.changeEvery(2_000);
    judge.readEvery(500);
    for (let i = 0; i < 8; i++) {
      const machine = world.any();
      const draw = random();
      if (draw < 0.3) world.start();
      else if (draw < 0.5) void machine.leave();
      else if (draw < 0.6) world.restart(machine);
      else machine.kill(draw < 0.8);
      await world.run(REPAIR_MS / 2 + random() * REPAIR_MS);
      for (const off of world.machines) if (!off.isOn && random() < 0.4) world.restart(off);
    }
    files.rest();
    await world.run(REPAIR_MS);
    await assertNothingLost(judge);
  },
);

recordStory(
  'faults faster than repair: what lives on a node that can be reached is found, or the answer says that it may not be whole',
  FILE,
  {},
  async ({ world, files, judge }) => {
    const { random } = world.world;
    await world.startRing(8);
    files.add(30);
    await world.run(5_000);
    judge.readEvery(300);
    for (let i = 0; i < 20; i++) {
      const [machine] = sample(random, world.members(), 1);
      const draw = random();
      if (machine === undefined || draw < 0.2) world.start();
      else if (draw < 0.4) world.restart(machine);
      else if (world.members().length > 3) machine.kill(draw < 0.7);
      for (const off of world.machines) if (!off.isOn && random() < 0.3) world.restart(off);
      await world.run(random() * 6_000);
    }
    for (const off of world.machines) if (!off.isOn) world.restart(off);
    await world.run(REPAIR_MS);
    await assertNothingLost(judge);
  },
);

recordStory(
  'two of twelve die at once, again and again: every record is read',
  FILE,
  {},
  async ({ world, files, judge }) => {
    await world.startRing(12);
    files.add(60);
    await world.run(10_000);
    judge.readEvery(300);
    for (let i = 0; i < 3; i++) {
      const ring = world.members().sort((left, right) => (left.id < right.id ? -1 : 1));
      const at = Math.floor(world.world.random() * (ring.length - 1));
      for (const machine of ring.slice(at, at + 2)) machine.kill(true);
      await world.run(2 * MINUTE_MS);
      assert.deepEqual(await judge.missing(10_000), []);
    }
    await assertNothingLost(judge);
  },
);

recordStory(
  'all nine are started anew one after the other, each disk lost: every record is there',
  FILE,
  {},
  async ({ world, files, judge }) => {
    await world.startRing(9);
    files.add(45);
    await world.run(10_000);
    judge.readEvery(500);
    for (const machine of [...world.machines]) {
      machine.kill();
      await world.run(10_000);
      machine.loseDisk();
      world.restart(machine);
      await world.run(MINUTE_MS);
    }
    await assertNothingLost(judge);
  },
);

recordStory(
  'all nodes go off at once and come back with their disks: every record is there within a minute',
  FILE,
  {},
  async ({ world, files, judge }) => {
    await world.startRing(6);
    files.add(30);
    await world.run(10_000);
    for (const machine of world.machines) machine.kill();
    await world.run(MINUTE_MS);
    for (const machine of world.machines) {
      world.restart(machine);
      await world.run(1_000);
    }
    await assertNothingLost(judge);
  },
);

recordStory(
  'seven of ten leave in turn: each record is read at every moment',
  FILE,
  {},
  async ({ world, files, judge }) => {
    await world.startRing(10);
    files.add(40);
    await world.run(10_000);
    judge.readEvery(200);
    for (const machine of sample(world.world.random, world.machines, 7)) {
      void machine.leave();
      await world.run(5_000);
    }
    await assertNothingLost(judge, 10_000);
  },
);

recordStory(
  'all that held a record are lost: it is there again within one re-assertion, from its publisher or a holder of the content',
  FILE,
  {},
  async ({ world, files, judge }) => {
    await world.startRing(10);
    const [publisher, holder] = world.machines;
    assert.ok(publisher && holder);
    files.add(5, [publisher]);
    const cid = world.newCid();
    world.publish(publisher, 'shared', cid);
    await world.run(10_000);
    world.publish(holder, 'copy', cid);
    await world.run(35 * MINUTE_MS);
    publisher.kill();
    await world.run(MINUTE_MS);
    for (const machine of world.machines) {
      if (machine === publisher || machine === holder) continue;
      machine.kill();
      machine.loseDisk();
    }
    await world.run(MINUTE_MS);
    for (const machine of world.machines) if (!machine.isOn && machine !== publisher) world.restart(machine);
    await world.run(35 * MINUTE_MS);
    const ofShared = (line: { path: string }) => line.path === 'shared' || line.path === 'copy';
    assert.deepEqual(await judge.missing(MINUTE_MS, ofShared), []);
    world.restart(publisher);
    await world.run(35 * MINUTE_MS);
    await assertNothingLost(judge);
  },
);

recordStory(
  'in a ring of two or three, whoever comes, goes, dies and returns: a newcomer reads what was acknowledged',
  FILE,
  {},
  async ({ world, files, judge }) => {
    const { random } = world.world;
    await world.startRing(2);
    files.add(6);
    await world.run(5_000);
    judge.readEvery(150);
    for (let i = 0; i < 16; i++) {
      const draw = random();
      const members = world.members();
      const [machine] = sample(random, members, 1);
      if (members.length < 2 || machine === undefined || draw < 0.3) {
        const off = world.machines.filter(({ isOn }) => !isOn);
        const [again] = sample(random, off, 1);
        if (again === undefined || (off.length < 2 && draw < 0.1)) world.start();
        else world.restart(again);
      } else if (draw < 0.5) void machine.leave();
      else if (draw < 0.7) machine.kill(draw < 0.6);
      else world.restart(machine);
      files.add(1);
      await world.run(2_000 + random() * REPAIR_MS);
    }
    for (const off of world.machines) if (!off.isOn) world.restart(off);
    await world.run(REPAIR_MS);
    await assertNothingLost(judge);
  },
);

recordStory(
  'nodes that own no key look for surplus copies, and rest: a network of few files is quiet for half an hour',
  FILE,
  {},
  async ({ world, files, judge }) => {
    await world.startRing(8);
    files.add(2);
    await world.run(MINUTE_MS);
    const before = world.world.handled;
    await world.run(30 * MINUTE_MS);
    const perNodeAndSecond = (world.world.handled - before) / 8 / (30 * 60);
    assert.ok(perNodeAndSecond < 10, `${perNodeAndSecond} inputs a node and second`);
    await assertNothingLost(judge);
  },
);
