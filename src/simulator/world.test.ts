/** The world itself: that a run repeats, and that each fault does to a node what it is meant to do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Input } from '../ring/effect.ts';
import { isIdeal } from './live-ring.ts';
import { sample } from './random.ts';
import { knowEverybody } from './static-ring.ts';
import { assertTrueOwners, eventually, story } from './story.ts';
import { World, type WorldOptions } from './world.ts';

const FILE = 'src/simulator/world.test.ts';
const ROUGH: Omit<WorldOptions, 'seed'> = {
  conditions: {
    latency: { type: 'lognormal', medianMs: 10, sigma: 0.7, maxMs: 400 },
    acrossMs: 30,
    loss: 0.03,
    duplication: 0.02,
    reordering: 0.05,
    reorderMaxMs: 300,
  },
  clockDrift: 0.01,
};

function onStep(world: World, stepped: (input: Input) => void): void {
  const ignore = (): void => {};
  world.witness = { started: ignore, ended: ignore, told: ignore, stepped: (_, input) => stepped(input) };
}

/** Twenty nodes through every fault there is. */
function roughRun(seed: number): string {
  const world = new World({ seed, ...ROUGH });
  const nodes = world.startRing(20, 200);
  world.run(5_000);
  const [dead, gone, paused, slow, again, leaver] = sample(world.random, nodes.slice(1), 6);
  const [first] = nodes;
  assert.ok(first && dead && gone && paused && slow && again && leaver);
  world.network.breakPairs(0.023);
  world.network.cut(first.contact.address, paused.contact.address);
  world.kill(dead);
  world.crash(gone);
  paused.pause();
  slow.slowDown(10);
  world.leave(leaver);
  world.run(5_000);
  world.restart(again, [first], { withDisk: true });
  paused.resume();
  slow.clock.jump(3_600_000);
  for (const node of world.live()) node.lookup(dead.contact.id, 3_000);
  world.run(20_000);
  return world.traceHash;
}

story('the same seed gives the same run, event for event; another seed another', FILE, (seed) => {
  const hash = roughRun(seed);
  assert.equal(roughRun(seed), hash);
  assert.notEqual(roughRun(seed + 1), hash);
  assert.notEqual(hash, '0'.repeat(16));
});

story('a killed process refuses, a crashed machine is silent', FILE, (seed) => {
  const reasons = (end: 'kill' | 'crash'): string[] => {
    const world = new World({ seed });
    const [first, second] = world.startRing(2, 100);
    assert.ok(first && second);
    world.run(5_000);
    const heard: string[] = [];
    onStep(world, (input) => {
      if (input.type === 'failure') heard.push(input.reason);
    });
    world[end](second);
    world.run(4_000);
    return [...new Set(heard)];
  };
  assert.deepEqual(reasons('kill'), ['refused']);
  assert.deepEqual(reasons('crash'), ['deadline']);
});

story('with its disk a node finds the ring without a seed, without it only by one', FILE, (seed) => {
  const world = new World({ seed });
  const [first, second] = world.startRing(2, 100);
  assert.ok(first && second);
  world.run(30_000);
  assert.deepEqual(
    second.disk.map(({ contact }) => contact.id),
    [first.contact.id],
  );
  const forgetful = world.restart(second, [first]);
  assert.deepEqual(forgetful.disk, []);
  assert.equal(forgetful.contact.incarnation, second.contact.incarnation + 1);
  eventually(world, isIdeal, 15_000);
  const next = world.restart(second, [], { withDisk: true });
  assert.equal(next.contact.id, second.contact.id);
  eventually(world, isIdeal, 15_000);
});

story('what is said to a paused node is under way until it goes on', FILE, (seed) => {
  const world = new World({ seed });
  const [first, second] = world.startRing(2, 100);
  assert.ok(first && second);
  world.run(5_000);
  second.pause();
  world.run(4_000);
  const waiting = world.inFlight().filter(({ to }) => to.id === second.contact.id);
  assert.ok(waiting.length > 0);
  assert.ok(waiting.every(({ from }) => from.id === first.contact.id));
  second.resume();
  assert.ok(world.inFlight().every(({ to, reply }) => to.id !== second.contact.id || reply !== null));
  world.crash(first);
  world.run(60_000);
  assert.equal(world.inFlight().length, 0);
});

story('a list on its way is seen', FILE, (seed) => {
  const world = new World({ seed });
  world.startRing(8, 0);
  let seen = 0;
  onStep(world, () => {
    for (const { reply } of world.inFlight()) if (reply?.type === 'neighbours') seen++;
  });
  eventually(world, isIdeal, 10_000);
  assert.ok(seen > 0);
});

story('a node ten times as slow answers late', FILE, (seed) => {
  const world = new World({ seed });
  const [first, second] = world.startRing(2, 100);
  assert.ok(first && second);
  world.run(5_000);
  const elapsed = (): number => {
    const took = Array.from({ length: 20 }, () => world.lookup(first, second.contact.id).path[0]?.elapsedMs);
    return Math.min(...took.map((ms) => ms ?? 0));
  };
  const usual = elapsed();
  second.slowDown(10);
  const slow = elapsed();
  second.slowDown(1);
  assert.ok(slow > 3 * usual, `${slow} ms slow, ${usual} ms before`);
  assert.ok(elapsed() < slow);
});

test('a clock that gains one in a hundred fires its timers early, and its wall clock jumps alone', () => {
  const world = new World({ seed: 1, clockDrift: 0.01 });
  const node = world.start();
  const { rate } = node.clock;
  assert.ok(rate !== 1 && Math.abs(rate - 1) <= 0.01);
  const fired: number[] = [];
  onStep(world, (input) => {
    if (input.type === 'timer') fired.push(world.schedule.now);
  });
  const due = Math.min(...node.state.timers.values());
  world.run(2_000);
  assert.ok(Math.abs((fired[0] ?? 0) - due / rate) < 1e-6);
  const [monotonic, wall] = [node.nowMs, node.wallMs];
  node.clock.jump(-3_600_000);
  assert.equal(node.nowMs, monotonic);
  assert.equal(node.wallMs, wall - 3_600_000);
});

test('a node that leaves ends when its core has said so', () => {
  const world = new World({ seed: 1 });
  const [, second] = world.startRing(2, 100);
  assert.ok(second);
  world.run(5_000);
  world.leave(second);
  assert.ok(second.isRunning);
  world.run(2_000);
  assert.ok(!second.isRunning);
  eventually(world, isIdeal, 5_000);
});

test('what the codec makes of a message is what arrives, and its bytes are counted', () => {
  let carried = 0;
  const codec: WorldOptions['codec'] = {
    carryRequest: (from, to, request) => {
      carried++;
      return {
        from: { ...from },
        toIncarnation: to.incarnation,
        request: structuredClone(request),
        bytes: 100,
      };
    },
    carryReply: (from, reply) => {
      carried++;
      return { from: { ...from }, reply: structuredClone(reply), bytes: 10 };
    },
  };
  const world = new World({ seed: 1, codec });
  const nodes = world.startRing(4, 100);
  eventually(world, isIdeal, 10_000);
  world.run(1_000);
  const sum = (count: (traffic: (typeof nodes)[0]['traffic']) => number): number =>
    nodes.reduce((total, { traffic }) => total + count(traffic), 0);
  assert.equal(
    sum(({ sent }) => sent),
    carried,
  );
  const underWay = world.inFlight().reduce((bytes, { reply }) => bytes + (reply === null ? 100 : 10), 0);
  assert.equal(
    sum(({ sentBytes }) => sentBytes),
    sum(({ receivedBytes }) => receivedBytes) + underWay,
  );
});

story(
  'a static ring is ideal, stays so, and looks keys up in one hop where everybody is known',
  FILE,
  (seed) => {
    const world = new World({ seed });
    world.staticRing(100, { runs: true, furnish: knowEverybody });
    assert.equal(isIdeal(world.live()), null);
    const hops = assertTrueOwners(world, 100);
    assert.ok(
      hops.every((count) => count <= 1),
      `${hops}`,
    );
    world.run(120_000);
    assert.equal(isIdeal(world.live()), null);
    const changes = world.nodes
      .flatMap(({ events }) => events)
      .filter(({ type }) => type === 'neighboursChanged');
    assert.equal(changes.length, 0);
  },
);

story('two nodes, and one, are static rings too', FILE, (seed) => {
  for (const count of [1, 2]) {
    const world = new World({ seed });
    world.staticRing(count, { runs: true });
    world.run(60_000);
    assert.equal(isIdeal(world.live()), null);
    assertTrueOwners(world, 20);
  }
});
