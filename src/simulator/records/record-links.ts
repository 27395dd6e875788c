/**
 * Calls between the record services of simulated processes: the production messages and handlers, over the simulator's links.
 * A call that is lost, cut off or not answered fails at its deadline; one to a process that has ended is refused.
 */
import { crc32 } from 'node:zlib';
import { Metadata, type MethodDefinition, type ServiceError, status } from '@grpc/grpc-js';
import {
  type RecordsServiceClient,
  type RecordsServiceServer,
  RecordsServiceService,
} from '../../generated/anillo/records/v1/records.ts';
import { Problem } from '../../problems/problem.ts';
import type { Contact } from '../../ring/message.ts';
import { bounded } from '../../services/dht/bounded-service.ts';
import { RECORDS_MAX_BYTES, wrongNode } from '../../services/dht/peer-channel.ts';
import type { RecordMethods } from '../../services/dht/records/peer-calls.ts';
import type { PeerPort } from '../../services/dht/ring-port.ts';
import { LOST } from '../network.ts';
import type { SimulatedNode } from '../simulated-node.ts';
import type { World } from '../world.ts';
import type { ProcessClock } from './process-clock.ts';
import type { Turns } from './turns.ts';

type Method = keyof RecordMethods;
type Done = (error: ServiceError | null, response: unknown) => void;
type Handler = (call: object, done: (error: object | null, response?: unknown) => void) => void;

/** Connections to a process that is not there are refused after this, milliseconds. */
const REFUSED_AFTER_MS = 1;
const SERVICE = bounded(RecordsServiceService, RECORDS_MAX_BYTES) as unknown as {
  readonly [name in Method]: MethodDefinition<unknown, unknown>;
};

interface Life {
  readonly id: string;
  readonly incarnation: number;
}

/** Bytes of messages that carry records, both ways, by method. */
export type Traffic = Map<Method, number>;

export class RecordLinks {
  readonly networkId: string;
  readonly #world: World;
  readonly #turns: Turns;
  readonly #services = new Map<SimulatedNode, RecordsServiceServer>();
  /** Of all nodes together. */
  readonly traffic: Traffic = new Map();
  #trace = 0;

  constructor(networkId: string, world: World, turns: Turns) {
    this.networkId = networkId;
    this.#world = world;
    this.#turns = turns;
  }

  /** One number for all messages so far: two runs that differ have different ones. */
  get traceHash(): string {
    return (this.#trace >>> 0).toString(16).padStart(8, '0');
  }

  serve(node: SimulatedNode, handlers: RecordsServiceServer): void {
    this.#services.set(node, handlers);
  }

  end(node: SimulatedNode): void {
    this.#services.delete(node);
  }

  portOf(node: SimulatedNode, clock: ProcessClock): PeerPort {
    return new LinkEnd(this, node, clock);
  }

  /** Brings something from one process to what listens at an address, or back. `arrive` may never be called. */
  travel(from: SimulatedNode, to: string, isRequest: boolean, arrive: () => void): void {
    const { network, schedule } = this.#world;
    const delayMs = network.delayMs(from.contact.address, to, isRequest);
    if (delayMs !== LOST) schedule.after(delayMs * from.slowness, { happen: arrive });
  }

  /** Who listens there: null where a connection is refused, undefined where nobody says anything. */
  listener(address: string): SimulatedNode | null | undefined {
    const node = this.#world.listener(address);
    if (node?.isRunning && this.#services.has(node)) return node;
    return node?.isSilent ? undefined : null;
  }

  refuse(act: () => void): void {
    this.#world.schedule.after(REFUSED_AFTER_MS, { happen: act });
  }

  handlerOf(node: SimulatedNode, name: Method): Handler | undefined {
    return this.#services.get(node)?.[name] as unknown as Handler | undefined;
  }

  note(name: Method, bytes: Buffer): void {
    this.traffic.set(name, (this.traffic.get(name) ?? 0) + bytes.length);
    this.#trace = crc32(bytes, (this.#trace ^ Math.floor(this.#world.schedule.now * 1_000)) >>> 0);
  }

  due(): void {
    this.#turns.due();
  }
}

class LinkEnd implements PeerPort {
  readonly networkId: string;
  readonly networkTag: bigint;
  readonly #links: RecordLinks;
  readonly #node: SimulatedNode;
  readonly #clock: ProcessClock;
  /** Who has proved to be at the other end, by address. */
  readonly #channels = new Map<string, Life>();

  constructor(links: RecordLinks, node: SimulatedNode, clock: ProcessClock) {
    this.networkId = links.networkId;
    this.networkTag = Buffer.from(links.networkId, 'hex').readBigUInt64LE();
    this.#links = links;
    this.#node = node;
    this.#clock = clock;
  }

  descriptor(): null {
    return null;
  }

  async records(to: Contact, timeoutMs: number): Promise<RecordsServiceClient> {
    let life = this.#channels.get(to.address);
    // A process that ended closed its connections; the ring's own messages find out what a machine that crashed did not.
    if (life === undefined || life.incarnation !== to.incarnation)
      life = await this.#connect(to.address, timeoutMs);
    if (life.id !== to.id || life.incarnation !== to.incarnation)
      throw wrongNode(to.address, `${life.id} (life ${life.incarnation})`, to.id);
    return this.#clientOf(to, life);
  }

  #connect(address: string, timeoutMs: number): Promise<Life> {
    const links = this.#links;
    const { promise, resolve, reject } = Promise.withResolvers<Life>();
    const endWait = this.#clock.after(timeoutMs, () =>
      reject(new Problem('deadline', { what: address, timeoutMs })),
    );
    const settle = (act: () => void) =>
      this.#node.act(() => {
        endWait();
        links.due();
        act();
      });
    links.travel(this.#node, address, true, () => {
      const other = links.listener(address);
      if (other === undefined) return;
      if (other === null) {
        const refused = new Problem('unreachable', { what: 'the.node', address, hint: 'hint.node' });
        links.refuse(() => settle(() => reject(refused)));
        return;
      }
      const { id, incarnation } = other.contact;
      other.act(() =>
        links.travel(other, this.#node.contact.address, false, () =>
          settle(() => {
            this.#channels.set(address, { id, incarnation });
            resolve({ id, incarnation });
          }),
        ),
      );
    });
    return promise;
  }

  #clientOf(to: Contact, life: Life): RecordsServiceClient {
    const methods = Object.keys(SERVICE).map((name) => [
      name,
      (request: unknown, _: Metadata, { deadline }: { deadline: number }, done: Done) =>
        this.#call(to, life, name as Method, request, deadline, done),
    ]);
    return Object.fromEntries(methods) as RecordsServiceClient;
  }

  #call(to: Contact, life: Life, name: Method, request: unknown, deadline: number, done: Done) {
    const links = this.#links;
    const bytes = SERVICE[name].requestSerialize(request);
    links.note(name, bytes);
    let isOpen = true;
    const settle = (error: ServiceError | null, response: unknown) => {
      if (!isOpen) return;
      isOpen = false;
      endWait();
      links.due();
      done(error, response);
    };
    const fail = (code: status) =>
      settle(serviceError({ code, details: status[code], metadata: new Metadata() }), null);
    const endWait = this.#clock.after(deadline - this.#clock.wallMs(), () => fail(status.DEADLINE_EXCEEDED));
    const refuse = () => {
      this.#channels.delete(to.address);
      links.refuse(() => this.#node.act(() => fail(status.UNAVAILABLE)));
    };
    links.travel(this.#node, to.address, true, () => {
      const other = links.listener(to.address);
      if (other === undefined) return;
      if (other === null || other.contact.incarnation !== life.incarnation) refuse();
      else this.#ask(other, name, bytes, (error, response) => this.#node.act(() => settle(error, response)));
    });
    return { cancel: () => this.#clock.after(0, () => fail(status.CANCELLED)) };
  }

  /** The other answers when it comes to it; what it says travels back. */
  #ask(other: SimulatedNode, name: Method, bytes: Buffer, done: Done): void {
    const links = this.#links;
    const method = SERVICE[name];
    const back = (arrive: () => void) => links.travel(other, this.#node.contact.address, false, arrive);
    other.act(() => {
      links.due();
      const call = { request: method.requestDeserialize(bytes), metadata: new Metadata() };
      links.handlerOf(other, name)?.(call, (error, response) => {
        if (!other.isRunning) return;
        if (error !== null) {
          back(() => done(serviceError(error), null));
          return;
        }
        const answer = method.responseSerialize(response);
        links.note(name, answer);
        back(() => done(null, method.responseDeserialize(answer)));
      });
    });
  }
}

function serviceError(status: object): ServiceError {
  return Object.assign(new Error('a call failed'), status) as ServiceError;
}
