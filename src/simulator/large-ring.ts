/** Rings of thousands: written down at rest, for to join them one by one takes longer than what is to be seen on them. */

import type { SimulatedNode } from './simulated-node.ts';
import { knowEverybody, knowFingers } from './static-ring.ts';
import type { World } from './world.ts';

/** From so many nodes on, runs begin with such a ring and are as short as what they are to show (docs/figures/ring.md). */
export const LARGE_RING = 5_000;

/** An ideal ring in motion: member lists full, as gossip leaves them in time, and everybody in the table where it has room. */
export function ringInMotion(world: World, count: number): SimulatedNode[] {
  const { membersMax, routesMax } = world.parameters;
  return world.staticRing(count, {
    runs: true,
    met: 2 * membersMax,
    furnish: (state, ring, place, random) => {
      // Where a ring at rest has come to, without the hours in which members learn of one another.
      if (count <= routesMax) knowEverybody(state, ring);
      knowFingers(state, ring, place, random);
    },
  });
}
