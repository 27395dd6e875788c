/** The life of a node's DHT service once its parts stand: it comes to a ring, keeps known, and ends in order. */
import { Problem } from '../../problems/problem.ts';
import type { RingEvent } from '../../ring/effect.ts';
import type { Contact } from '../../ring/message.ts';
import type { DhtServiceOptions, RunningDht } from './dht-options.ts';
import { FOUNDING_TIMING, Founding } from './founding.ts';
import type { GrpcListener } from './grpc-listener.ts';
import { leaveRing, within } from './leaving.ts';
import type { MembersFile } from './members-file.ts';
import type { OwnDescriptor } from './own-descriptor.ts';
import type { OwnDht } from './own-dht.ts';
import type { Peers } from './peers.ts';
import type { RunningRecords } from './records/records-service.ts';
import { type PortmapperAnswer, type Registration, startRegistration } from './registration.ts';
import type { RingDriver } from './ring-driver.ts';
import type { RingFigures } from './ring-watch.ts';

/** The whole of a stop, whatever hangs. */
const STOP_MAX_MS = 5_000;

/** What is being looked up may still be answered, though its asker leaves. */
const LOOKUPS_MAX_MS = 1_000;

export interface DhtParts {
  readonly listener: GrpcListener;
  readonly members: MembersFile;
  readonly own: OwnDescriptor;
  readonly peers: Peers;
  readonly driver: RingDriver;
  readonly records: RunningRecords;
  readonly api: OwnDht;
}

export class DhtNode implements RunningDht {
  readonly api: OwnDht;
  readonly address: string;
  readonly id: string;
  readonly #options: DhtServiceOptions;
  readonly #parts: DhtParts;
  readonly #setHealth: (joined: boolean) => void;
  readonly #founding: Founding;
  readonly #refusing = new Set<string>();
  #registration: Registration | null = null;
  #goodbye: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;

  constructor(options: DhtServiceOptions, parts: DhtParts, setHealth: (joined: boolean) => void) {
    const { own, api, members, peers, driver } = parts;
    this.api = api;
    this.address = own.contact.address;
    this.id = own.contact.id;
    this.#options = options;
    this.#parts = parts;
    this.#setHealth = setHealth;
    const remembered = members.read();
    driver.dispatch({ type: 'boot', remembered });
    this.#founding = new Founding({
      self: own.contact,
      join: options.join,
      hasPortmappers: options.portmappers.length > 0,
      remembered,
      peers,
      dispatch: (input) => driver.dispatch(input),
      onRefused: (problem) => this.#fail(problem),
      timing: { ...FOUNDING_TIMING, ...options.timing?.founding },
      log: options.log,
    });
  }

  begin(): void {
    const { own, peers, driver, records } = this.#parts;
    driver.onEvent((event) => this.#onEvent(event));
    // Others keep what this node can keep no more.
    void records.failed.then((problem) => this.#fail(problem, true));
    peers.onSuperseded((by) => this.#failSuperseded(by));
    own.onChange(() => this.#registration?.registerNow());
    this.#registration = startRegistration({
      ...this.#options,
      descriptor: () => own.signed,
      isJoined: () => driver.neighbours().joined,
      onAnswer: (answer) => this.#hear(answer),
      onRefused: (problem, portmapper) => this.#onRefused(problem, portmapper),
    });
    this.#founding.begin();
  }

  ringFigures(): RingFigures {
    return this.#parts.driver.figures();
  }

  takeLeave(): Promise<void> {
    return this.#endRegistration(true);
  }

  stop({ leave }: { readonly leave: boolean }): Promise<void> {
    this.#stopping ??= within(STOP_MAX_MS, 'the DHT service stopped', this.#options.log, this.#end(leave));
    return this.#stopping;
  }

  async #end(leave: boolean): Promise<void> {
    const { listener, members, own, peers, driver, records } = this.#parts;
    this.#founding.end();
    this.#setHealth(false);
    const goodbye = this.#endRegistration(leave);
    if (leave && driver.neighbours().joined) await leaveRing(driver, records, this.#options.log);
    await within(LOOKUPS_MAX_MS, 'lookups ended', this.#options.log, driver.lookupsEnded());
    await goodbye;
    await records.stop();
    driver.stop();
    await listener.close();
    peers.stop();
    own.stop();
    await members.flush();
  }

  async #endRegistration(leaving: boolean): Promise<void> {
    this.#goodbye ??= this.#registration?.stop({ leaving }) ?? null;
    await this.#goodbye;
  }

  #onEvent(event: RingEvent): void {
    if (event.type === 'superseded') this.#failSuperseded(event.by);
    if (event.type === 'suspected' || event.type === 'dead') {
      this.#options.log.info({ event: event.type, node: event.contact.id }, 'ring');
    }
    if (event.type !== 'joined' && event.type !== 'orphaned' && event.type !== 'left') return;
    this.#options.log.info({ event: event.type }, 'ring');
    if (event.type === 'joined') this.#founding.end();
    this.#setHealth(event.type === 'joined');
    this.#registration?.registerNow();
  }

  #hear({ portmapper, seeds, mayFound }: PortmapperAnswer): void {
    this.#refusing.delete(portmapper);
    const { driver } = this.#parts;
    // To a member they heal what a partition, or two foundings at once, have split.
    if (driver.neighbours().joined) driver.dispatch({ type: 'candidates', contacts: seeds });
    else this.#founding.hear(seeds, mayFound);
  }

  #onRefused(problem: Problem, portmapper: string): void {
    const { log, portmappers } = this.#options;
    log.error({ code: problem.code, portmapper }, problem.message);
    this.#refusing.add(portmapper);
    // Without any other way to a ring there is nothing to wait for.
    const isStranded = this.#refusing.size === portmappers.length && this.#founding.knowsOnlyPortmappers;
    if (problem.code === 'superseded' || (isStranded && !this.#parts.driver.neighbours().joined))
      this.#fail(problem);
  }

  #failSuperseded(by: Contact): void {
    this.#fail(new Problem('superseded', { node: this.id, address: by.address }));
  }

  /** Stops first, so that whoever is told finds nothing of it running. */
  #fail(problem: Problem, leave = false): void {
    if (this.#stopping !== null) return;
    this.#options.log.fatal({ code: problem.code }, problem.message);
    void this.stop({ leave }).then(() => this.#options.onFatal(problem));
  }
}
