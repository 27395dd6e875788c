/**
 * What a node and a portmapper run with: `anillo.yaml`, environment `ANILLO_*` and flags, in rising precedence, checked
 * once, all complaints together with where each stands.
 */
import { join } from 'node:path';
import { Problem } from '../problems/problem.ts';
import type { FlagValue, Settings } from './configuration-layer.ts';
import { NodeSection, PortmapperSection, type ServiceName, type Timings } from './configuration-schema.ts';
import { dataHome, isInside, usualDataDir } from './data-folder.ts';
import { type ConfigurationSources, readSettings } from './settings.ts';

/** Messaging joins when it is built. */
const USUAL_SERVICES: readonly ServiceName[] = ['dht', 'index', 'upload', 'download'];
const LOOPBACK = '127.0.0.1';
const RESERVE_BYTES = 256 * 1024 * 1024;

export interface NodeConfig {
  /** Absolute, as all folders here. */
  readonly share: string;
  readonly data: string;
  readonly host: string;
  /** Host under which others reach the node; null: `host`. */
  readonly advertise: string | null;
  /** Of the REST services of this process; 0 takes any free one, as for `grpcPort`. */
  readonly port: number;
  readonly grpcPort: number;
  /** URLs without a path. */
  readonly portmappers: readonly string[];
  /** `host:port` of DHT services. */
  readonly join: readonly string[];
  readonly services: readonly ServiceName[];
  /** `host:port` of the DHT service where another process runs it. */
  readonly dht: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly insecure: boolean;
  /** Free space that uploads leave. */
  readonly reserveBytes: number;
  readonly timings: Timings;
}

export interface PortmapperConfig {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  readonly insecure: boolean;
}

const NODE_SETTINGS = {
  share: { kind: 'folder', env: 'SHARE', flag: 'share' },
  data: { kind: 'folder', env: 'DATA', flag: 'data' },
  host: { kind: 'text', env: 'HOST', flag: 'host' },
  advertise: { kind: 'text', env: 'ADVERTISE', flag: 'advertise' },
  port: { kind: 'integer', env: 'PORT', flag: 'port' },
  grpcPort: { kind: 'integer', env: 'GRPC_PORT', flag: 'grpc-port' },
  portmappers: { kind: 'list', env: 'PORTMAPPER', flag: 'portmapper' },
  join: { kind: 'list', env: 'JOIN', flag: 'join' },
  services: { kind: 'list', env: 'SERVICES', flag: 'services' },
  dht: { kind: 'text', env: 'DHT', flag: 'dht' },
  labels: { kind: 'texts', env: 'LABEL', flag: 'label' },
  insecure: { kind: 'switch', env: 'INSECURE', flag: 'insecure' },
  reserveBytes: { kind: 'integer', env: 'RESERVE_BYTES', flag: 'reserve-bytes' },
  timings: { kind: 'values', env: 'TIMING', flag: 'timing' },
  broker: { kind: 'text', env: 'BROKER', flag: 'broker' },
} as const satisfies Settings;

const PORTMAPPER_SETTINGS = {
  host: { kind: 'text', env: 'PORTMAPPER_HOST', flag: 'host' },
  port: { kind: 'integer', env: 'PORTMAPPER_PORT', flag: 'port' },
  data: { kind: 'folder', env: 'PORTMAPPER_DATA', flag: 'data' },
  insecure: { kind: 'switch', env: 'INSECURE', flag: 'insecure' },
} as const satisfies Settings;

/** As the command line gave them: texts, lists of texts, and `true` for a flag without a value. */
export type NodeFlags = Readonly<Partial<Record<keyof typeof NODE_SETTINGS, FlagValue>>>;
export type PortmapperFlags = Readonly<Partial<Record<keyof typeof PORTMAPPER_SETTINGS, FlagValue>>>;

/** @throws Problem `bad_configuration`, `not_built` (both exit 2) */
export function readNodeConfig(sources: ConfigurationSources, flags: NodeFlags): NodeConfig {
  const { values, complaints, given } = readSettings('node', NodeSection, NODE_SETTINGS, sources, flags);
  refuseUnbuilt(given);
  const section = values as NodeSection & { readonly portmappers?: readonly string[] };
  const services = [
    ...new Set(section.services ?? USUAL_SERVICES.filter((name) => name !== 'dht' || !section.dht)),
  ];
  const share = section.share ?? '';
  const data = section.data ?? usualDataDir(share);
  if (given.share === undefined)
    complaints.push('share is missing: say which folder to share, with --share DIR');
  else if (share !== '' && isInside(data, share))
    complaints.push(`data may not lie inside the shared folder: ${data}`);
  if (section.dht !== undefined && services.includes('dht')) {
    complaints.push(
      'dht names a DHT service elsewhere, but services has this process run its own: choose one',
    );
  }
  refuseIf(complaints);
  return {
    share,
    data,
    host: section.host ?? LOOPBACK,
    advertise: section.advertise ?? null,
    port: section.port ?? 5000,
    grpcPort: section.grpcPort ?? 50_051,
    portmappers: [...new Set((section.portmappers ?? []).map((url) => url.replace(/\/$/, '')))],
    join: section.join ?? [],
    services,
    dht: section.dht ?? null,
    labels: section.labels ?? {},
    insecure: section.insecure ?? false,
    reserveBytes: section.reserveBytes ?? RESERVE_BYTES,
    timings: section.timings ?? {},
  };
}

/** @throws Problem `bad_configuration` (exit 2) */
export function readPortmapperConfig(
  sources: ConfigurationSources,
  flags: PortmapperFlags,
): PortmapperConfig {
  const settings = readSettings('portmapper', PortmapperSection, PORTMAPPER_SETTINGS, sources, flags);
  refuseIf(settings.complaints);
  const section = settings.values as PortmapperSection;
  return {
    host: section.host ?? LOOPBACK,
    port: section.port ?? 8000,
    data: section.data ?? join(dataHome(), 'portmapper'),
    insecure: section.insecure ?? false,
  };
}

function refuseUnbuilt(given: Readonly<Record<string, unknown>>): void {
  if (given.broker !== undefined) throw new Problem('not_built', { feature: 'A message broker (--broker)' });
  const services = given.services;
  if (Array.isArray(services) && services.includes('messaging')) {
    throw new Problem('not_built', { feature: 'The messaging service' });
  }
}

function refuseIf(complaints: readonly string[]): void {
  if (complaints.length > 0) throw new Problem('bad_configuration', { complaints: complaints.join('\n') });
}
