/** Worlds at rest, as workloads begin: an ideal ring in motion, every node knowing every other where its table has room. */
import { ringInMotion } from '../../../src/simulator/large-ring.ts';
import type { NetworkConditions } from '../../../src/simulator/network.ts';
import type { SimulatedNode } from '../../../src/simulator/simulated-node.ts';
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
  const world = new World({ conditions: USUAL, traces: false, ...options });
  if (witness !== undefined) world.witness = witness(world);
  const started = ringInMotion(world, nodes);
  world.run(settledMs);
  return { world, nodes: started };
}
