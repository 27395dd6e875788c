/** The REST services of this process, on one listener. */
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { readNetworkId } from '../identity/network.ts';
import { PROTOCOL_VERSION } from '../identity/protocol.ts';
import type { Library } from '../library/library.ts';
import type { Problem } from '../problems/problem.ts';
import type { DhtApi } from '../services/dht/dht-api.ts';
import { serveDownloads } from '../services/download/download-service.ts';
import type { HttpServer } from '../services/http/http-server.ts';
import { createHttpServer } from '../services/http/server.ts';
import { refuseUnbuiltRoutes } from '../services/http/unbuilt-routes.ts';
import { serveIndex } from '../services/index/index-service.ts';
import { serveUploads } from '../services/upload/upload-service.ts';
import type { NodeConfig } from './configuration.ts';
import { defined } from './defined.ts';
import type { OwnAddress } from './own-address.ts';
import { readEndpoints } from './service-endpoints.ts';

export interface RestOptions {
  readonly config: NodeConfig;
  /** Null where this process runs the DHT service alone. */
  readonly library: Library | null;
  readonly dht: DhtApi;
  readonly self: OwnAddress;
  readonly version: string;
  readonly metrics: Registry;
  readonly notReady: () => Promise<Problem | null>;
  readonly log: Logger;
}

export async function createRest(options: RestOptions): Promise<HttpServer> {
  const { config, library, dht, version, metrics, notReady, log } = options;
  const { services, insecure } = config;
  const names = insecure ? null : [config.host, config.advertise ?? config.host];
  const server = await createHttpServer({ log, title: 'Anillo node', version, names, metrics, notReady });
  refuseUnbuiltRoutes(server, 'node');
  if (library === null) return server;
  const self = () => options.self.now();
  const { transfersMax } = config.bounds;
  const transfers = defined({ transfersMax });
  const endpoints = () => readEndpoints(config.data);
  if (services.includes('index')) {
    const protocolVersion = PROTOCOL_VERSION;
    await serveIndex(server, {
      library,
      dht,
      networkId: () => readNetworkId(config.data),
      self,
      endpoints,
      services,
      version,
      protocolVersion,
      insecure,
      log,
    });
  }
  if (services.includes('upload')) await serveUploads(server, { library, dht, self, log, ...transfers });
  if (services.includes('download')) serveDownloads(server, { library, ...transfers });
  return server;
}
