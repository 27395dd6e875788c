/** What a ring promises, told with all of its faults in virtual time. */
import assert from 'node:assert/strict';
import { isBetweenOpenClosed } from '../ring/interval.ts';
import { DEFAULT_PARAMETERS } from '../ring/parameters.ts';
import { headsAreTrue, isIdeal, trueOwner, whatIsBroken } from './live-ring.ts';
import { randomIdentifier, sample } from './random.ts';
import type { SimulatedNode } from './simulated-node.ts';
import { assertTrueOwners, eventually, story } from './story.ts';
import { World } from './world.ts';

const FILE = 'src/simulator/stories.test.ts';
const SETTLED_MS = 60_000;
const REPAIR_MS = 15_000;

/** A ring of `count` that has come to rest. */
function settledRing(seed: number, count: number): { world: World; nodes: SimulatedNode[] } {
  const world = new World({ seed });
  const nodes = world.startRing(count, 100);
  eventually(world, isIdeal, 30_000);
  world.run(SETTLED_MS);
  assert.equal(isIdeal(world.live()), null);
  return { world, nodes };
}

for (const count of [1, 2, 3, 5, 32]) {
  story(`${count} nodes that join one after the other become one ideal ring`, FILE, (seed) => {
    const world = new World({ seed });
    world.startRing(count, 1_000);
    eventually(world, isIdeal, 10_000);
    assertTrueOwners(world, 50);
  });

  story(`${count} nodes that join at once become one ideal ring`, FILE, (seed) => {
    const world = new World({ seed });
    world.startRing(count, 0);
    eventually(world, isIdeal, 10_000);
    assert.equal(whatIsBroken(world.live()), null);
    assertTrueOwners(world, 50);
  });
}

story('a settled ring of 32 answers lookups in one hop', FILE, (seed) => {
  const { world } = settledRing(seed, 32);
  const hops = assertTrueOwners(world, 300);
  assert.ok(
    hops.every((count) => count <= 1),
    `hops: ${hops}`,
  );
});

story('a ring at rest is quiet: few messages, none of them about change', FILE, (seed) => {
  const { world } = settledRing(seed, 32);
  const before = world.network.sent;
  world.run(60_000);
  const perNodeAndSecond = (world.network.sent - before) / 32 / 60;
  assert.ok(perNodeAndSecond < 4, `${perNodeAndSecond} messages per node and second`);
});

story('ten of 32 killed at once: ideal within 15 s, and every owner true', FILE, (seed) => {
  const { world, nodes } = settledRing(seed, 32);
  for (const node of sample(world.random, nodes, 10)) world.kill(node);
  assertTrueOwners(world, 20, REPAIR_MS);
  eventually(world, isIdeal, REPAIR_MS);
  assertTrueOwners(world, 100);
});

story(
  'ten of 32 paused for a minute: the others close the ring; back again, every owner is true within 15 s',
  FILE,
  (seed) => {
    const { world, nodes } = settledRing(seed, 32);
    const paused = sample(world.random, nodes, 10);
    for (const node of paused) node.pause();
    world.run(REPAIR_MS);
    assert.equal(isIdeal(world.live()), null);
    assertTrueOwners(world, 50);
    world.run(45_000);
    for (const node of paused) node.resume();
    world.run(REPAIR_MS);
    assert.equal(isIdeal(world.live()), null);
    assertTrueOwners(world, 200);
  },
);

story('nodes that go on after a pause claim no key of those that joined meanwhile', FILE, (seed) => {
  const { world, nodes } = settledRing(seed, 16);
  const [first, ...others] = nodes;
  assert.ok(first);
  const paused = sample(world.random, others, 6);
  for (const node of paused) node.pause();
  world.run(20_000);
  for (let i = 0; i < 16; i++) world.start([first]);
  world.run(40_000);
  const stayed = world.live();
  for (const node of paused) node.resume();
  // They ask at once, before they could learn anything. Until the ring knows of them again, either owner is true.
  for (let i = 0; i < 20; i++) {
    assertNoneStoodNearer(world, paused, stayed);
    world.run(i);
  }
});

function assertNoneStoodNearer(
  world: World,
  askers: readonly SimulatedNode[],
  stayed: readonly SimulatedNode[],
): void {
  const key = randomIdentifier(world.random);
  const asked = askers.map((node) => ({ node, lookupId: node.lookup(key, 10_000) }));
  const isDone = (): boolean => asked.every(({ node, lookupId }) => node.results.has(lookupId));
  assert.notEqual(world.runUntil(isDone, 11_000, 1), null);
  for (const { node, lookupId } of asked) {
    const owner = node.results.get(lookupId)?.owner?.id ?? '';
    const settled = trueOwner(stayed, key);
    assert.ok(
      owner === settled || isBetweenOpenClosed(key, owner, settled),
      `${key}: ${owner}, not ${settled}`,
    );
  }
}

story('a graceful leave fails no lookup that is under way', FILE, (seed) => {
  const { world, nodes } = settledRing(seed, 12);
  const asked: { node: SimulatedNode; lookupId: number }[] = [];
  const leaving = sample(world.random, nodes.slice(1), 6);
  const staying = nodes.filter((node) => !leaving.includes(node));
  for (const node of leaving) {
    node.feed({ type: 'leave' });
    for (let i = 0; i < 40; i++) {
      const asker = staying[i % staying.length] as SimulatedNode;
      asked.push({ node: asker, lookupId: asker.lookup(randomIdentifier(world.random), 5_000) });
      world.run(25);
    }
  }
  world.run(6_000);
  for (const { node, lookupId } of asked) assert.equal(node.results.get(lookupId)?.outcome, 'found');
  for (const node of leaving) assert.equal(node.state.phase, 'left');
  eventually(world, isIdeal, REPAIR_MS);
});

story('a node that speaks and cannot be reached takes no key out of service', FILE, (seed) => {
  const { world, nodes } = settledRing(seed, 12);
  const [seedNode] = nodes;
  assert.ok(seedNode);
  const unreachable = world.start([seedNode]);
  world.network.shut(unreachable.contact.address);
  for (let round = 0; round < 30; round++) {
    world.run(2_000);
    const asker = nodes[round % nodes.length] as SimulatedNode;
    const { outcome, owner } = world.lookup(asker, unreachable.contact.id);
    assert.equal(outcome, 'found', `after ${world.schedule.now} ms`);
    assert.equal(owner?.id, trueOwner(nodes, unreachable.contact.id));
  }
});

story('a lookup asked of a node that leaves is answered', FILE, (seed) => {
  const { world, nodes } = settledRing(seed, 12);
  const [, leaver] = nodes;
  assert.ok(leaver);
  leaver.feed({ type: 'leave' });
  const asked = Array.from({ length: 5 }, () => leaver.lookup(randomIdentifier(world.random), 5_000));
  asked.push(leaver.lookup(leaver.contact.id, 5_000));
  world.run(3_000);
  for (const lookupId of asked) assert.equal(leaver.results.get(lookupId)?.outcome, 'found');
});

story('lookups that wait for a silent owner do not flood the ring', FILE, (seed) => {
  const { world, nodes } = settledRing(seed, 32);
  const [asker, owner] = sample(world.random, nodes, 2);
  assert.ok(asker && owner);
  owner.pause();
  const before = world.network.sent;
  for (let i = 0; i < 50; i++) asker.lookup(owner.contact.id, 4_500);
  world.run(4_500);
  assert.ok(world.network.sent - before < 10_000, `${world.network.sent - before} messages`);
});

story('a node that was paused says when it is in doubt, and when it is sure again', FILE, (seed) => {
  const { world, nodes } = settledRing(seed, 16);
  const [paused] = sample(world.random, nodes, 1);
  assert.ok(paused);
  paused.pause();
  world.run(60_000);
  paused.events.length = 0;
  paused.resume();
  world.run(REPAIR_MS);
  const told = paused.events.map(({ type }) => type);
  assert.ok(told.includes('doubted') && told.indexOf('settled') > told.indexOf('doubted'), `${told}`);
});

story('two nodes parted for ten minutes are one ring within 30 s', FILE, (seed) => {
  const { world, nodes } = settledRing(seed, 2);
  const [first] = nodes;
  world.network.partition((address) => (address === first?.contact.address ? 0 : 1));
  world.run(600_000);
  world.network.heal();
  eventually(world, isIdeal, 30_000);
});

story('nodes killed and started again at once under their old ids are taken for new lives', FILE, (seed) => {
  const { world, nodes } = settledRing(seed, 12);
  const [seedNode, ...others] = nodes;
  assert.ok(seedNode);
  for (const node of sample(world.random, others, 5)) {
    world.restart(node, [seedNode]);
    world.run(300);
  }
  eventually(world, isIdeal, REPAIR_MS);
  for (const { state } of world.live()) {
    for (const { id, incarnation } of state.successors) {
      assert.equal(incarnation, world.live().find((node) => node.contact.id === id)?.contact.incarnation);
    }
  }
  assertTrueOwners(world, 100);
});

story(
  'two halves of a partition are rings of their own, and one again within 30 s after it heals',
  FILE,
  (seed) => {
    const { world, nodes } = settledRing(seed, 24);
    const left = new Set(sample(world.random, nodes, 12).map((node) => node.contact.address));
    world.network.partition((address) => (left.has(address) ? 0 : 1));
    world.run(120_000);
    const [a, b] = [
      nodes.filter((node) => left.has(node.contact.address)),
      nodes.filter((node) => !left.has(node.contact.address)),
    ];
    assert.equal(isIdeal(a), null);
    assert.equal(isIdeal(b), null);
    world.network.heal();
    eventually(world, isIdeal, 60_000);
    assertTrueOwners(world, 100);
  },
);

story('with 5 % of messages lost a ring forms, and kills are repaired', FILE, (seed) => {
  const world = new World({
    seed,
    conditions: { latency: { type: 'uniform', minMs: 1, maxMs: 30 }, loss: 0.05 },
  });
  const nodes = world.startRing(32, 100);
  eventually(world, isIdeal, 60_000);
  for (const node of sample(world.random, nodes, 10)) world.kill(node);
  eventually(world, headsAreTrue, 30_000);
  assertTrueOwners(world, 100, 10_000);
});

story('the last node of a ring serves alone, and takes the others in again', FILE, (seed) => {
  const { world, nodes } = settledRing(seed, 3);
  const [a, b, c] = nodes;
  assert.ok(a && b && c);
  world.kill(a);
  world.kill(b);
  eventually(world, isIdeal, REPAIR_MS);
  assertTrueOwners(world, 10);
  world.restart(a, [c]);
  world.restart(b, [c]);
  eventually(world, isIdeal, REPAIR_MS);
});

story('orphans that find only one another make one ring, and nobody owns a key before it', FILE, (seed) => {
  // Now and then one of the two finds the other before that one has lost its place.
  const rounds = Array.from({ length: 4 }, (_, round) => orphanTwo(seed + round));
  assert.ok(rounds.includes('both'), 'two lost their places at once');
});

/** In a ring of four with lists of one, the second and the fourth die. */
function orphanTwo(seed: number): 'both' | 'one' {
  const world = new World({ seed, parameters: { ...DEFAULT_PARAMETERS, successorCount: 1 } });
  world.startRing(4, 500);
  eventually(world, isIdeal, 30_000);
  // Until each knows every other, and not only its neighbours.
  world.run(SETTLED_MS);
  const [a, b, c, d] = world.live().sort((left, right) => (left.contact.id < right.contact.id ? -1 : 1));
  assert.ok(a && b && c && d);
  world.kill(b);
  world.kill(d);
  const isOrphan = ({ state }: SimulatedNode): boolean => state.phase === 'orphan';
  const ownsAll = ({ state }: SimulatedNode): boolean =>
    state.phase === 'member' && state.doubt === null && state.successors.length === 0;
  let orphaned: 'both' | 'one' = 'one';
  const took = world.runUntil(
    () => {
      if (isOrphan(a) && isOrphan(c)) orphaned = 'both';
      assert.ok(!ownsAll(a) && !ownsAll(c), 'one claims every key while the other has no place');
      return isIdeal([a, c]) === null;
    },
    REPAIR_MS,
    10,
  );
  assert.notEqual(took, null, `${isIdeal([a, c])}`);
  assertTrueOwners(world, 10);
  return orphaned;
}
