/**
 * The simulator's speed and size. An event is a timer, request, reply or failure that a node's production `step` has handled,
 * its effects carried out. Each run is best a process of its own, for memory and compiled code are shared otherwise.
 * Of 10,000 nodes it is a tenth faster with `--single-threaded-gc --min-semi-space-size=64 --max-semi-space-size=128`.
 *   node bench/simulator.ts events [nodes]   events a second on a steady ring, and the virtual hour that follows from it
 *   node bench/simulator.ts hour [nodes]     one virtual hour, in full
 *   node bench/simulator.ts memory [nodes]   a static ring with fingers, and lookups through it
 */
import { fillIdealFingers } from '../src/ring/ideal-fingers.ts';
import { DEFAULT_PARAMETERS } from '../src/ring/parameters.ts';
import { fillIdealRoutes } from '../src/ring/route-exchange.ts';
import { randomIdentifier } from '../src/simulator/random.ts';
import type { SimulatedNode } from '../src/simulator/simulated-node.ts';
import { World } from '../src/simulator/world.ts';

const SEED = 1;
const HOUR_MS = 3_600_000;
const SETTLED_MS = 20_000;
const MEASURED_MS = 60_000;
const SAID_EVERY_MINUTES = 5;
const LOOKUPS = 2_000;
const LOOKUP_WITHIN_MS = 5_000;

export interface SpeedFigures {
  readonly nodes: number;
  readonly virtualSeconds: number;
  readonly events: number;
  readonly eventsPerNodeAndSecond: number;
  readonly wallSeconds: number;
  /** Of the one thread that simulates: what others do on the same cores is not in it. */
  readonly cpuSeconds: number;
  readonly eventsPerWallSecond: number;
  readonly eventsPerCpuSecond: number;
}

export interface MemoryFigures {
  readonly nodes: number;
  readonly builtInSeconds: number;
  readonly peakMiB: number;
  readonly lookups: number;
  readonly found: number;
  readonly meanHops: number;
}

function still(nodes: number, runs: boolean): { world: World; started: SimulatedNode[] } {
  const world = new World({ seed: SEED });
  const started = world.staticRing(nodes, {
    runs,
    // Full lists and tables, and so nothing left to learn: a ring at rest.
    met: runs ? 2 * DEFAULT_PARAMETERS.membersMax : 0,
    furnish: (state, ring, _place, random) => {
      if (runs && nodes <= state.parameters.routesMax) fillIdealRoutes(state, ring);
      fillIdealFingers(state, ring, (choices) => choices[Math.floor(random() * choices.length)]);
    },
  });
  return { world, started };
}

function speedOf(world: World, virtualMs: number): SpeedFigures {
  const nodes = world.nodes.length;
  const before = world.handled;
  const since = performance.now();
  const cpuBefore = process.threadCpuUsage();
  world.run(virtualMs);
  const wallSeconds = (performance.now() - since) / 1_000;
  const { user, system } = process.threadCpuUsage(cpuBefore);
  const cpuSeconds = (user + system) / 1e6;
  const events = world.handled - before;
  return {
    nodes,
    virtualSeconds: virtualMs / 1_000,
    events,
    eventsPerNodeAndSecond: (events * 1_000) / nodes / virtualMs,
    wallSeconds,
    cpuSeconds,
    eventsPerWallSecond: events / wallSeconds,
    eventsPerCpuSecond: events / cpuSeconds,
  };
}

function events(nodes: number): SpeedFigures & { readonly hourInCpuSeconds: number } {
  const { world } = still(nodes, true);
  world.run(SETTLED_MS);
  const speed = speedOf(world, MEASURED_MS);
  return { ...speed, hourInCpuSeconds: (speed.cpuSeconds * HOUR_MS) / MEASURED_MS };
}

function hour(nodes: number): SpeedFigures & { readonly peakMiB: number } {
  const { world } = still(nodes, true);
  for (let minutes = SAID_EVERY_MINUTES; minutes < 60; minutes += SAID_EVERY_MINUTES)
    world.at(minutes * 60_000, () =>
      console.error(`${minutes} virtual minutes, ${Math.round(process.cpuUsage().user / 1e6)} s of CPU`),
    );
  return { ...speedOf(world, HOUR_MS), peakMiB: peakMiB() };
}

function memory(nodes: number): MemoryFigures {
  const since = performance.now();
  const { world, started } = still(nodes, false);
  const builtInSeconds = (performance.now() - since) / 1_000;
  // All at once: what lookups stir up in a ring at rest would else be most of the work.
  const asked = Array.from({ length: LOOKUPS }, () => {
    const asker = started[Math.floor(world.random() * nodes)] as SimulatedNode;
    return { asker, lookupId: asker.lookup(randomIdentifier(world.random), LOOKUP_WITHIN_MS) };
  });
  world.runUntil(
    () => asked.every(({ asker, lookupId }) => asker.results.has(lookupId)),
    LOOKUP_WITHIN_MS,
    10,
  );
  const hops = asked
    .map(({ asker, lookupId }) => asker.results.get(lookupId))
    .filter((result) => result?.outcome === 'found')
    .map((result) => result?.hops ?? 0);
  const meanHops = hops.reduce((sum, each) => sum + each, 0) / hops.length;
  return { nodes, builtInSeconds, peakMiB: peakMiB(), lookups: LOOKUPS, found: hops.length, meanHops };
}

function peakMiB(): number {
  return process.resourceUsage().maxRSS / 1024;
}

const [what = 'events', count] = process.argv.slice(2);
const nodes = count === undefined ? undefined : Number(count);
if (what === 'events') {
  for (const size of nodes === undefined ? [1_000, 10_000] : [nodes])
    console.log(JSON.stringify(events(size)));
} else if (what === 'hour') console.log(JSON.stringify(hour(nodes ?? 10_000)));
else console.log(JSON.stringify(memory(nodes ?? 100_000)));
