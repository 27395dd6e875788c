/** How lookups find their way, told in virtual time. */
import assert from 'node:assert/strict';
import { slotStart } from '../ring/finger-slots.ts';
import { choicesFor, fits } from '../ring/fingers.ts';
import type { Contact } from '../ring/message.ts';
import { DEFAULT_PARAMETERS, type RingParameters } from '../ring/parameters.ts';
import { positionOf } from '../ring/routes.ts';
import { isIdeal } from './live-ring.ts';
import type { NetworkConditions } from './network.ts';
import type { SimulatedNode } from './simulated-node.ts';
import { assertTrueOwners, eventually, story } from './story.ts';
import { World } from './world.ts';

const FILE = 'src/simulator/routing.test.ts';
const FILLED_MS = 90_000;
const WITHOUT_ROUTES: RingParameters = { ...DEFAULT_PARAMETERS, routesMax: 0, successorCount: 8 };

function ringOf(count: number, seed: number, parameters: RingParameters, conditions?: NetworkConditions) {
  const world = new World({ seed, parameters, traces: false, ...(conditions && { conditions }) });
  const nodes = world.startRing(count, 20);
  eventually(world, isIdeal, 30_000);
  world.run(FILLED_MS);
  return { world, nodes };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const sortedContacts = (nodes: readonly SimulatedNode[]): Contact[] =>
  nodes.map(({ contact }) => contact).sort((a, b) => (a.id < b.id ? -1 : 1));

story('without a routing table fingers fill by lookups, and the way is short', FILE, (seed) => {
  const { world, nodes } = ringOf(200, seed, WITHOUT_ROUTES);
  const living = new Set(nodes.map(({ contact }) => contact.id));
  for (const { state } of nodes) {
    const { slots, contacts, checkedAt } = state.fingers;
    for (const [at, slot] of slots.entries()) {
      const contact = contacts[at] ?? null;
      assert.notEqual(checkedAt[at], Number.NEGATIVE_INFINITY, 'a slot was never filled');
      if (contact !== null) assert.ok(living.has(contact.id) && fits(state, slot, contact, 100));
    }
  }
  const hops = assertTrueOwners(world, 500);
  assert.ok(mean(hops) <= 2.4, `${mean(hops)} hops`);
});

story('of those near the start of a slot the nearer ones by round trip stand in it', FILE, (seed) => {
  const acrossMs = 100;
  const conditions: NetworkConditions = { latency: { type: 'uniform', minMs: 1, maxMs: 1.5 }, acrossMs };
  const { world, nodes } = ringOf(256, seed, { ...WITHOUT_ROUTES, successorCount: 4 }, conditions);
  world.run(60_000);
  const sorted = sortedContacts(nodes);
  const chosen: number[] = [];
  const all: number[] = [];
  for (const node of nodes.slice(0, 64)) {
    for (const { contact, choices } of chosenIn(node, sorted)) {
      chosen.push(oneWayMs(world, node.contact, contact));
      all.push(mean(choices.map((choice) => oneWayMs(world, node.contact, choice))));
    }
  }
  assert.ok(chosen.length > 200 && mean(chosen) < 0.85 * mean(all), `${mean(chosen)} of ${mean(all)} ms`);
});

/** Between nodes that are not slow this is the way alone. */
const oneWayMs = (world: World, from: Contact, to: Contact): number =>
  world.network.delayMs(from.address, to.address, false);

/** Fingers of a node with those near the slots' starts, by the whole ring, where there is a choice. */
function chosenIn({ state }: SimulatedNode, sorted: readonly Contact[]) {
  return state.fingers.slots.flatMap((slot, at) => {
    const first = positionOf(sorted, slotStart(state.self.id, slot));
    const from = Array.from({ length: 16 }, (_, i) => sorted[(first + i) % sorted.length] as Contact);
    const choices = choicesFor(state, slot, from, 256);
    const contact = state.fingers.contacts[at] ?? null;
    return contact === null || choices.length < 4 ? [] : [{ contact, choices }];
  });
}
