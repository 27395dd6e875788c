/**
 * A node, or some of its services, in this process: what there is, in the order in which it starts. It stops in the
 * opposite order, and after a failed start nothing of it runs.
 */
import { mkdirSync } from 'node:fs';
import type { Logger } from 'pino';
import { readNetworkId, storeNetworkId } from '../identity/network.ts';
import { Catalog } from '../library/catalog.ts';
import { Library } from '../library/library.ts';
import type { LibraryBounds } from '../library/library-bounds.ts';
import { Problem } from '../problems/problem.ts';
import type { DhtApi } from '../services/dht/dht-api.ts';
import { LocalDht } from '../services/dht/local-client.ts';
import { closeServer, formatAddress, listen, requireLoopback } from '../services/http/listen.ts';
import { createMetrics } from '../services/http/metrics.ts';
import { ServiceLock } from '../storage/service-lock.ts';
import type { NodeConfig } from './configuration.ts';
import type { ServiceName } from './configuration-schema.ts';
import { defined } from './defined.ts';
import { startDht } from './dht-process.ts';
import { LateDht } from './late-dht.ts';
import { measureCatalog, measureRecords } from './node-metrics.ts';
import { advertisedHost, OwnAddress } from './own-address.ts';
import { createRest } from './rest-services.ts';
import { measureRing } from './ring-metrics.ts';
import { readEndpoints, removeEndpoint, writeEndpoint } from './service-endpoints.ts';
import { settleNetwork } from './settle-network.ts';

const DAY_MS = 86_400_000;
/** Between two looks whether the node is on the ring. */
const READY_POLL_MS = 50;
/** Of the ten seconds that a stop may take; the DHT service has five more. */
const DRAIN_MAX_MS = 3_500;

export interface NodeRuntime {
  readonly log: Logger;
  readonly version: string;
  /** Ends the start. Once it has started, only `stop` does. */
  readonly signal?: AbortSignal;
}

export interface RunningNode {
  /** Null where the DHT service runs in another process. */
  readonly id: string | null;
  readonly addresses: {
    /** `host:port` of the REST services, as others are told. */
    readonly rest: string;
    /** Of the DHT service, where it runs here. */
    readonly grpc: string | null;
  };
  /** Resolves when what asks the ring can; a folder that is missing keeps `GET /readyz` negative still. Rejects with the Problem of `failed`, or `interrupted` by a stop. */
  readonly ready: Promise<void>;
  /** Resolves when the node cannot go on and has stopped: `other_network`, `other_version`, `superseded`, `no_space`, `cannot_write`, `internal`. */
  readonly failed: Promise<Problem>;
  /** Takes at most ten seconds. */
  stop(): Promise<void>;
}

/**
 * @throws Problem `not_loopback`, `interrupted`, `unreachable`, `other_network`, `other_version`, `data_in_use`, `port_taken`,
 * `bad_configuration`, `newer_data`
 */
export async function startNode(config: NodeConfig, runtime: NodeRuntime): Promise<RunningNode> {
  requireLoopback(config.host, config.insecure);
  const networkId = config.services.includes('dht') ? await settleNetwork(config, runtime) : null;
  const node = new NodeProcess(config, runtime);
  try {
    await node.start(networkId);
    return node;
  } catch (error) {
    await node.stop();
    throw node.failure ?? error;
  }
}

class NodeProcess implements RunningNode {
  id: string | null = null;
  addresses: RunningNode['addresses'] = { rest: '', grpc: null };
  failure: Problem | null = null;
  readonly ready: Promise<void>;
  readonly failed: Promise<Problem>;
  readonly #config: NodeConfig;
  readonly #runtime: NodeRuntime;
  readonly #metrics = createMetrics();
  readonly #becameReady = Promise.withResolvers<void>();
  readonly #hasFailed = Promise.withResolvers<Problem>();
  /** What to undo, last first. */
  readonly #ends: (() => Promise<void> | void)[] = [];
  #stopping: Promise<void> | null = null;
  #closeRest: () => Promise<void> = async () => undefined;

  constructor(config: NodeConfig, runtime: NodeRuntime) {
    this.#config = config;
    this.#runtime = runtime;
    this.ready = this.#becameReady.promise;
    this.failed = this.#hasFailed.promise;
    // Nobody has to wait for it.
    this.ready.catch(() => undefined);
  }

  async start(networkId: string | null): Promise<void> {
    this.#takeLocks();
    if (networkId !== null) await this.#keepNetwork(networkId);
    const library = await this.#openLibrary();
    const catalog = Catalog.open(this.#config.data, { synchronous: 'normal' });
    this.#ends.push(() => catalog.close());
    const dht = networkId === null ? this.#reachDht() : new LateDht();
    await this.#listen(dht, library, catalog);
    if (networkId !== null && dht instanceof LateDht) await this.#startDht(networkId, dht, catalog);
    if (library !== null && this.#config.services.includes('index')) await library.startWatching();
    if (this.failure !== null) throw this.failure;
    void this.#awaitReady(dht);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  async #end(): Promise<void> {
    this.#becameReady.reject(new Problem('interrupted'));
    for (const end of this.#ends.reverse()) {
      try {
        await end();
      } catch (error) {
        this.#runtime.log.error({ err: error }, 'a part did not stop cleanly');
      }
    }
  }

  #takeLocks(): void {
    const { data, services } = this.#config;
    mkdirSync(data, { recursive: true, mode: 0o700 });
    for (const service of services) {
      const lock = ServiceLock.take(data, service);
      this.#ends.push(() => lock.release());
    }
  }

  async #keepNetwork(networkId: string): Promise<void> {
    const { data } = this.#config;
    if (readNetworkId(data) !== networkId) await storeNetworkId(data, networkId);
  }

  async #openLibrary(): Promise<Library | null> {
    const { share, data, services } = this.#config;
    if (services.every((service) => service === 'dht')) return null;
    const { log } = this.#runtime;
    const library = await Library.open({
      shareDir: share,
      dataDir: data,
      log,
      ...libraryBounds(this.#config),
    });
    this.#ends.push(() => library.close());
    if (services.includes('upload')) await this.#recoverUploads(library);
    return library;
  }

  /** A disk that is not mounted now may come: uploads are refused until then, and cleaned up after then. */
  async #recoverUploads(library: Library): Promise<void> {
    try {
      await library.recover();
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'suspended') throw error;
      this.#runtime.log.warn({ code: error.code }, error.message);
    }
  }

  #reachDht(): DhtApi {
    const { dht, data } = this.#config;
    const client = new LocalDht({ address: () => dht ?? readEndpoints(data).dht, dataDir: data });
    this.#ends.push(() => client.close());
    return client;
  }

  async #listen(dht: DhtApi, library: Library | null, catalog: Catalog): Promise<void> {
    const { host, port, insecure, data } = this.#config;
    const metrics = this.#metrics;
    measureCatalog(metrics, catalog);
    measureRecords(metrics);
    const self = new OwnAddress(data, () => this.addresses.rest);
    const notReady = async () => (await this.#notReady(dht)) ?? suspension(library);
    const server = await createRest({
      ...this.#runtime,
      config: this.#config,
      library,
      dht,
      self,
      metrics,
      notReady,
    });
    this.#closeRest = () => closeServer(server, DRAIN_MAX_MS);
    this.#ends.push(() => this.#closeRest());
    const opened = await listen(server, { host, port, insecure });
    this.addresses = { rest: formatAddress(advertisedHost(this.#config), opened), grpc: null };
    for (const service of this.#config.services) {
      if (service !== 'dht') await this.#announce(service, this.addresses.rest);
    }
  }

  async #announce(service: ServiceName, endpoint: string): Promise<void> {
    const { data } = this.#config;
    await writeEndpoint(data, service, endpoint);
    this.#ends.push(() => removeEndpoint(data, service));
  }

  async #startDht(networkId: string, late: LateDht, catalog: Catalog): Promise<void> {
    const config = this.#config;
    const onFatal = (problem: Problem): void => void this.#fail(problem);
    const dht = await startDht({ ...this.#runtime, config, networkId, catalog, onFatal });
    this.#ends.push(() => dht.stop({ leave: true }));
    this.id = dht.id;
    this.addresses = { ...this.addresses, grpc: dht.address };
    late.become(dht.api);
    measureRing(this.#metrics, () => dht.ringFigures());
    await this.#announce('dht', dht.address);
    // What is under way ends while the ring still takes publications, and is looked for where the descriptor says.
    this.#ends.push(() => this.#closeRest());
    // The portmappers know at once, however long that takes.
    this.#ends.push(() => dht.takeLeave());
  }

  async #fail(problem: Problem): Promise<void> {
    this.failure = problem;
    this.#becameReady.reject(problem);
    await this.stop();
    this.#hasFailed.resolve(problem);
  }

  /** Files are taken in and given out without the ring; what asks it waits for it. */
  async #notReady(dht: DhtApi): Promise<Problem | null> {
    const { services } = this.#config;
    if (!services.includes('dht') && !services.includes('index')) return null;
    try {
      return (await dht.status()).joined ? null : new Problem('not_ready');
    } catch (error) {
      return Problem.from(error);
    }
  }

  async #awaitReady(dht: DhtApi): Promise<void> {
    while (this.#stopping === null) {
      if ((await this.#notReady(dht)) === null) return this.#becameReady.resolve();
      await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
    }
  }
}

/** A node without its folder neither takes files in nor gives them out. */
async function suspension(library: Library | null): Promise<Problem | null> {
  if (library === null || (await library.folder.absence()) === null) return null;
  return new Problem('suspended', { folder: library.folder.path });
}

function libraryBounds({ reserveBytes, bounds, timings }: NodeConfig): Partial<LibraryBounds> {
  const { versionsMax, versionsDays, trashDays } = bounds;
  return defined({
    reserveBytes,
    versionsMax,
    versionsMaxAgeMs: versionsDays === undefined ? undefined : versionsDays * DAY_MS,
    trashMaxAgeMs: trashDays === undefined ? undefined : trashDays * DAY_MS,
    stillMs: timings.stillnessMs,
    rescanMs: timings.rescanIntervalMs,
  });
}
