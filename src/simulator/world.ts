/** A whole simulated network: nodes by name, faults, and time that passes only when told. */
import type { LookupResult, Random } from '../ring/effect.ts';
import type { Contact } from '../ring/message.ts';
import { DEFAULT_PARAMETERS, type RingParameters } from '../ring/parameters.ts';
import { type MessageUnderWay, UnderWay } from './call.ts';
import type { MessageCodec } from './message-codec.ts';
import { CALM, Network, type NetworkConditions } from './network.ts';
import { NodeClock } from './node-clock.ts';
import { randomIdentifier, seededRandom } from './random.ts';
import { Schedule } from './schedule.ts';
import { SimulatedNode, type Surroundings } from './simulated-node.ts';
import { meetOthers, type StaticRingOptions, settleInto } from './static-ring.ts';
import { TraceHash } from './trace-hash.ts';
import type { Witness } from './witness.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly parameters?: RingParameters;
  readonly conditions?: NetworkConditions;
  /** Monotonic clocks go this share too fast or too slow at most, each by its own draw. 0: all show virtual time. */
  readonly clockDrift?: number;
  /** Messages pass through it; without one they are handed over as they are. */
  readonly codec?: MessageCodec;
  /** Off where speed counts more: `traceHash` is then all zeros. */
  readonly traces?: boolean;
}

export interface RestartOptions {
  /** Remembers what it kept last; else it knows its seeds only. */
  readonly withDisk?: boolean;
}

export class World {
  readonly schedule = new Schedule();
  /** For the draws of whoever tells the story; nodes and network have streams of their own. */
  readonly random: Random;
  readonly network: Network;
  readonly parameters: RingParameters;
  /** Every process ever started, in order; the last of an address is the one that listens there. */
  readonly nodes: SimulatedNode[] = [];
  readonly #clockDrift: number;
  readonly #clockRandom: Random;
  readonly #byAddress = new Map<string, SimulatedNode>();
  readonly #underWay = new UnderWay();
  readonly #surroundings: Surroundings;
  #prepared = 0;

  constructor({
    seed,
    parameters = DEFAULT_PARAMETERS,
    conditions = CALM,
    clockDrift = 0,
    codec,
    traces = true,
  }: WorldOptions) {
    const streams = seededRandom(seed);
    const nextSeed = (): number => Math.floor(streams() * 2 ** 32);
    this.random = seededRandom(nextSeed());
    this.network = new Network(nextSeed(), conditions);
    this.#clockRandom = seededRandom(nextSeed());
    this.parameters = parameters;
    this.#clockDrift = clockDrift;
    this.#surroundings = {
      schedule: this.schedule,
      network: this.network,
      random: seededRandom(nextSeed()),
      underWay: this.#underWay,
      trace: traces ? new TraceHash() : null,
      codec: codec ?? null,
      listener: (address) => this.#byAddress.get(address),
      witness: null,
      handled: 0,
    };
  }

  /** The same for the same seed, and for no other. */
  get traceHash(): string {
    return String(this.#surroundings.trace ?? '0'.repeat(16));
  }

  /** Timers, requests, replies, failures and commands that nodes have handled. */
  get handled(): number {
    return this.#surroundings.handled;
  }

  /** Told of all that happens from now on. */
  get witness(): Witness<SimulatedNode> | null {
    return this.#surroundings.witness;
  }

  set witness(witness: Witness<SimulatedNode> | null) {
    this.#surroundings.witness = witness;
  }

  /** Messages that nobody has handled yet, in no order that means anything. Not to be kept: it changes as time passes. */
  inFlight(): readonly MessageUnderWay[] {
    return this.#underWay.all();
  }

  /** Starts a process with an identifier of its own and the network empty or joined by `seeds`. */
  start(seeds: readonly SimulatedNode[] = []): SimulatedNode {
    const address = `node-${this.nodes.length}:1`;
    const node = this.prepare({ id: randomIdentifier(this.random), incarnation: 1, address });
    this.boot(node, seeds);
    return node;
  }

  /** The same node again, its old process ended: next life, same address. */
  restart(
    node: SimulatedNode,
    seeds: readonly SimulatedNode[],
    { withDisk = false }: RestartOptions = {},
  ): SimulatedNode {
    const last = this.#byAddress.get(node.contact.address) ?? node;
    last.kill();
    const next = this.prepare({ ...last.contact, incarnation: last.contact.incarnation + 1 });
    if (withDisk) next.disk = last.disk;
    this.boot(next, seeds);
    return next;
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

  /** `count` nodes that are one ideal ring at once, in ring order. */
  staticRing(count: number, { runs = false, met = 0, furnish }: StaticRingOptions = {}): SimulatedNode[] {
    const first = this.nodes.length;
    const ring = Array.from({ length: count }, (_, i) => ({
      id: randomIdentifier(this.random),
      incarnation: 1,
      address: `node-${first + i}:1`,
    })).sort((a, b) => (a.id < b.id ? -1 : 1));
    return ring.map((contact, place) => {
      const node = this.prepare(contact);
      this.#place(node);
      settleInto(node.state, ring, place, node.nowMs, this.random);
      meetOthers(node.state, ring, met, node.nowMs, this.random);
      furnish?.(node.state, ring, place, this.random);
      if (runs) node.setInMotion(this.random);
      return node;
    });
  }

  /** The process ends without a word; whoever calls it is refused. */
  kill(node: SimulatedNode): void {
    node.kill();
  }

  /** The machine is gone with it: whoever calls it hears nothing. */
  crash(node: SimulatedNode): void {
    node.isSilent = true;
    node.kill();
  }

  /** It says that it goes, and its process ends when the core has said `left`. */
  leave(node: SimulatedNode): void {
    node.endsWhenLeft = true;
    node.feed({ type: 'leave' });
  }

  /** At this moment of virtual time, or now when that has passed, `act` is called. */
  at(timeMs: number, act: () => void): void {
    this.schedule.at(timeMs, { happen: act });
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

  /** A process that does not listen yet: for whoever starts more in it before it boots. */
  prepare(contact: Contact): SimulatedNode {
    const rate = 1 + this.#clockDrift * (2 * this.#clockRandom() - 1);
    const clock = new NodeClock(this.schedule.now, rate);
    return new SimulatedNode(contact, this.#prepared++, this.parameters, clock, this.#surroundings);
  }

  /** It listens from now on, remembers what is on its disk, and joins by the seeds; without any it is a ring of one. */
  boot(node: SimulatedNode, seeds: readonly SimulatedNode[]): void {
    this.#place(node);
    node.feed({ type: 'boot', remembered: node.disk });
    if (seeds.length === 0) node.feed({ type: 'create' });
    else node.feed({ type: 'join', seeds: seeds.map((seed) => seed.contact) });
  }

  /** The process that listens at an address now, or did last. */
  listener(address: string): SimulatedNode | undefined {
    return this.#byAddress.get(address);
  }

  #place(node: SimulatedNode): void {
    this.nodes.push(node);
    this.#byAddress.set(node.contact.address, node);
    this.witness?.started(node);
  }
}
