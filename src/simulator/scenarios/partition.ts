/** The network falls into two parts, each a ring of its own, and comes together again (docs/ring.md, Merge). */

import type { Random } from '../../ring/effect.ts';
import { headsAreIdeal, ideal } from '../checkers/ideal.ts';
import { nameOf, RingView } from '../checkers/ring-view.ts';
import { LARGE_RING } from '../large-ring.ts';
import { befallNodes } from '../node-faults.ts';
import { sample } from '../random.ts';
import type { Run } from '../run.ts';
import type { Scenario } from '../scenario.ts';

const MINUTE_MS = 60_000;
const FULL_SIZE = 500;
const LARGE_PARTED_MINUTES = 1;
/** The longest wait between two tries of a dead member, and what comes of the first that answers. */
const CONTACT_WITHIN_MS = 320_000;

export const PARTITION: Scenario = {
  name: 'partition',
  faults: ['duplication', 'drift', 'clockJump', 'reordering', 'crash', 'join', 'leave'],
  strength: 'mild',
  quietWithinMs: 60_000,
  demands: [
    {
      what: 'one ring after first contact',
      unit: 'ms',
      of: 'oneRingMs',
      atMost: 30_000,
    },
    { what: 'ideal after first contact', unit: 'ms', of: 'idealMs', atMost: 60_000 },
    {
      what: 'lookups in one part that fail',
      unit: 'share',
      of: 'lookupsFailed',
      per: 'lookups',
      atMost: 0.001,
    },
  ],
  draw: ({ world, nodes }) => ({
    smallerShare: world.random() < 0.5 ? 0.5 : 0.1,
    partedMinutes: partedMinutesOf(nodes, world.random),
  }),
  actOne: (run) => {
    const { world, drawn, figures, inspector } = run;
    const count = Math.max(1, Math.round((drawn.smallerShare as number) * run.nodes));
    const smaller = new Set(sample(world.random, world.live(), count).map(({ contact }) => contact.address));
    const sideOf = (address: string): number => (smaller.has(address) ? 1 : 0);
    run.sideOf = sideOf;
    inspector.assumptions.end(world.schedule.now, `parted: ${count} of ${run.nodes} on one side`);
    inspector.mayMisjudge = true;
    world.network.partition(sideOf);
    const partedMs = (drawn.partedMinutes as number) * MINUTE_MS;
    // Each part must keep some who remember the other.
    befallNodes(run, world.schedule.now + partedMs - 30_000, run.nodes / 8);
    world.run(30_000);
    run.load.ask(20, () => run.members());
    world.run(partedMs - 35_000);
    run.load.ask(0, () => []);
    world.run(5_500);
    for (const side of [0, 1]) reportUnlessIdeal(run, side, sideOf);
    world.network.heal();
    run.sideOf = null;
    if (sidesOf(run, sideOf) === 2) meet(run, sideOf);
    figures.partedMs = partedMs;
  },
};

/** Of many nodes as long as it takes for each part to become a ring and for churn to leave its marks. */
function partedMinutesOf(nodes: number, random: Random): number {
  if (nodes >= LARGE_RING) return LARGE_PARTED_MINUTES;
  return nodes >= FULL_SIZE || random() < 0.2 ? 10 : 1 + Math.floor(random() * 3);
}

/** A small part may have died out. */
function sidesOf({ world }: Run, sideOf: (address: string) => number): number {
  return new Set(world.live().map(({ contact }) => sideOf(contact.address))).size;
}

/** Each part by itself has become a ring. */
function reportUnlessIdeal({ inspector }: Run, side: number, sideOf: (address: string) => number): void {
  const places = inspector.view.places.filter(({ contact }) => sideOf(contact.address) === side);
  const wrong = ideal(new RingView(places));
  if (wrong !== null) inspector.report('convergence', `part ${side} did not become a ring: ${wrong}`);
}

/** From the end of the partition until the ring is ideal, counted from the first word that crossed. */
function meet(run: Run, sideOf: (address: string) => number): void {
  const { world, figures, inspector } = run;
  let contactAt: number | null = null;
  run.onlookers.push((node, input) => {
    if (contactAt !== null || (input.type !== 'request' && input.type !== 'reply')) return;
    if (sideOf(input.from.address) !== sideOf(node.contact.address)) contactAt = world.schedule.now;
  });
  const healedAt = world.schedule.now;
  world.runUntil(() => contactAt !== null, CONTACT_WITHIN_MS, 100);
  run.onlookers.length = 0;
  figures.oneRingMs = null;
  figures.idealMs = null;
  if (contactAt === null) {
    inspector.report(
      'convergence',
      `no word crossed within ${CONTACT_WITHIN_MS} ms: ${nameOf(world.live()[0]?.contact)}`,
    );
    return;
  }
  figures.contactMs = contactAt - healedAt;
  const since = contactAt;
  world.runUntil(
    () => {
      if (inspector.outsiders > 0) return false;
      if (headsAreIdeal(inspector.view) === null) figures.oneRingMs ??= world.schedule.now - since;
      return figures.oneRingMs !== null && ideal(inspector.view) === null;
    },
    60_000,
    100,
  );
  if (inspector.isIdeal) figures.idealMs = world.schedule.now - since;
}
