/** How this node calls itself to others: its id, and the hosts and ports under which they reach its services. */
import { readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { NodeAddress } from '../client/schemas/shared.ts';
import { NODE_KEY_FILE, NodeKey } from '../identity/node-key.ts';
import { Problem } from '../problems/problem.ts';
import type { NodeConfig } from './configuration.ts';
import { readEndpoints } from './service-endpoints.ts';

const ANY_HOST = ['0.0.0.0', '::'];

/** The host that others are told. One that listens on all addresses names one of them. */
export function advertisedHost({ host, advertise }: Pick<NodeConfig, 'host' | 'advertise'>): string {
  if (advertise !== null) return advertise;
  if (!ANY_HOST.includes(host)) return host;
  const outward = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return outward.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? hostname();
}

/** Reads the id from the key, once it has been made: a service apart may be there before the DHT service. */
export class OwnAddress {
  readonly #dataDir: string;
  /** `host:port` of this process's REST services. */
  readonly #rest: () => string;
  #id: string | null = null;

  constructor(dataDir: string, rest: () => string) {
    this.#dataDir = dataDir;
    this.#rest = rest;
  }

  /** @throws Problem `not_ready` before the first start of the DHT service */
  now(): NodeAddress {
    this.#id ??= this.#readId();
    return { id: this.#id, address: readEndpoints(this.#dataDir).index ?? this.#rest() };
  }

  #readId(): string {
    try {
      return NodeKey.fromPem(readFileSync(join(this.#dataDir, NODE_KEY_FILE), 'utf8')).id;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new Problem('not_ready', {}, error);
      throw error;
    }
  }
}
