/**
 * Every order of so many turns in which the nodes of a tiny ring can go and come back: below what the proof covers, and above
 * all where it counts (docs/ring.md, Small rings). The number of a seed is the number of an order and, of 2 and 3 nodes, of its wait and way.
 */
import { isIdeal } from '../../../src/simulator/live-ring.ts';
import { seededRandom } from '../../../src/simulator/random.ts';
import { foundAfterSilence } from '../../../src/simulator/silence.ts';
import type { SimulatedNode } from '../../../src/simulator/simulated-node.ts';
import { World } from '../../../src/simulator/world.ts';
import type { Sample, Workload } from '../workload.ts';

/** Turns in one order: of N nodes one is turned off or on, so that there are N to this power. */
const TURNS: Readonly<Record<number, number>> = { 1: 1, 2: 7, 3: 5, 5: 4 };
const QUIET_MS = 30_000;
/** After a turn either nothing is known of it yet, or all is. */
const WAITS_MS = [100, 1_500, 12_000];
/** Each wait, with each way to go: refused at one's address, or silent. */
const MANNERS = WAITS_MS.flatMap((waitMs) => [
  { waitMs, isSilent: false },
  { waitMs, isSilent: true },
]);
/** Of so many nodes every order has every manner, the same at each turn. */
const EVERY_MANNER_UP_TO = 3;

type Manner = (typeof MANNERS)[number];

export const TINY_ORDERS: Workload = {
  title: 'Tiny rings, every order',
  what:
    'Rings of 1, 2, 3 and 5 nodes. One after the other is turned off or on again, 1, 7, 5 and 4 times, in every order of so many ' +
    'turns, by crash or kill, with waits of 0.1, 1.5 or 12 s: of 2 and 3 nodes each order with each of the six, the same at every ' +
    'turn; of 5 each order once, way and waits by chance. The last that runs stays. Then all are on, and 30 s are quiet.',
  measures: {
    apart: { name: 'not one ideal ring after 30 s', kind: 'share', demand: { atMost: 0 } },
    took: { name: 'ideal after', kind: 'every', unit: 's', demand: { atMost: QUIET_MS / 1_000 } },
  },
  quick: [
    { nodes: 2, seeds: MANNERS.length * 2 ** 7 },
    { nodes: 3, seeds: MANNERS.length * 3 ** 5 },
  ],
  full: [
    { nodes: 1, seeds: 1 },
    { nodes: 2, seeds: MANNERS.length * 2 ** 7 },
    { nodes: 3, seeds: MANNERS.length * 3 ** 5 },
    { nodes: 5, seeds: 5 ** 4 },
  ],
  run: (seed, count): Sample => {
    const random = seededRandom(seed);
    const world = new World({ seed, traces: false });
    const slots = world.startRing(count, 200);
    world.run(20_000);
    const byChance = (): Manner => MANNERS[Math.floor(random() * MANNERS.length)] as Manner;
    let order = seed - 1;
    let held: Manner | null = null;
    if (count > 1 && count <= EVERY_MANNER_UP_TO) {
      held = MANNERS[order % MANNERS.length] as Manner;
      order = Math.floor(order / MANNERS.length);
    }
    for (let turns = TURNS[count] ?? 4; turns > 0; turns--) {
      const slot = order % count;
      order = Math.floor(order / count);
      const manner = held ?? byChance();
      slots[slot] = turn(world, slots, slot, manner, random);
      world.run(manner.waitMs);
    }
    for (const [slot, node] of slots.entries())
      if (!node.isRunning) slots[slot] = turn(world, slots, slot, byChance(), random);
    const tookMs = world.runUntil(() => isIdeal(world.live()) === null, QUIET_MS);
    return {
      figures: {
        apart: { events: tookMs === null ? 1 : 0, of: 1 },
        took: tookMs === null ? null : tookMs / 1_000,
      },
    };
  },
};

function turn(
  world: World,
  slots: readonly SimulatedNode[],
  slot: number,
  { isSilent }: Manner,
  random: () => number,
): SimulatedNode {
  const node = slots[slot] as SimulatedNode;
  const others = slots.filter((each) => each !== node && each.isRunning);
  if (!node.isRunning) {
    const next = world.restart(node, others, { withDisk: random() < 0.5 });
    foundAfterSilence(world, next, () => true);
    return next;
  }
  if (others.length === 0) return node;
  if (isSilent) world.crash(node);
  else world.kill(node);
  return node;
}
