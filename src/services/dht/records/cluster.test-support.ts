/** For tests: record services of several nodes in one process, over real gRPC on loopback, on a ring that the test dictates. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, Server } from '@grpc/grpc-js';
import pino from 'pino';
import { Holding, RecordsServiceClient } from '../../../generated/anillo/records/v1/records.ts';
import { makeNetworkId } from '../../../identity/network.ts';
import { NodeKey } from '../../../identity/node-key.ts';
import { Problem } from '../../../problems/problem.ts';
import type { KeyRange } from '../../../records/key-range.ts';
import type { LookupResult } from '../../../ring/effect.ts';
import type { Identifier } from '../../../ring/identifier.ts';
import { isBetweenOpenClosed } from '../../../ring/interval.ts';
import type { Contact } from '../../../ring/message.ts';
import type { Neighbours, PeerPort } from '../ring-port.ts';
import { type Member, reservePort, serve, type TestNode } from './cluster-member.test-support.ts';
import { DictatedRing } from './dictated-ring.test-support.ts';
import type { RecordParameters } from './parameters.ts';
import { PendingInMemory } from './pending-in-memory.ts';
import type { PendingSource } from './pending-source.ts';
import { startRecords } from './records-service.ts';

export class TestCluster {
  readonly networkId = makeNetworkId();
  readonly networkTag = Buffer.from(this.networkId, 'hex').readBigUInt64LE();
  readonly #parameters: Partial<RecordParameters>;
  readonly #members = new Map<string, Member>();
  readonly #dirs: string[] = [];

  constructor(parameters: Partial<RecordParameters> = {}) {
    this.#parameters = {
      // Nothing happens by itself but what the test is about.
      syncIntervalMs: 3_600_000,
      syncDelayMs: 5,
      pendingPollMs: 10,
      retryDelayMs: 10,
      callTimeoutMs: 2000,
      ...parameters,
    };
  }

  static async of(size: number, parameters: Partial<RecordParameters> = {}): Promise<TestCluster> {
    const cluster = new TestCluster(parameters);
    for (let index = 0; index < size; index++) await cluster.start({ join: false });
    cluster.join(...cluster.nodes);
    return cluster;
  }

  /** In ring order. */
  get nodes(): TestNode[] {
    return [...this.#members.values()].sort((left, right) => (left.id < right.id ? -1 : 1));
  }

  node(index: number): TestNode {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`no node ${index}`);
    return node;
  }

  async start({
    join: joins,
    dataDir: given,
    key = NodeKey.generate(),
    source,
    parameters = {},
  }: {
    join: boolean;
    dataDir?: string;
    key?: NodeKey;
    /** Instead of the changes in memory. */
    source?: PendingSource;
    parameters?: Partial<RecordParameters>;
  }): Promise<TestNode> {
    const dataDir = given ?? (await this.folder());
    const server = new Server();
    const pending = new PendingInMemory();
    const port = await reservePort(server);
    const contact = { id: key.id, incarnation: Date.now(), address: `127.0.0.1:${port}` };
    const ring = new DictatedRing(contact, this);
    const records = await startRecords({
      ring,
      peers: this.#peers(),
      key,
      incarnation: contact.incarnation,
      dataDir,
      pending: source ?? pending,
      log: pino({ level: process.env.ANILLO_TEST_LOG ?? 'silent' }),
      parameters: { ...this.#parameters, ...parameters },
    });
    const calls = new Map<string, number>();
    const member: Member = {
      id: key.id,
      contact,
      records,
      pending,
      dataDir,
      calls,
      bytesIn: 0,
      onRequest: () => {},
      key,
      server,
      ring,
      inRing: false,
      alive: true,
      held: null,
    };
    serve(server, records, member);
    this.#members.set(key.id, member);
    if (joins) this.join(member);
    return member;
  }

  /** Removed at the end. */
  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'anillo-records-'));
    this.#dirs.push(folder);
    return folder;
  }

  /** At once: no neighbour hears of one before the other. */
  join(...nodes: readonly TestNode[]): void {
    const members = nodes.map(({ id }) => this.#member(id));
    for (const member of members) member.inRing = true;
    for (const { ring } of members) ring.emit({ type: 'joined' });
    this.announce();
  }

  /** Has every node in the ring claimed its range, and do the next two know that they hold copies? */
  async isSettled(): Promise<boolean> {
    const asked = this.#inRing().flatMap((member) => {
      const around = this.#around(member.id);
      const range = { from: around.at(-1)?.id ?? member.id, to: member.id };
      const expected = [Holding.HOLDING_WHOLE, Holding.HOLDING_COPY, Holding.HOLDING_COPY];
      return [member.contact, ...around]
        .slice(0, expected.length)
        .map(async (holder, index) => (await this.#holdingOf(holder, range)) === expected[index]);
    });
    return (await Promise.all(asked)).every(Boolean);
  }

  async #holdingOf(holder: Contact, { from, to }: KeyRange): Promise<Holding> {
    const client = await this.#peers().records(holder, 0);
    const range = { from: Buffer.from(from, 'hex'), to: Buffer.from(to, 'hex') };
    const nothing = { digest: Buffer.alloc(0), minCopies: 0, claimed: false, given: false };
    return new Promise((resolve, reject) => {
      client.digest({ networkTag: this.networkTag, ...range, ...nothing }, (error, response) => {
        if (error === null) resolve(response.holding);
        else reject(error);
      });
    });
  }

  /** All of them were silent for so long that others may have taken their places. */
  doubt(...nodes: readonly TestNode[]): void {
    const members = nodes.map(({ id }) => this.#member(id));
    for (const { ring } of members) ring.emit({ type: 'doubted' });
    for (const { ring } of members) ring.emit({ type: 'settled' });
  }

  /** Tells every node of its neighbours. */
  announce(): void {
    for (const member of this.#members.values()) {
      if (!member.alive || !member.inRing) continue;
      const { predecessor, successors } = this.neighboursOf(member.id);
      member.ring.emit({ type: 'neighboursChanged', predecessor, successors });
    }
  }

  /** The node no longer answers; the others know at once when `noticed`. */
  async kill(node: TestNode, noticed = true): Promise<void> {
    const member = this.#member(node.id);
    member.alive = false;
    member.server.forceShutdown();
    if (noticed) member.inRing = false;
    await member.records.stop();
    if (noticed) {
      this.#members.delete(node.id);
      this.announce();
    }
  }

  /** The node takes calls and does not answer, as when its process is paused. */
  pause(node: TestNode): void {
    this.#member(node.id).held = Promise.withResolvers();
  }

  /** The ring gives up a node that does not answer. */
  declareDead(node: TestNode): void {
    this.#member(node.id).inRing = false;
    for (const { ring, inRing } of this.#members.values()) {
      if (inRing) ring.emit({ type: 'dead', contact: node.contact });
    }
    this.announce();
  }

  async leave(node: TestNode): Promise<void> {
    await node.records.leave();
    await this.kill(node);
  }

  keyOfNode(node: TestNode): NodeKey {
    return this.#member(node.id).key;
  }

  ownerOf(key: Identifier): TestNode {
    return this.#member(this.lookup(key).owner?.id ?? '');
  }

  neighboursOf(id: string): Neighbours {
    const member = this.#members.get(id);
    if (member === undefined || !member.inRing)
      return { joined: false, inDoubt: false, predecessor: null, successors: [] };
    const others = this.#around(id);
    return { joined: true, inDoubt: false, predecessor: others.at(-1) ?? null, successors: others };
  }

  lookup(key: Identifier): LookupResult {
    const ring = this.#inRing();
    const index = ring.findIndex(({ id }, at) => isBetweenOpenClosed(ring.at(at - 1)?.id ?? id, key, id));
    const owner = ring[index]?.contact ?? null;
    const predecessor = ring.length > 1 ? (ring.at(index - 1)?.contact ?? null) : null;
    const successors = owner === null ? [] : this.#around(owner.id);
    const outcome = owner === null ? 'failed' : 'found';
    return { lookupId: 0, key, outcome, owner, predecessor, successors, path: [], hops: 1 };
  }

  async close(): Promise<void> {
    for (const { held } of this.#members.values()) held?.resolve();
    for (const member of this.#members.values()) {
      member.server.forceShutdown();
      if (member.alive) await member.records.stop();
    }
    for (const client of this.#clients.values()) client.close();
    for (const dir of this.#dirs) await rm(dir, { recursive: true, force: true });
  }

  readonly #clients = new Map<string, RecordsServiceClient>();

  #peers(): PeerPort {
    return {
      networkId: this.networkId,
      networkTag: this.networkTag,
      descriptor: () => null,
      records: async (to) => {
        const member = this.#members.get(to.id);
        if (member === undefined || !member.alive) {
          throw new Problem('unreachable', { what: to.id, address: to.address, hint: '' });
        }
        let client = this.#clients.get(to.address);
        if (client === undefined) {
          client = new RecordsServiceClient(to.address, credentials.createInsecure());
          this.#clients.set(to.address, client);
        }
        return client;
      },
    };
  }

  #member(id: string): Member {
    const member = this.#members.get(id);
    if (member === undefined) throw new Error(`no node ${id}`);
    return member;
  }

  #inRing(): Member[] {
    return [...this.#members.values()]
      .filter(({ inRing }) => inRing)
      .sort((left, right) => (left.id < right.id ? -1 : 1));
  }

  /** The other members, clockwise from `id`. */
  #around(id: string): Contact[] {
    const ring = this.#inRing();
    const at = ring.findIndex((member) => member.id === id);
    return [...ring.slice(at + 1), ...ring.slice(0, at)].map(({ contact }) => contact);
  }
}
