/** Rings that are whole each, and are to be one (docs/ring.md, Merge): partitions, two rings interleaved, one that winds twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Random } from '../ring/effect.ts';
import type { Contact } from '../ring/message.ts';
import { DEFAULT_PARAMETERS, type RingParameters } from '../ring/parameters.ts';
import { setSuccessors } from '../ring/successors.ts';
import { headsAreTrue, isIdeal, whatIsBroken } from './live-ring.ts';
import { sample } from './random.ts';
import type { SimulatedNode } from './simulated-node.ts';
import { assertTrueOwners, eventually, story } from './story.ts';
import { World } from './world.ts';

const FILE = 'src/simulator/merges.test.ts';
const PARTED_MS = 600_000;
const COUNT = 60;

for (const share of [0.5, 0.1]) {
  story(
    `after ten minutes in parts of ${100 * share} % and the rest a ring is one again within 30 s and ideal within 60 s`,
    FILE,
    (seed) => {
      const world = new World({ seed });
      const nodes = world.staticRing(COUNT, { runs: true });
      world.run(60_000);
      const part = sample(world.random, nodes, COUNT * share);
      const inside = new Set(part.map(({ contact }) => contact.address));
      world.network.partition((address) => (inside.has(address) ? 0 : 1));
      world.run(PARTED_MS);
      assert.equal(isIdeal(part), null);
      assert.equal(isIdeal(nodes.filter((node) => !part.includes(node))), null);
      world.network.heal();
      // First contact comes with the next try to reach one thought dead.
      eventually(world, () => (returns(nodes) > 0 ? null : 'no contact'), 300_000);
      const oneRingMs = eventually(world, headsAreTrue, 30_000);
      eventually(world, isIdeal, 60_000 - oneRingMs);
      assertTrueOwners(world, 50);
    },
  );
}

function returns(nodes: readonly SimulatedNode[]): number {
  return nodes.flatMap(({ events }) => events).filter(({ type }) => type === 'returned').length;
}

story('two whole rings of which one node has heard of the other become one', FILE, (seed) => {
  const world = new World({ seed });
  const one = world.staticRing(24, { runs: true });
  const other = world.staticRing(24, { runs: true });
  world.run(30_000);
  const [asker, met] = [one[0], other[12]];
  assert.ok(asker && met);
  asker.feed({ type: 'candidates', contacts: [met.contact] });
  eventually(world, isIdeal, PARTED_MS);
  assert.equal(whatIsBroken(world.live()), null);
});

/** Two rings of two neighbours each, as a partition leaves them, that can reach one another again. */
function partedInTwos(seed: number, parameters: RingParameters): World {
  const world = new World({ seed, parameters });
  const nodes = world.staticRing(4, { runs: true });
  world.run(60_000);
  const inside = new Set(nodes.slice(0, 2).map(({ contact }) => contact.address));
  world.network.partition((address) => (inside.has(address) ? 0 : 1));
  world.run(120_000);
  world.network.heal();
  return world;
}

story(
  'where members are no candidates a ring of four that was parted stays two, and else is one',
  FILE,
  (seed) => {
    eventually(partedInTwos(seed, DEFAULT_PARAMETERS), isIdeal, 300_000);
    const safeguards = { ...DEFAULT_PARAMETERS.safeguards, memberCandidates: false };
    const world = partedInTwos(seed, { ...DEFAULT_PARAMETERS, safeguards });
    world.run(PARTED_MS);
    // Everybody knows everybody again, and nobody asks: each list names the other of its pair.
    assert.match(whatIsBroken(world.live()) ?? 'nothing', /^2 rings/);
  },
);

/** Gossip would show a node those between: nobody exchanges lists. */
const UNGOSSIPING = {
  ...DEFAULT_PARAMETERS,
  exchangeIntervalMs: 10 * PARTED_MS,
  exchangeNewsMs: 10 * PARTED_MS,
};

story('a ring that winds twice is straightened', FILE, (seed) => {
  const world = new World({ seed, parameters: UNGOSSIPING });
  world.staticRing(101, { runs: true, furnish: windTwice });
  assert.notEqual(headsAreTrue(world.live()), null);
  eventually(world, isIdeal, PARTED_MS);
});

test('without the merge probe a ring that winds twice can stay so', () => {
  // Of one seed: by others somebody hears of one between by chance, and all unwinds.
  const world = new World({ seed: 1, parameters: { ...UNGOSSIPING, mergeProbability: 0 } });
  world.staticRing(101, { runs: true, furnish: windTwice });
  world.run(PARTED_MS);
  assert.notEqual(headsAreTrue(world.live()), null);
});

/** Each follows the next but one, all in one cycle as their number is odd, and knows none of those between by name. */
function windTwice(
  state: SimulatedNode['state'],
  ring: readonly Contact[],
  place: number,
  random: Random,
): void {
  const at = (i: number): Contact => ring[(place + i + ring.length) % ring.length] as Contact;
  const successors = Array.from({ length: state.parameters.successorCount }, (_, i) => at(2 * (i + 1)));
  state.members.clear();
  state.routes.length = 0;
  setSuccessors({ state, now: 0, random, effects: [], facts: [] }, successors, { type: 'join' });
  state.predecessor = at(-2);
  state.seeds.push(at(51));
}
