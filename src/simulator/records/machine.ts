/** A machine of a simulated network with records: what outlives its processes, and the one that runs on it. */
import pino from 'pino';
import { NodeKey } from '../../identity/node-key.ts';
import type { MemberEntry } from '../../ring/message.ts';
import { leaveRing } from '../../services/dht/leaving.ts';
import type { RecordParameters } from '../../services/dht/records/parameters.ts';
import { type RunningRecords, startRecords } from '../../services/dht/records/records-service.ts';
import { seededRandom } from '../random.ts';
import type { SimulatedNode } from '../simulated-node.ts';
import type { World } from '../world.ts';
import { Catalog } from './catalog.ts';
import { ProcessClock } from './process-clock.ts';
import { ProcessRing } from './process-ring.ts';
import type { RecordLinks } from './record-links.ts';
import { type MountedDisk, SimulatedDisk } from './simulated-disk.ts';
import type { Turns } from './turns.ts';

/** DER prefix of an Ed25519 private key (RFC 8410); the 32 bytes of its seed follow. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const LOG = pino({ level: process.env.ANILLO_TEST_LOG ?? 'silent' });

/** What all machines of a network share. */
export interface Surroundings {
  readonly world: World;
  readonly turns: Turns;
  readonly links: RecordLinks;
  /** Of the processes that run: whom to tell what a node's core tells. */
  readonly rings: Map<SimulatedNode, ProcessRing>;
  readonly parameters: Partial<RecordParameters>;
  /** A process can keep records no more: never without a fault of the disk. */
  readonly failed: (problem: Error) => void;
}

interface Process {
  readonly node: SimulatedNode;
  readonly ring: ProcessRing;
  readonly clock: ProcessClock;
  readonly disk: MountedDisk;
  /** Null until it serves. */
  records: RunningRecords | null;
}

export class Machine {
  readonly key: NodeKey;
  readonly address: string;
  catalog = new Catalog();
  readonly #shared: Surroundings;
  readonly #seed: number;
  #disk: SimulatedDisk;
  #incarnation = 0;
  #process: Process | null = null;
  /** What its ring remembers over a restart. */
  #members: readonly MemberEntry[] = [];

  constructor(seed: number, address: string, shared: Surroundings) {
    const secret = Buffer.alloc(32);
    secret.writeUInt32BE(seed);
    const der = Buffer.concat([PKCS8_PREFIX, secret]).toString('base64');
    this.key = NodeKey.fromPem(`-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`);
    this.address = address;
    this.#shared = shared;
    this.#seed = seed;
    this.#disk = new SimulatedDisk(BigInt(seed));
  }

  get id(): string {
    return this.key.id;
  }

  /** The process that runs now; null while it is off, or not up yet. */
  get node(): SimulatedNode | null {
    return this.#process?.node ?? null;
  }

  get records(): RunningRecords | null {
    return this.#process?.records ?? null;
  }

  get ring(): ProcessRing | null {
    return this.#process?.ring ?? null;
  }

  get disk(): SimulatedDisk {
    return this.#disk;
  }

  get isOn(): boolean {
    return this.#process !== null;
  }

  /** Runs, is not paused, and its node is in a ring. */
  get isMember(): boolean {
    const node = this.#process?.node;
    return this.records !== null && node !== undefined && !node.isPaused && node.state.phase === 'member';
  }

  /** A next life. It joins once its records can be served. */
  boot(seeds: readonly SimulatedNode[]): void {
    const { world, turns, links, rings, parameters, failed } = this.#shared;
    const incarnation = ++this.#incarnation;
    const node = world.prepare({ id: this.id, incarnation, address: this.address });
    node.disk = this.#members;
    const ring = new ProcessRing(node, turns);
    const clock = new ProcessClock(node, world.schedule, turns);
    const process: Process = {
      node,
      ring,
      clock,
      disk: this.#disk.mount(links.networkId, this.key, clock),
      records: null,
    };
    this.#process = process;
    rings.set(node, ring);
    turns.due();
    startRecords({
      ring,
      peers: links.portOf(node, clock),
      key: this.key,
      incarnation,
      dataDir: '',
      pending: this.catalog,
      log: LOG,
      parameters,
      clock,
      random: seededRandom(this.#seed + incarnation),
      place: process.disk,
    }).then((records) => {
      process.records = records;
      void records.failed.then(failed);
      links.serve(node, records.handlers);
      world.boot(node, seeds);
    }, failed);
  }

  /** The process ends without a word. @param isSilent the machine goes with it: nobody refuses connections in its name */
  kill(isSilent = false): void {
    const process = this.#process;
    if (process === null) return;
    this.#process = null;
    this.#members = process.node.disk;
    if (isSilent) this.#shared.world.crash(process.node);
    else this.#shared.world.kill(process.node);
    this.#shared.rings.delete(process.node);
    this.#shared.links.end(process.node);
    process.disk.close();
  }

  /** Hands over, tells its neighbours, and ends. */
  async leave(): Promise<void> {
    const process = this.#process;
    if (process === null || process.records === null) return this.kill();
    this.#shared.turns.due();
    await leaveRing(process.ring, process.records, LOG, process.clock);
    await process.records.stop();
    if (this.#process === process) this.kill();
  }

  /** While it is off: everything on it is lost but its key. */
  loseDisk(): void {
    this.#disk.destroy();
    this.#disk = new SimulatedDisk(BigInt(this.#seed + this.#incarnation));
    this.#members = [];
    const { onSettled } = this.catalog;
    this.catalog = new Catalog();
    this.catalog.onSettled = onSettled;
  }

  /** Ends it, and forgets all it had. */
  scrap(): void {
    this.kill();
    this.#disk.destroy();
  }
}
