/** Worlds at rest, as workloads begin: an ideal ring in motion, every node knowing every other where its table has room. */
import { DEFAULT_PARAMETERS, type RingParameters } from '../../../src/ring/parameters.ts';
import type { NetworkConditions } from '../../../src/simulator/network.ts';
import type { SimulatedNode } from '../../../src/simulator/simulated-node.ts';
import { knowEverybody, knowFingers } from '../../../src/simulator/static-ring.ts';
import type { Witness } from '../../../src/simulator/witness.ts';
import { World, type WorldOptions } from '../../../src/simulator/world.ts';

/** One way: half of the messages below 10 ms, and up to 30 ms more for the way between two places on a map. */
const USUAL: NetworkConditions = {
  latency: { type: 'lognormal', medianMs: 10, sigma: 0.5, maxMs: 300 },
  acrossMs: 30,
};

export interface RestOptions extends Partial<WorldOptions> {
  readonly seed: number;
  /** Until something is measured. Timers that were all set at the start have spread over their periods by then. */
  readonly settledMs?: number;
  /** Who looks on, from the first node on. */
  readonly witness?: (world: World) => Witness<SimulatedNode>;
}

const SETTLED_MS = 20_000;

export interface AtRest {
  readonly world: World;
  readonly nodes: SimulatedNode[];
}

export function ringAtRest(
  nodes: number,
  { settledMs = SETTLED_MS, witness, ...options }: RestOptions,
): AtRest {
  const parameters: RingParameters = options.parameters ?? DEFAULT_PARAMETERS;
  const world = new World({ conditions: USUAL, traces: false, ...options, parameters });
  if (witness !== undefined) world.witness = witness(world);
  const started = world.staticRing(nodes, {
    runs: true,
    // Member lists that are full, as gossip leaves them in time.
    met: 2 * parameters.membersMax,
    furnish: (state, ring, place, random) => {
      // Where a ring at rest has come to, without the hours in which members learn of one another.
      if (nodes <= parameters.routesMax) knowEverybody(state, ring);
      knowFingers(state, ring, place, random);
    },
  });
  world.run(settledMs);
  return { world, nodes: started };
}
