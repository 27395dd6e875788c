/**
 * What the driver of a node does in production and no core does (src/services/dht/founding.ts): where a whole network was
 * stopped, and everybody who starts finds only others who start, the lowest makes the ring after a silence.
 */
import type { SimulatedNode } from './simulated-node.ts';
import type { World } from './world.ts';

/** As in production. */
const SILENCE_MS = 10_000;
const LOOK_EVERY_MS = 1_000;
const SEEDS = 3;

/** Watches over a node that starts until it has its place. `canHear`: the network carries words between the two. */
export function foundAfterSilence(
  world: World,
  node: SimulatedNode,
  canHear: (from: string, to: string) => boolean,
): void {
  const startedAt = world.schedule.now;
  let silentSince = startedAt;
  const look = (): void => {
    if (!node.isRunning || node.state.phase !== 'joining') return;
    const heard = world
      .live()
      .filter((other) => other !== node && canHear(other.contact.address, node.contact.address));
    const members = heard.filter(({ state }) => state.phase === 'member').map(({ contact }) => contact);
    if (members.length > 0) silentSince = world.schedule.now;
    // Those it was told of may all be gone: a portmapper names others.
    const isLong = world.schedule.now - startedAt >= SILENCE_MS;
    if (isLong && members.length > 0) node.feed({ type: 'join', seeds: members.slice(0, SEEDS) });
    const isLowest = heard.every(({ contact }) => node.contact.id < contact.id);
    if (world.schedule.now - silentSince >= SILENCE_MS && isLowest && !node.isPaused)
      node.feed({ type: 'create' });
    else world.at(world.schedule.now + LOOK_EVERY_MS, look);
  };
  world.at(world.schedule.now + LOOK_EVERY_MS, look);
}
