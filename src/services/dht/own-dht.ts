/** The DHT as this process has it: the ring, the records and the addresses, put together for the node's other services. */
import { Problem } from '../../problems/problem.ts';
import type { LookupResult } from '../../ring/effect.ts';
import type { Identifier } from '../../ring/identifier.ts';
import type { Contact } from '../../ring/message.ts';
import type {
  DhtApi,
  DhtLookup,
  DhtStatus,
  Found,
  KeySource,
  PublishOptions,
  RingMember,
} from './dht-api.ts';
import { keyOf } from './key-of.ts';
import { inParallel, type NodeDirectory } from './node-directory.ts';
import type { Peers } from './peers.ts';
import type { RunningRecords } from './records/records-service.ts';
import type { RingDriver } from './ring-driver.ts';
import type { KnownNode } from './ring-view.ts';

const LOOKUP_TIMEOUT_MS = 5_000;
/** Owners, replicas and addresses in turn; shorter than those wait who ask over gRPC, so that they hear why. */
const FIND_TIMEOUT_MS = 14_000;
/** Members asked for their successors and addresses when the ring is shown; of the others it shows what is known. */
const MEMBERS_ASKED_MAX = 64;
const SUCCESSORS_TIMEOUT_MS = 500;

export class OwnDht implements DhtApi {
  readonly #driver: RingDriver;
  readonly #peers: Peers;
  readonly #directory: NodeDirectory;
  readonly #records: RunningRecords;

  constructor(driver: RingDriver, peers: Peers, directory: NodeDirectory, records: RunningRecords) {
    this.#driver = driver;
    this.#peers = peers;
    this.#directory = directory;
    this.#records = records;
  }

  keyOf(source: KeySource, text: string): Identifier {
    return keyOf(source, text);
  }

  async status(): Promise<DhtStatus> {
    const { joined, inDoubt, predecessor, successors } = this.#driver.neighbours();
    const { successorsMax } = this.#driver.figures();
    return {
      id: this.#driver.self.id,
      networkId: this.#peers.networkId,
      incarnation: this.#driver.self.incarnation,
      joined,
      inDoubt,
      predecessor: predecessor === null ? null : this.#directory.addressNow(predecessor),
      successors: successors.map((successor) => this.#directory.addressNow(successor)),
      successorsMax,
      suspects: this.#driver.suspects().map((suspect) => this.#directory.addressNow(suspect)),
      estimatedRingSize: this.#driver.estimatedSize(),
      away: this.#driver.awayCount(),
      records: this.#records.recordCount(),
      pending: this.#records.pendingCount(),
      refused: this.#records.refusedCount(),
    };
  }

  async ring(): Promise<readonly RingMember[]> {
    const known = this.#driver.view();
    const asked = new Set(known.slice(0, MEMBERS_ASKED_MAX));
    return inParallel(known, async (node) => {
      const { contact, state } = node;
      if (state === 'inactive' || !asked.has(node))
        return { ...this.#directory.addressNow(contact), state, successors: [] };
      return {
        ...(await this.#directory.address(contact)),
        state,
        successors: await this.#successorsOf(node),
      };
    });
  }

  async lookup(key: Identifier, timeoutMs = LOOKUP_TIMEOUT_MS): Promise<DhtLookup> {
    const startedMs = performance.now();
    const limitMs = Math.min(timeoutMs, LOOKUP_TIMEOUT_MS);
    const result = await this.#driver.lookup(key, limitMs);
    const ms = performance.now() - startedMs;
    if (result.owner === null) throw this.#notFound(limitMs);
    return {
      id: key,
      owner: await this.#directory.address(result.owner),
      path: this.#path(result),
      hops: result.hops,
      ms,
    };
  }

  find(key: Identifier, limit: number, timeoutMs = FIND_TIMEOUT_MS): Promise<Found> {
    return inTime(Math.min(timeoutMs, FIND_TIMEOUT_MS), 'the.ring', this.#find(key, limit));
  }

  async #find(key: Identifier, limit: number): Promise<Found> {
    const found = await this.#records.find(key, limit);
    return { ...found, providers: await this.#directory.providers(found.providers) };
  }

  publish(options: PublishOptions): Promise<{ readonly pending: number }> {
    return this.#records.publish(options);
  }

  #notFound(timeoutMs: number): Problem {
    if (!this.#driver.neighbours().joined) return new Problem('not_ready');
    return new Problem('deadline', { what: 'the.owner', timeoutMs });
  }

  #path(result: LookupResult): DhtLookup['path'] {
    return result.path.map(({ contact, elapsedMs, outcome }) => ({
      ...this.#directory.addressNow(contact),
      ms: elapsedMs,
      outcome,
    }));
  }

  #successorsOf({ contact, state }: KnownNode): Promise<string[]> | string[] {
    if (contact.id === this.#driver.self.id) return identifiers(this.#driver.neighbours().successors);
    if (state !== 'active') return [];
    const { promise, resolve } = Promise.withResolvers<string[]>();
    this.#peers.exchange(
      contact,
      { type: 'neighbours', listHash: '', notify: null },
      SUCCESSORS_TIMEOUT_MS,
      (_, answer) => {
        resolve(answer?.reply.type === 'neighbours' ? identifiers(answer.reply.successors) : []);
      },
    );
    return promise;
  }
}

function identifiers(contacts: readonly Contact[]): string[] {
  return contacts.map(({ id }) => id);
}

/** What comes later than `timeoutMs` is a `deadline`. */
async function inTime<Result>(timeoutMs: number, what: string, work: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Problem('deadline', { what, timeoutMs })), timeoutMs);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
