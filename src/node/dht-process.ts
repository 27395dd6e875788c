/** The DHT service of this process: its key and life, and what the configuration says, in its own words. */
import type { Logger } from 'pino';
import { beginIncarnation } from '../identity/incarnation.ts';
import { loadNodeKey } from '../identity/node-key.ts';
import type { Catalog } from '../library/catalog.ts';
import { roomIn } from '../library/free-space.ts';
import type { Problem } from '../problems/problem.ts';
import type { DhtServiceOptions, RunningDht } from '../services/dht/dht-options.ts';
import { startDhtService } from '../services/dht/dht-service.ts';
import type { NodeConfig } from './configuration.ts';
import { defined } from './defined.ts';
import { advertisedHost } from './own-address.ts';
import { readEndpoints } from './service-endpoints.ts';

export interface DhtProcessOptions {
  readonly config: NodeConfig;
  /** 64 hexadecimal digits. */
  readonly networkId: string;
  /** Over a connection of its own, so that it sees what the services write. */
  readonly catalog: Catalog;
  readonly version: string;
  readonly onFatal: (problem: Problem) => void;
  readonly log: Logger;
}

/** @throws Problem `port_taken`, `bad_configuration`, `newer_data` */
export async function startDht(options: DhtProcessOptions): Promise<RunningDht> {
  const { config, networkId, catalog, version, onFatal, log } = options;
  const { data, host, grpcPort, labels, join, portmappers } = config;
  const key = await loadNodeKey(data);
  return startDhtService({
    dataDir: data,
    networkId,
    key,
    incarnation: await beginIncarnation(data, Date.now()),
    host,
    port: grpcPort,
    advertise: advertisedHost(config),
    endpoints: () => readEndpoints(data),
    labels,
    version,
    join,
    portmappers,
    catalog,
    report: () => reportOf(config, catalog),
    onFatal,
    timing: timingOf(config),
    log,
  });
}

function reportOf(
  { share, insecure, reserveBytes }: NodeConfig,
  catalog: Catalog,
): ReturnType<DhtServiceOptions['report']> {
  const { files, bytes, state } = catalog.totals();
  return { files, bytes, freeBytes: state === 'suspended' ? 0 : roomIn(share, reserveBytes), insecure };
}

function timingOf({ timings }: NodeConfig): NonNullable<DhtServiceOptions['timing']> {
  const { leaseDurationMs, syncIntervalMs, reassertion, silenceMs, successorCount, routesMax } = timings;
  return {
    records: defined({ leaseDurationMs, syncIntervalMs, reassertion }),
    founding: defined({ silenceMs }),
    ring: defined({ successorCount, routesMax }),
  };
}
