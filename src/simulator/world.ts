/** A whole simulated network: nodes by name, faults, and time that passes only when told. */
import type { LookupResult, Random } from '../ring/effect.ts';
import type { Contact } from '../ring/message.ts';
import { DEFAULT_PARAMETERS, type RingParameters } from '../ring/parameters.ts';
import { CALM, Network, type NetworkConditions } from './network.ts';
import { randomIdentifier, seededRandom } from './random.ts';
import { Schedule } from './schedule.ts';
import { SimulatedNode } from './simulated-node.ts';
import type { Witness } from './witness.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly parameters?: RingParameters;
  readonly conditions?: NetworkConditions;
}

export class World {
  readonly schedule = new Schedule();
  readonly random: Random;
  readonly network: Network;
  /** Every process ever started, in order; the last of an address is the one that listens there. */
  readonly nodes: SimulatedNode[] = [];
  /** Given to every process that starts from now on. */
  witness: Witness | null = null;
  readonly #parameters: RingParameters;
  readonly #byAddress = new Map<string, SimulatedNode>();

  constructor({ seed, parameters = DEFAULT_PARAMETERS, conditions = CALM }: WorldOptions) {
    this.random = seededRandom(seed);
    this.#parameters = parameters;
    this.network = new Network(this.schedule, this.random, conditions);
  }

  /** Starts a process with an identifier of its own and the network empty or joined by `seeds`. */
  start(seeds: readonly SimulatedNode[] = []): SimulatedNode {
    return this.#launch(
      { id: randomIdentifier(this.random), incarnation: 1, address: `node-${this.nodes.length}:1` },
      seeds,
    );
  }

  /** The same node again: next life, same address, nothing remembered but seeds. */
  restart(node: SimulatedNode, seeds: readonly SimulatedNode[]): SimulatedNode {
    node.kill();
    return this.#launch({ ...node.contact, incarnation: node.contact.incarnation + 1 }, seeds);
  }

  /** One first node, then the others, `everyMs` apart, joining by the first. */
  startRing(count: number, everyMs: number): SimulatedNode[] {
    const first = this.start();
    const nodes = [first];
    while (nodes.length < count) {
      this.run(everyMs);
      nodes.push(this.start([first]));
    }
    return nodes;
  }

  kill(node: SimulatedNode): void {
    node.kill();
    if (this.#byAddress.get(node.contact.address) === node) this.#byAddress.delete(node.contact.address);
  }

  /** Lets time pass. */
  run(forMs: number): void {
    this.schedule.runUntil(this.schedule.now + forMs);
  }

  /** Lets time pass until `holds`, at most `withinMs`. Returns the milliseconds it took, or null. */
  runUntil(holds: () => boolean, withinMs: number, stepMs = 100): number | null {
    const start = this.schedule.now;
    while (this.schedule.now - start <= withinMs) {
      if (holds()) return this.schedule.now - start;
      this.run(stepMs);
    }
    return null;
  }

  /** Those that run, are not paused and did not leave. */
  live(): SimulatedNode[] {
    return this.nodes.filter((node) => node.isRunning && !node.isPaused && node.state.phase !== 'left');
  }

  /** Asks one node for one key and lets time pass until it knows. */
  lookup(node: SimulatedNode, key: string, deadlineMs = 5_000): LookupResult {
    const lookupId = node.lookup(key, deadlineMs);
    this.runUntil(() => node.results.has(lookupId), deadlineMs + 1_000, 1);
    const result = node.results.get(lookupId);
    if (result === undefined) throw new Error('a lookup never ended');
    return result;
  }

  #launch(contact: Contact, seeds: readonly SimulatedNode[]): SimulatedNode {
    const node = new SimulatedNode(contact, this.#parameters, {
      schedule: this.schedule,
      network: this.network,
      random: this.random,
      directory: (address) => this.#byAddress.get(address),
    });
    node.witness = this.witness;
    this.nodes.push(node);
    this.#byAddress.set(contact.address, node);
    this.witness?.started(node);
    node.feed({ type: 'boot', remembered: [] });
    if (seeds.length === 0) node.feed({ type: 'create' });
    else node.feed({ type: 'join', seeds: seeds.map((seed) => seed.contact) });
    return node;
  }
}
