/** A portmapper: the registry of nodes, their availability, and the door for clients. */
import type { Logger } from 'pino';
import { Gauge, type Registry as Metrics } from 'prom-client';
import { HttpClient } from '../client/http.ts';
import { isNetworkId, makeNetworkId, readNetworkId, storeNetworkId } from '../identity/network.ts';
import { PROTOCOL_VERSION } from '../identity/protocol.ts';
import type { HttpServer } from '../services/http/http-server.ts';
import { closeServer, formatAddress, listen, requireLoopback } from '../services/http/listen.ts';
import { createMetrics } from '../services/http/metrics.ts';
import { createHttpServer } from '../services/http/server.ts';
import { refuseUnbuiltRoutes } from '../services/http/unbuilt-routes.ts';
import { ServiceLock } from '../storage/service-lock.ts';
import { Admission } from './admission.ts';
import { type NodeState, TIMINGS, type Timings } from './availability.ts';
import { SYSTEM_CLOCK } from './clock.ts';
import { Founding } from './founding.ts';
import { serveNetwork } from './network-routes.ts';
import { NodeCalls } from './node-calls.ts';
import { serveOlderRoutes } from './older-routes.ts';
import { OlderUploads } from './older-upload.ts';
import { NODES_MAX, Registry } from './registry.ts';
import { serveRegistry } from './registry-routes.ts';
import { Seeds } from './seeds.ts';
import { Spool } from './spool.ts';
import { Watcher } from './watcher.ts';

export interface PortmapperConfig {
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  readonly dataDir: string;
  /** Anybody may come in: the listener need not be on loopback. */
  readonly insecure: boolean;
  readonly version: string;
  readonly log: Logger;
  /** Taken at the first start in place of a random one: 64 hexadecimal digits. */
  readonly networkId?: string;
  readonly timings?: Timings;
  /** Of files on their way in that came before the name of their node. */
  readonly spoolMaxBytes?: number;
}

export interface RunningPortmapper {
  /** `host:port` */
  readonly address: string;
  /** 64 hexadecimal digits. */
  readonly networkId: string;
  /** Ends what is under way within 5 s and writes everything. */
  stop(): Promise<void>;
}

/** @throws Problem `not_loopback`, `port_taken`, `data_in_use`, `newer_data`, `bad_configuration` */
export async function startPortmapper(config: PortmapperConfig): Promise<RunningPortmapper> {
  requireLoopback(config.host, config.insecure);
  const lock = ServiceLock.take(config.dataDir, 'portmapper');
  try {
    return await startLocked(config, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function startLocked(config: PortmapperConfig, lock: ServiceLock): Promise<RunningPortmapper> {
  const { dataDir, log, timings = TIMINGS } = config;
  const networkId = await networkOf(config);
  const clock = SYSTEM_CLOCK;
  const registry = Registry.open(dataDir, clock.monotonicMs(), clock.unixMs());
  const http = new HttpClient(new AbortController().signal);
  const calls = new NodeCalls(registry, http, Math.random);
  const uploads = new OlderUploads({ registry, calls, spool: Spool.open(dataDir, config.spoolMaxBytes) });
  const watcher = new Watcher({ registry, clock, timings, log });
  const release = async () => {
    watcher.stop();
    await uploads.close();
    await http.close();
    registry.close();
  };
  try {
    const metrics = countNodes(createMetrics(), registry);
    const server = await createHttpServer({
      log,
      title: 'Anillo portmapper',
      version: config.version,
      names: config.insecure ? null : [config.host],
      metrics,
    });
    // Every node keeps one connection; the server's own bound is for a node's listener.
    server.server.maxConnections = 2 * NODES_MAX;
    const founding = new Founding();
    const seeds = new Seeds(registry, clock, Math.random);
    const admission = new Admission({ registry, founding, seeds, clock, timings, networkId, log });
    const network = describeNetwork(config, networkId, clock.unixMs());
    serveRegistry(server, { registry, admission, clock, network, random: Math.random });
    serveNetwork(server, { registry, calls });
    serveOlderRoutes(server, registry, calls);
    await uploads.serve(server);
    refuseUnbuiltRoutes(server, 'portmapper');
    const port = await listen(server, config);
    watcher.start();
    return {
      address: formatAddress(config.host, port),
      networkId,
      stop: once(() => stop(server, release, lock)),
    };
  } catch (error) {
    await release();
    throw error;
  }
}

async function stop(server: HttpServer, release: () => Promise<void>, lock: ServiceLock): Promise<void> {
  try {
    await closeServer(server);
  } finally {
    await release();
    lock.release();
  }
}

async function networkOf({ dataDir, networkId }: PortmapperConfig): Promise<string> {
  const known = readNetworkId(dataDir);
  if (known !== null) return known;
  const made = isNetworkId(networkId) ? networkId : makeNetworkId();
  await storeNetworkId(dataDir, made);
  return made;
}

function describeNetwork({ version, insecure }: PortmapperConfig, networkId: string, startedAt: number) {
  return { networkId, protocolVersion: PROTOCOL_VERSION, version, insecure, startedAt };
}

function countNodes(metrics: Metrics, registry: Registry): Metrics {
  const states: readonly NodeState[] = ['active', 'suspect', 'inactive'];
  new Gauge({
    name: 'anillo_portmapper_nodes',
    help: 'Nodes known, by state.',
    labelNames: ['state'],
    registers: [metrics],
    collect() {
      for (const state of states) this.set({ state }, registry.inState(state).length);
    },
  });
  return metrics;
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  return () => {
    running ??= work();
    return running;
  };
}
