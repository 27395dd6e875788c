/**
 * One run: act one with faults on and the safety checkers, act two with faults off and convergence within a bound
 * (tigerbeetle's VOPR). A run is its scenario, seed and number of nodes; whatever is drawn comes from the seed.
 */
import type { Input, RingEvent } from '../ring/effect.ts';
import { DEFAULT_PARAMETERS, type RingParameters } from '../ring/parameters.ts';
import { RingView } from './checkers/ring-view.ts';
import { Inspector } from './inspector.ts';
import { LARGE_RING, ringInMotion } from './large-ring.ts';
import { LookupLoad, quantile } from './lookup-load.ts';
import type { MessageCodec } from './message-codec.ts';
import { JUMP_MAX_MS } from './node-clock.ts';
import { sample, seededRandom } from './random.ts';
import type { Report } from './report.ts';
import { foundAfterSilence } from './silence.ts';
import type { SimulatedNode } from './simulated-node.ts';
import {
  calmConditionsOf,
  conditionsOf,
  type Drawn,
  drawFaults,
  type FaultKind,
  mayMisjudge,
  type Strength,
} from './swarm.ts';
import type { Witness } from './witness.ts';
import { World } from './world.ts';

/** Between two looks at whether the ring is ideal. */
const LOOK_EVERY_MS = 50;
/** After a breach the proof's assumptions hold again from the first ideal ring seen by such looks. */
const ASSUME_EVERY_MS = 1_000;
/** More steps than this at one moment are no work but a circle. */
const STEPS_AT_ONCE_MAX = 1_000_000;
const START_WITHIN_MS = 120_000;
/** Until every node has acted. */
const LARGE_SETTLED_MS = 20_000;
/** After it is ideal again the ring is watched for so long, and every lookup must be right. */
const QUIET_MS = 5_000;
const QUIET_LOOKUPS_PER_SECOND = 20;
/** Draws for the swarm have a stream of their own: a change of what a run does leaves them as they were. */
const SWARM_STREAM = 0x5eed;
const CLOCK_STREAM = 0xc10c;

/** What a run follows: which faults, and what happens in act one. */
export interface Plan {
  readonly name: string;
  /** Kinds of which each run has a random subset. */
  readonly faults: readonly FaultKind[];
  readonly strength: Strength;
  /** After act one the ring is ideal again within this. */
  readonly quietWithinMs: number;
  /** What it draws beyond the faults, before anything happens. */
  readonly draw?: (run: Run) => Readonly<Record<string, number | string>>;
  /** The ring at the beginning of act one; without, one that has come to rest. */
  readonly start?: (run: Run) => void;
  /** Lets time pass with the faults on, and notes figures. */
  readonly actOne: (run: Run) => void;
  readonly parameters?: Partial<RingParameters>;
}

export interface RunOptions {
  readonly seed: number;
  readonly nodes: number;
  /** Messages pass through it; it also tells their bytes. */
  readonly codec?: MessageCodec;
  /** Told what the run is and what was drawn before anything happens, and its trace at the end. */
  readonly print?: (line: string) => void;
}

export function runScenario(scenario: Plan, options: RunOptions): Report {
  return new Run(scenario, options).play();
}

export class Run implements Witness<SimulatedNode> {
  readonly scenario: Plan;
  readonly seed: number;
  readonly nodes: number;
  readonly world: World;
  readonly inspector: Inspector;
  readonly load: LookupLoad;
  readonly drawn: Drawn & Record<string, unknown>;
  readonly figures: Record<string, number | null> = {};
  /** Who watches besides, for figures of one scenario. */
  readonly onlookers: ((node: SimulatedNode, input: Input) => void)[] = [];
  /** Told of each declared death. */
  onDead: ((event: Extract<RingEvent, { type: 'dead' }>) => void) | null = null;
  /** While the network is parted: the part an address is in. */
  sideOf: ((address: string) => number) | null = null;
  readonly #print: (line: string) => void;
  #isActOne = true;
  #standsAt = 0;
  #stepsAtOnce = 0;

  constructor(scenario: Plan, { seed, nodes, codec, print = () => {} }: RunOptions) {
    this.scenario = scenario;
    this.seed = seed;
    this.nodes = nodes;
    this.#print = print;
    const chance = seededRandom(seed ^ SWARM_STREAM);
    this.drawn = { ...drawFaults(chance, scenario.faults, scenario.strength, nodes) };
    this.world = new World({
      seed,
      conditions: calmConditionsOf(this.drawn),
      clockDrift: this.drawn.clockDrift,
      parameters: { ...DEFAULT_PARAMETERS, ...scenario.parameters },
      ...(codec === undefined ? {} : { codec }),
    });
    this.inspector = new Inspector(this.world);
    this.load = new LookupLoad(this.world, (node) => this.#reachableFrom(node));
    this.world.witness = this;
    Object.assign(this.drawn, scenario.draw?.(this));
  }

  play(): Report {
    const { scenario, inspector } = this;
    this.#print(`scenario ${scenario.name}, seed ${this.seed}, ${this.nodes} nodes`);
    this.#print(`drawn ${JSON.stringify(this.drawn)}`);
    if (scenario.start === undefined) this.startAtRest(this.nodes);
    else scenario.start(this);
    inspector.mayMisjudge = mayMisjudge(this.drawn);
    this.#assumeAgain();
    this.#faultsOn();
    scenario.actOne(this);
    this.#isActOne = false;
    this.#faultsOff();
    this.#actTwo();
    const report = this.#report();
    this.#print(`trace ${report.traceHash}`);
    return report;
  }

  /** A ring of `count` in which nothing changes any more. */
  startAtRest(count: number): void {
    if (count < LARGE_RING) {
      const first = this.world.start();
      for (let i = 1; i < count; i++) this.world.start([first]);
    } else {
      ringInMotion(this.world, count);
      this.world.run(LARGE_SETTLED_MS);
    }
    if (this.untilIdeal(START_WITHIN_MS) === null)
      this.inspector.report('start', `no ideal ring of ${count} within ${START_WITHIN_MS} ms`);
    this.world.run(10_000);
  }

  /** Lets time pass until the ring is ideal. Returns the milliseconds it took, or null. */
  untilIdeal(withinMs: number): number | null {
    return this.world.runUntil(() => this.inspector.isIdeal, withinMs, LOOK_EVERY_MS);
  }

  /** Members that a driver would ask: they run and are not paused. */
  members(): SimulatedNode[] {
    return this.world.live().filter(({ state }) => state.phase === 'member');
  }

  /** One by chance, or none. */
  anyOf(nodes: readonly SimulatedNode[]): SimulatedNode | undefined {
    return nodes[Math.floor(this.world.random() * nodes.length)];
  }

  /** `act` again and again, at moments by chance, `everyMs` apart in the mean, until `untilMs`. */
  repeat(everyMs: number, untilMs: number, act: () => void): void {
    const { world } = this;
    const next = (): void => {
      const atMs = world.schedule.now - everyMs * Math.log(1 - world.random());
      if (atMs >= untilMs) return;
      world.at(atMs, () => {
        act();
        next();
      });
    };
    next();
  }

  /** Messages sent and, with a codec, bytes in and out, of all nodes that ever started. */
  traffic(): { messages: number; bytes: number } {
    let messages = 0;
    let bytes = 0;
    for (const { traffic } of this.world.nodes) {
      messages += traffic.sent;
      bytes += traffic.sentBytes + traffic.receivedBytes;
    }
    return { messages, bytes };
  }

  started(node: SimulatedNode): void {
    this.inspector.started(node);
    foundAfterSilence(this.world, node, (from, to) => this.world.network.isOpen(from, to));
  }

  ended(node: SimulatedNode): void {
    this.inspector.ended(node);
  }

  stepped(node: SimulatedNode, input: Input): void {
    this.#noticeStandstill(node, input);
    this.inspector.stepped(node, input);
    for (const look of this.onlookers) look(node, input);
  }

  told(node: SimulatedNode, event: RingEvent): void {
    node.events.length = 0;
    this.inspector.told(node, event);
    this.load.told(node, event);
    if (event.type === 'dead') this.onDead?.(event);
  }

  /** What one fault breaks is no excuse for what comes after the ring has mended itself. A parted network is not one. */
  #assumeAgain(): void {
    if (!this.#isActOne) return;
    if (this.sideOf === null) this.inspector.assume();
    this.world.at(this.world.schedule.now + ASSUME_EVERY_MS, () => this.#assumeAgain());
  }

  /** A node that sets a timer for now, again and again, would keep the run from ever ending. */
  #noticeStandstill(node: SimulatedNode, input: Input): void {
    const { now } = this.world.schedule;
    if (now !== this.#standsAt) {
      this.#standsAt = now;
      this.#stepsAtOnce = 0;
    } else if (++this.#stepsAtOnce > STEPS_AT_ONCE_MAX) {
      throw new Error(`time stands still at ${now} ms: ${node.contact.address} ${JSON.stringify(input)}`);
    }
  }

  #faultsOn(): void {
    const { world, drawn } = this;
    world.network.conditions = conditionsOf(drawn);
    if (drawn.brokenPairs > 0) world.network.breakPairs(drawn.brokenPairs);
    const slow = sample(world.random, world.live(), Math.round(drawn.slowShare * this.nodes));
    for (const node of slow) node.slowDown(drawn.slowness);
    // By a stream of their own: no ring reads a wall clock, and the run must be the same.
    const chance = seededRandom(this.seed ^ CLOCK_STREAM);
    if (drawn.faults.includes('clockJump'))
      for (const node of sample(chance, world.live(), Math.ceil(this.nodes / 2)))
        node.clock.jump((2 * chance() - 1) * JUMP_MAX_MS);
  }

  #faultsOff(): void {
    const { world, drawn } = this;
    world.network.conditions = calmConditionsOf(drawn);
    world.network.heal();
    this.sideOf = null;
    for (const node of world.nodes) {
      if (!node.isRunning) continue;
      if (node.slowness > 1) node.slowDown(1);
      if (node.isPaused) node.resume();
    }
    this.load.ask(0, () => []);
  }

  #actTwo(): void {
    const { inspector, world, scenario, load, figures } = this;
    this.#noteLookups();
    figures.convergedMs = this.untilIdeal(scenario.quietWithinMs);
    if (figures.convergedMs === null) {
      inspector.report('convergence', `not ideal ${scenario.quietWithinMs} ms after the faults ended`);
      return;
    }
    // What was lost before may be found missing only now, and lookups asked before end.
    world.run(QUIET_MS);
    inspector.mayMisjudge = false;
    inspector.assume();
    load.reset();
    load.ask(QUIET_LOOKUPS_PER_SECOND, () => this.members());
    world.run(QUIET_MS);
    load.ask(0, () => []);
    world.run(QUIET_MS);
    inspector.check();
    const { wrong, failed } = load.counts;
    if (wrong + failed > 0) inspector.report('owner agreement', load.examples.join('; '));
    if (!inspector.isIdeal) inspector.report('convergence', 'ideal, and then not any more');
  }

  #noteLookups(): void {
    const { asked, failed, wrong, hops, found, timeouts } = this.load.counts;
    const { tookMs } = this.load;
    Object.assign(this.figures, {
      lookups: asked,
      lookupsFailed: failed,
      wrongOwners: wrong,
      found,
      hops,
      timeouts,
    });
    if (found > 0) {
      this.figures.lookupMedianMs = quantile(tookMs, 0.5);
      this.figures.lookupP99Ms = quantile(tookMs, 0.99);
    }
  }

  #reachableFrom(node: SimulatedNode): RingView {
    const { sideOf } = this;
    if (sideOf === null) return this.inspector.view;
    const side = sideOf(node.contact.address);
    return new RingView(this.inspector.view.places.filter(({ contact }) => sideOf(contact.address) === side));
  }

  #report(): Report {
    const { inspector, world } = this;
    const { overlaps, assumptions } = inspector;
    Object.assign(this.figures, {
      falseDeaths: inspector.falseDeaths,
      orphans: inspector.orphans,
      claimedTwice: overlaps.count,
      claimedTwiceLongestMs: overlaps.longestMs,
      checks: inspector.checks,
      members: inspector.view.places.length,
    });
    return {
      seed: this.seed,
      nodes: this.nodes,
      scenario: this.scenario.name,
      drawn: this.drawn,
      traceHash: world.traceHash,
      violations: inspector.violations,
      breaches: assumptions.breaches,
      figures: this.figures,
      virtualMs: Math.round(world.schedule.now),
      events: world.handled,
    };
  }
}
