/** Looks on at a run for a workload: who is a member, what lookups say, and every checker of the simulator. */
import type { Input, RingEvent } from '../../../src/ring/effect.ts';
import { isBetweenOpenOpen } from '../../../src/ring/interval.ts';
import type { Contact } from '../../../src/ring/message.ts';
import { Inspector } from '../../../src/simulator/inspector.ts';
import { LookupLoad } from '../../../src/simulator/lookup-load.ts';
import type { SimulatedNode } from '../../../src/simulator/simulated-node.ts';
import type { Witness } from '../../../src/simulator/witness.ts';
import type { World } from '../../../src/simulator/world.ts';
import { type AtRest, type RestOptions, ringAtRest } from './rest.ts';

export class Onlooker implements Witness<SimulatedNode> {
  readonly inspector: Inspector;
  readonly load: LookupLoad;
  /** Live members that somebody's own probes took for dead and out of its list. */
  evictions = 0;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    this.inspector = new Inspector(world);
    this.load = new LookupLoad(world, () => this.inspector.view);
  }

  /** Those whom somebody could ask. */
  readonly members = (): SimulatedNode[] =>
    this.#world.live().filter(({ state }) => state.phase === 'member');

  started(node: SimulatedNode): void {
    this.inspector.started(node);
  }

  ended(node: SimulatedNode): void {
    this.inspector.ended(node);
  }

  stepped(node: SimulatedNode, input: Input): void {
    this.inspector.stepped(node, input);
  }

  told(node: SimulatedNode, event: RingEvent): void {
    node.events.length = 0;
    this.inspector.told(node, event);
    this.load.told(node, event);
    if (event.type === 'dead' && this.#isEvicted(node, event.contact)) this.evictions++;
  }

  /** It lives, and stands where the list reaches. */
  #isEvicted({ contact: { id }, state }: SimulatedNode, dead: Contact): boolean {
    const last = state.successors.at(-1);
    const isListed = last !== undefined && isBetweenOpenOpen(id, dead.id, last.id);
    return isListed && this.inspector.view.indexOf(dead) >= 0;
  }
}

export function watchedRing(nodes: number, options: RestOptions): AtRest & { readonly onlooker: Onlooker } {
  let onlooker: Onlooker | undefined;
  const witness = (world: World): Onlooker => {
    onlooker = new Onlooker(world);
    return onlooker;
  };
  const atRest = ringAtRest(nodes, { ...options, witness });
  return { ...atRest, onlooker: onlooker as Onlooker };
}
