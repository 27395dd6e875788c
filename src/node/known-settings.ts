/** Every setting by its section of `anillo.yaml`: its kind, its variable and its flag. */
import Type, { type TObject } from 'typebox';
import type { Settings } from './configuration-layer.ts';
import { ConfigurationFile, NodeSection, PortmapperSection } from './configuration-schema.ts';

/** Beside the sections in the file: nodes and commands use them too. */
const PORTMAPPERS = { portmappers: { kind: 'urls', env: 'PORTMAPPER', flag: 'portmapper' } } as const;

const NODE_SETTINGS = {
  share: { kind: 'folder', env: 'SHARE', flag: 'share' },
  data: { kind: 'folder', env: 'DATA', flag: 'data' },
  host: { kind: 'text', env: 'HOST', flag: 'host' },
  advertise: { kind: 'text', env: 'ADVERTISE', flag: 'advertise' },
  port: { kind: 'integer', env: 'PORT', flag: 'port' },
  grpcPort: { kind: 'integer', env: 'GRPC_PORT', flag: 'grpc-port' },
  ...PORTMAPPERS,
  join: { kind: 'list', env: 'JOIN', flag: 'join' },
  services: { kind: 'list', env: 'SERVICES', flag: 'services' },
  dht: { kind: 'text', env: 'DHT', flag: 'dht' },
  labels: { kind: 'texts', env: 'LABEL', flag: 'label' },
  insecure: { kind: 'switch', env: 'INSECURE', flag: 'insecure' },
  reserveBytes: { kind: 'integer', env: 'RESERVE_BYTES', flag: 'reserve-bytes' },
  transfersMax: { kind: 'integer', env: 'TRANSFERS_MAX', flag: 'transfers-max' },
  versionsMax: { kind: 'integer', env: 'VERSIONS_MAX', flag: 'versions-max' },
  versionsDays: { kind: 'integer', env: 'VERSIONS_DAYS', flag: 'versions-days' },
  trashDays: { kind: 'integer', env: 'TRASH_DAYS', flag: 'trash-days' },
  timings: { kind: 'values', env: 'TIMING', flag: 'timing' },
  broker: { kind: 'text', env: 'BROKER', flag: 'broker' },
} as const satisfies Settings;

const PORTMAPPER_SETTINGS = {
  host: { kind: 'text', env: 'PORTMAPPER_HOST', flag: 'host' },
  port: { kind: 'integer', env: 'PORTMAPPER_PORT', flag: 'port' },
  data: { kind: 'folder', env: 'PORTMAPPER_DATA', flag: 'data' },
  insecure: { kind: 'switch', env: 'INSECURE', flag: 'insecure' },
} as const satisfies Settings;

export type NodeSetting = keyof typeof NODE_SETTINGS;
export type PortmapperSetting = keyof typeof PORTMAPPER_SETTINGS;
export type CommandSetting = keyof typeof PORTMAPPERS;

/** `commands` has no section of its own in the file. */
export type SectionName = 'node' | 'portmapper' | 'commands';

export interface Section {
  /** Of the settings as one flat object. */
  readonly schema: TObject;
  readonly settings: Settings;
}

const flat = (properties: TObject['properties']): TObject =>
  Type.Object(properties, { additionalProperties: false });
const shared = Type.Pick(ConfigurationFile, ['portmappers']).properties;
const broker = Type.Optional(Type.String());

export const SECTIONS: Readonly<Record<SectionName, Section>> = {
  node: {
    schema: flat({ ...NodeSection.properties, ...shared, broker }),
    settings: NODE_SETTINGS,
  },
  portmapper: { schema: flat(PortmapperSection.properties), settings: PORTMAPPER_SETTINGS },
  commands: { schema: flat(shared), settings: PORTMAPPERS },
};
