/** What becomes of copies while nodes die, leave, come back, join and are parted: told in virtual time, with the production rules. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sample } from '../../random.ts';
import { CopyWorld, type CopyWorldOptions } from './copy-world.ts';

const FILE = 'src/simulator/records/copies/copy-stories.test.ts';
const SEED_BOUND = 2 ** 31;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Silence until it counts, a look, a download that may fail once. */
const REPAIR_MS = 15 * MINUTE_MS + 20 * MINUTE_MS;

function story(
  title: string,
  options: Omit<CopyWorldOptions, 'seed'>,
  body: (world: CopyWorld) => void,
): void {
  const seed = Number(process.env.ANILLO_SEED ?? Math.floor(Math.random() * SEED_BOUND));
  test(title, (context) => {
    context.diagnostic(`seed ${seed}`);
    try {
      const world = new CopyWorld({ ...options, seed });
      world.run(HOUR_MS);
      body(world);
      assert.equal(world.lost.size, 0, 'contents were lost');
    } catch (error) {
      console.error(`Replay: ANILLO_SEED=${seed} node --test --test-name-pattern='${title}' ${FILE}`);
      throw error;
    }
  });
}

/** Every content has so many live copies. */
function assertCopies(world: CopyWorld, count: number, extra = 0): void {
  for (const [found, contents] of Object.entries(world.census()))
    assert.ok(
      Number(found) >= count && Number(found) <= count + extra,
      `${contents} contents have ${found} copies`,
    );
}

story(
  'what is published has the copies wanted soon, and then nothing moves',
  { nodes: 8, contents: 300 },
  (world) => {
    assertCopies(world, 2);
    assert.equal(world.made, 300);
    world.run(12 * HOUR_MS);
    assert.deepEqual([world.made, world.dropped], [300, 0]);
  },
);

story(
  'with two copies wanted six of eight die for good, one after another: nothing is lost, and the last two have everything',
  { nodes: 8, contents: 300 },
  (world) => {
    for (const node of sample(world.random, world.nodes, 6)) {
      world.destroy(node);
      world.run(REPAIR_MS);
      assertCopies(world, 2);
    }
    world.run(6 * HOUR_MS);
    assertCopies(world, 2);
  },
);

story(
  'three of twelve are restarted within five minutes, with 10,000 files: nothing is copied, nothing dropped',
  { nodes: 12, contents: 10_000 },
  (world) => {
    const made = world.made;
    for (const node of sample(world.random, world.nodes, 3)) {
      world.stop(node);
      world.after(MINUTE_MS + world.random() * 8 * MINUTE_MS, () => world.start(node));
      world.run(100_000 * world.random());
    }
    world.run(HOUR_MS);
    assert.deepEqual([world.made - made, world.dropped], [0, 0]);
    assertCopies(world, 2);
  },
);

story('who leaves is replaced at once, not after 15 minutes', { nodes: 8, contents: 300 }, (world) => {
  const [node] = sample(world.random, world.nodes, 1);
  assert.ok(node);
  world.leave(node);
  world.run(6 * MINUTE_MS);
  assertCopies(world, 2);
});

story(
  'a machine that comes back after its copies were replaced: one too many goes, the farthest, and those wanted stay',
  { nodes: 8, contents: 300 },
  (world) => {
    const [node] = sample(world.random, world.nodes, 1);
    assert.ok(node);
    world.stop(node);
    world.run(REPAIR_MS);
    const made = world.made;
    world.start(node);
    world.run(HOUR_MS / 2);
    assert.equal(world.dropped, 0, 'not before it has been here for an hour');
    world.run(3 * HOUR_MS);
    assertCopies(world, 2);
    assert.equal(world.made, made);
  },
);

story('nodes join: no copy moves', { nodes: 6, contents: 300 }, (world) => {
  const made = world.made;
  for (let i = 0; i < 6; i++) {
    world.join();
    world.run(5 * MINUTE_MS);
  }
  world.run(3 * HOUR_MS);
  assert.deepEqual([world.made - made, world.dropped], [0, 0]);
});

story(
  'owners that flip every few minutes repair what a death took once, and fight about nothing',
  { nodes: 8, contents: 300 },
  (world) => {
    const flapping = world.mainOwner();
    const [dead] = sample(
      world.random,
      world.nodes.filter((node) => node !== flapping),
      1,
    );
    assert.ok(dead);
    const taken = dead.copies.size;
    const made = world.made;
    world.destroy(dead);
    for (let i = 0; i < 60; i++) {
      world.stop(flapping);
      world.run(world.random() * 3 * MINUTE_MS);
      world.start(flapping);
      world.run(world.random() * 3 * MINUTE_MS);
    }
    world.run(3 * HOUR_MS);
    assertCopies(world, 2);
    const copied = world.made - made;
    assert.ok(copied <= taken * 1.25, `${copied} copies were made for ${taken} that died`);
  },
);

story(
  'a holder that is away for 20 minutes again and again costs each of its contents one copy, not one each time',
  { nodes: 8, contents: 300 },
  (world) => {
    const [holder] = sample(world.random, world.nodes, 1);
    assert.ok(holder);
    const [had, made] = [holder.copies.size, world.made];
    for (let i = 0; i < 20; i++) {
      world.stop(holder);
      world.run(20 * MINUTE_MS);
      world.start(holder);
      world.run(20 * MINUTE_MS);
    }
    assert.ok(world.made - made <= had * 1.1, `${world.made - made} copies for ${had}`);
    assert.equal(world.dropped, 0);
    world.run(4 * HOUR_MS);
    assertCopies(world, 2);
  },
);

story(
  'parted for two hours both sides have the copies wanted; together again they drop what is too many, and nothing is copied anew',
  { nodes: 8, contents: 300 },
  (world) => {
    world.part(new Set(sample(world.random, world.nodes, 4)));
    world.run(2 * HOUR_MS);
    assertCopies(world, 2, 2);
    const made = world.made;
    world.part(null);
    for (let i = 0; i < 36; i++) {
      world.run(10 * MINUTE_MS);
      assert.equal(world.census()[0], undefined);
      assert.equal(world.census()[1], undefined);
    }
    assertCopies(world, 2);
    assert.equal(world.made, made);
  },
);

story('a short partition costs nothing', { nodes: 8, contents: 300 }, (world) => {
  const made = world.made;
  world.part(new Set(sample(world.random, world.nodes, 3)));
  world.run(12 * MINUTE_MS);
  world.part(null);
  world.run(3 * HOUR_MS);
  assert.deepEqual([world.made - made, world.dropped], [0, 0]);
});

story(
  'copies stand at two sites: one site dies at once, and everything is there',
  { nodes: 8, contents: 300, sites: ['north', 'south'] },
  (world) => {
    for (const content of world.contents)
      assert.equal(new Set(world.liveCopiesOf(content).map(({ site }) => site)).size, 2);
    for (const node of world.nodes.filter(({ site }) => site === 'north')) world.destroy(node);
    assert.equal(world.census()[0], undefined);
    world.run(2 * REPAIR_MS);
    assertCopies(world, 2);
  },
);

story(
  'whoever tells holders to let go, as often as it likes: those wanted stay',
  { nodes: 8, contents: 100, sites: ['one'] },
  (world) => {
    world.part(new Set(sample(world.random, world.nodes, 4)));
    world.run(HOUR_MS);
    world.part(null);
    for (let i = 0; i < 600; i++) {
      for (const content of sample(world.random, world.contents, 10))
        for (const holder of world.liveCopiesOf(content)) holder.considerRelease(content);
      world.run(2_000);
    }
    assertCopies(world, 2);
  },
);

story(
  'where nobody has room the rest is copied to those that have, and nobody is asked without end',
  { nodes: 6, contents: 120, capacityBytes: 45 },
  (world) => {
    assertCopies(world, 2);
    const [node] = sample(world.random, world.nodes, 1);
    assert.ok(node);
    world.destroy(node);
    world.run(4 * HOUR_MS);
    for (const { copies } of world.nodes) assert.ok(copies.size <= 45);
  },
);

story(
  'whatever happens, one thing at a time: nothing is lost, and in the end all have the copies wanted',
  { nodes: 10, contents: 200, wanted: 3, sites: ['a', 'b', 'c'] },
  (world) => {
    for (let i = 0; i < 12; i++) {
      const draw = world.random();
      const on = world.nodes.filter(({ isOn }) => isOn);
      const [node, ...others] = sample(world.random, on, on.length);
      if (node === undefined || on.length < 6 || draw < 0.2) world.join();
      else if (draw < 0.4) world.destroy(node);
      else if (draw < 0.5) world.leave(node);
      else if (draw < 0.7) world.stop(node);
      else world.part(new Set(others.slice(0, on.length / 2)));
      world.run(world.random() * HOUR_MS);
      world.part(null);
      for (const off of world.nodes) if (!off.isLost && world.random() < 0.5) world.start(off);
      world.run(REPAIR_MS);
    }
    for (const node of world.nodes) if (!node.isLost) world.start(node);
    world.run(12 * HOUR_MS);
    // The last copy of a site stays, though it is one more.
    assertCopies(world, 3, 2);
  },
);
