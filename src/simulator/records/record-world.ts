/** A whole simulated network with records: machines, files and faults; time passes only when told, promises included. */
import { createHash } from 'node:crypto';
import { cidKey, nameKey } from '../../records/keys.ts';
import type { Identifier } from '../../ring/identifier.ts';
import type { FoundRecords } from '../../services/dht/records/found-records.ts';
import type { RecordParameters } from '../../services/dht/records/parameters.ts';
import { sha256 } from '../../services/dht/records/record-checks.ts';
import { sample, textHash } from '../random.ts';
import type { SimulatedNode } from '../simulated-node.ts';
import { World, type WorldOptions } from '../world.ts';
import { Ledger } from './ledger.ts';
import { Machine } from './machine.ts';
import type { ProcessRing } from './process-ring.ts';
import { RecordLinks } from './record-links.ts';
import { Turns } from './turns.ts';

/** Nodes that a newcomer is told of. */
const SEEDS = 3;
const FOUND_MAX = 200;
/** Between two looks at a condition, milliseconds. */
const LOOK_MS = 250;

export interface RecordWorldOptions extends WorldOptions {
  /** Where they differ from production. */
  readonly records?: Partial<RecordParameters>;
}

export class RecordWorld {
  readonly world: World;
  readonly links: RecordLinks;
  readonly ledger = new Ledger();
  readonly machines: Machine[] = [];
  readonly #turns: Turns;
  readonly #seed: number;
  readonly #parameters: Partial<RecordParameters>;
  readonly #rings = new Map<SimulatedNode, ProcessRing>();
  #failure: Error | null = null;
  #files = 0;

  constructor({ records = {}, ...options }: RecordWorldOptions) {
    this.world = new World(options);
    this.#seed = options.seed;
    this.#parameters = records;
    this.#turns = new Turns(this.world.schedule);
    const networkId = createHash('sha256').update(`network ${options.seed}`).digest('hex').slice(0, 32);
    this.links = new RecordLinks(networkId, this.world, this.#turns);
    this.world.witness = {
      started: () => {},
      ended: () => {},
      stepped: () => {},
      told: (node, event) => this.#rings.get(node)?.told(event),
    };
  }

  get now(): number {
    return this.world.schedule.now;
  }

  /** The same for the same seed: of the ring's steps, and of every message with records. */
  get traceHash(): string {
    return `${this.world.traceHash}-${this.links.traceHash}`;
  }

  /** Those in a ring, none of them paused. */
  members(): Machine[] {
    return this.machines.filter((machine) => machine.isMember);
  }

  any(): Machine {
    const [machine] = sample(this.world.random, this.members(), 1);
    if (machine === undefined) throw new Error('nobody is in a ring');
    return machine;
  }

  /** A new machine, which joins by some of the others. */
  start(): Machine {
    const number = this.machines.length;
    const machine = new Machine(textHash(`machine ${number}`, this.#seed), `node-${number}:1`, {
      world: this.world,
      turns: this.#turns,
      links: this.links,
      rings: this.#rings,
      parameters: this.#parameters,
      failed: (problem) => {
        this.#failure ??= problem;
      },
    });
    machine.catalog.onSettled = (change) => this.ledger.settled(machine.id, change, this.now);
    this.machines.push(machine);
    machine.boot(this.#seeds(machine));
    return machine;
  }

  /** A machine that is off goes on again, or one that runs begins a new life. */
  restart(machine: Machine): void {
    machine.kill();
    machine.boot(this.#seeds(machine));
  }

  /** One first machine, then the others, `everyMs` apart; until all are in the ring and everything is claimed. */
  async startRing(count: number, everyMs = 500): Promise<Machine[]> {
    this.start();
    while (this.machines.length < count) {
      await this.run(everyMs);
      this.start();
    }
    await this.run(60_000);
    return [...this.machines];
  }

  /** A path gets a content of its own. Resolves to nothing: the ledger hears when the ring has it. */
  publish(machine: Machine, path: string, cid = this.newCid()): void {
    const shown = machine.catalog.cidOf(path);
    if (shown !== null) this.ledger.queued(machine.id, path, 'withdraw', shown);
    this.ledger.queued(machine.id, path, 'publish', cid);
    machine.catalog.put(path, cid);
    machine.records?.publish({ wait: false, timeoutMs: 0, paths: [] }).catch(() => null);
    this.#turns.due();
  }

  withdraw(machine: Machine, path: string): void {
    const shown = machine.catalog.cidOf(path);
    if (shown === null) return;
    this.ledger.queued(machine.id, path, 'withdraw', shown);
    machine.catalog.remove(path);
    machine.records?.publish({ wait: false, timeoutMs: 0, paths: [] }).catch(() => null);
    this.#turns.due();
  }

  newCid(): string {
    const digits = (++this.#files).toString(2).replaceAll('0', 'a').replaceAll('1', 'b');
    return `bafkrei${digits.padStart(52, 'a')}`;
  }

  /** Begins a read; it ends as time passes. Rejects as a user would see it; never ends when the machine ends. */
  find(machine: Machine, path: string): Promise<FoundRecords> {
    return this.#findAt(machine, nameKey(sha256, path));
  }

  findContent(machine: Machine, cid: string): Promise<FoundRecords> {
    return this.#findAt(machine, cidKey(sha256, cid));
  }

  /** Lets time pass. @throws what no fault of the story explains */
  async run(forMs: number): Promise<void> {
    await this.#turns.runUntil(this.now + forMs);
    if (this.#failure !== null) throw this.#failure;
  }

  /** Lets time pass until a promise has ended. */
  async runUntilDone(promise: Promise<unknown>): Promise<void> {
    let isDone = false;
    const done = () => {
      isDone = true;
    };
    promise.then(done, done);
    await this.runUntil(() => isDone, Number.POSITIVE_INFINITY);
  }

  /** Lets time pass until `holds`, at most `withinMs`. Returns the milliseconds it took, or null. */
  async runUntil(holds: () => boolean, withinMs: number): Promise<number | null> {
    const start = this.now;
    while (this.now - start <= withinMs) {
      if (holds()) return this.now - start;
      await this.run(LOOK_MS);
    }
    return null;
  }

  /** Forgets all machines. */
  end(): void {
    for (const machine of this.machines) machine.scrap();
  }

  #findAt(machine: Machine, key: Identifier): Promise<FoundRecords> {
    if (machine.records === null) return Promise.reject(new Error('not up'));
    this.#turns.due();
    return machine.records.find(key, FOUND_MAX);
  }

  #seeds(newcomer: Machine): SimulatedNode[] {
    const isOther = (machine: Machine) => machine !== newcomer && machine.records !== null;
    const members = this.members().filter(isOther);
    // Only who is alone begins a ring of its own.
    const others = members.length > 0 ? members : this.machines.filter(isOther);
    return sample(this.world.random, others, SEEDS).flatMap(({ node }) => node ?? []);
  }
}
