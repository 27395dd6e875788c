/** Looks on at a run for a workload: who is a member, what lookups say, and every checker of the simulator. */
import type { Input, RingEvent } from '../../../src/ring/effect.ts';
import type { Contact } from '../../../src/ring/message.ts';
import { isSame, type RingView } from '../../../src/simulator/checkers/ring-view.ts';
import { Inspector } from '../../../src/simulator/inspector.ts';
import { LookupLoad } from '../../../src/simulator/lookup-load.ts';
import type { SimulatedNode } from '../../../src/simulator/simulated-node.ts';
import type { Witness } from '../../../src/simulator/witness.ts';
import type { World } from '../../../src/simulator/world.ts';
import { type AtRest, type RestOptions, ringAtRest } from './rest.ts';

export class Onlooker implements Witness<SimulatedNode> {
  readonly inspector: Inspector;
  readonly load: LookupLoad;
  /** Live members that somebody's own probes took for dead, and out of its list or from the place of its predecessor. */
  evictions = 0;
  readonly #world: World;
  #standing: readonly SimulatedNode[] = [];
  #standingIn: RingView | null = null;

  constructor(world: World) {
    this.#world = world;
    this.inspector = new Inspector(world);
    this.load = new LookupLoad(world, () => this.inspector.view);
  }

  /** Those whom somebody could ask. */
  readonly members = (): SimulatedNode[] =>
    this.#world.live().filter(({ state }) => state.phase === 'member');

  /** The same by the last change of membership, for who asks thousands of times between two; paused ones are among them. */
  readonly standing = (): readonly SimulatedNode[] => {
    const { view } = this.inspector;
    if (view !== this.#standingIn) {
      this.#standingIn = view;
      this.#standing = this.members();
    }
    return this.#standing;
  };

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

  /** It lives, and stood there before this step: the view is of the last one until a step has ended. */
  #isEvicted({ contact }: SimulatedNode, dead: Contact): boolean {
    const { view } = this.inspector;
    const place = view.places[view.indexOf(contact)];
    if (place === undefined || view.indexOf(dead) < 0) return false;
    const { successors, predecessor } = place;
    return (
      successors.some((entry) => isSame(entry, dead)) || (predecessor !== null && isSame(predecessor, dead))
    );
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
