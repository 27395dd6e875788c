/**
 * What a node and a portmapper run with: `anillo.yaml`, environment `ANILLO_*` and flags, in rising precedence, checked
 * once, all complaints together with where each stands.
 */
import { join } from 'node:path';
import { Problem } from '../problems/problem.ts';
import type { FlagValue } from './configuration-layer.ts';
import type { NodeSection, PortmapperSection, ServiceName, Timings } from './configuration-schema.ts';
import { dataHome, isInside, usualDataDir } from './data-folder.ts';
import { defined } from './defined.ts';
import type { CommandSetting, NodeSetting, PortmapperSetting } from './known-settings.ts';
import { type ConfigurationSources, readSettings, type SettingsRead } from './settings.ts';

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
  /** Where nobody set one, the service's own bound holds. */
  readonly bounds: NodeBounds;
  readonly timings: Timings;
}

type NodeBounds = Readonly<Pick<NodeSection, 'transfersMax' | 'versionsMax' | 'versionsDays' | 'trashDays'>>;

export interface PortmapperConfig {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  readonly insecure: boolean;
}

/** As the command line gave them: texts, lists of texts, and `true` for a flag without a value. */
export type NodeFlags = Readonly<Partial<Record<NodeSetting, FlagValue>>>;
export type PortmapperFlags = Readonly<Partial<Record<PortmapperSetting, FlagValue>>>;

export type CommandFlags = Readonly<Partial<Record<CommandSetting, FlagValue>>>;

/** @throws Problem `bad_configuration`, `not_built` (both exit 2) */
export function readNodeConfig(sources: ConfigurationSources, flags: NodeFlags): NodeConfig {
  const read = readSettings('node', sources, flags);
  refuseUnbuilt(read.given);
  const section = read.values as NodeSection & { readonly portmappers?: readonly string[] };
  const services = [
    ...new Set(section.services ?? USUAL_SERVICES.filter((name) => name !== 'dht' || !section.dht)),
  ];
  const share = section.share ?? '';
  const data = section.data ?? usualDataDir(share);
  if (read.given.share === undefined) read.complain([], { reason: 'config.no-share' });
  else if (share !== '' && isInside(data, share))
    read.complain(['data', 'share'], { reason: 'config.data-inside', data });
  if (section.dht !== undefined && services.includes('dht'))
    read.complain(['services', 'dht'], { reason: 'config.two-dht' });
  refuseIf(read);
  return {
    share,
    data,
    host: section.host ?? LOOPBACK,
    advertise: section.advertise ?? null,
    port: section.port ?? 5000,
    grpcPort: section.grpcPort ?? 50_051,
    portmappers: basesOf(section.portmappers),
    join: section.join ?? [],
    services,
    dht: section.dht ?? null,
    labels: section.labels ?? {},
    insecure: section.insecure ?? false,
    reserveBytes: section.reserveBytes ?? RESERVE_BYTES,
    bounds: boundsOf(section),
    timings: section.timings ?? {},
  };
}

function boundsOf({ transfersMax, versionsMax, versionsDays, trashDays }: NodeSection): NodeBounds {
  return defined({ transfersMax, versionsMax, versionsDays, trashDays });
}

/** @throws Problem `bad_configuration` (exit 2) */
export function readPortmapperConfig(
  sources: ConfigurationSources,
  flags: PortmapperFlags,
): PortmapperConfig {
  const read = readSettings('portmapper', sources, flags);
  refuseIf(read);
  const section = read.values as PortmapperSection;
  return {
    host: section.host ?? LOOPBACK,
    port: section.port ?? 8000,
    data: section.data ?? join(dataHome(), 'portmapper'),
    insecure: section.insecure ?? false,
  };
}

/**
 * What a command needs of the configuration: URLs of the portmappers to ask, in order; none when nobody said any.
 * @throws Problem `bad_configuration` (exit 2)
 */
export function readCommandConfig(sources: ConfigurationSources, flags: CommandFlags): readonly string[] {
  const read = readSettings('commands', sources, flags);
  refuseIf(read);
  return basesOf(read.values.portmappers as readonly string[] | undefined);
}

/** Without a path, each once; a bare `host:port` is of HTTP. */
function basesOf(portmappers: readonly string[] = []): readonly string[] {
  const bases = portmappers.map((text) => new URL(text.startsWith('http://') ? text : `http://${text}`));
  return [...new Set(bases.map((url) => url.origin))];
}

function refuseUnbuilt(given: Readonly<Record<string, unknown>>): void {
  if (given.broker !== undefined) throw new Problem('not_built', { feature: 'feature.broker' });
  const services = given.services;
  if (Array.isArray(services) && services.includes('messaging')) {
    throw new Problem('not_built', { feature: 'feature.messaging' });
  }
}

function refuseIf({ complaints }: SettingsRead): void {
  if (complaints.length > 0) throw new Problem('bad_configuration', { complaints });
}
