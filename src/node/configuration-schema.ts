/**
 * The shape of `anillo.yaml`: the one source of its checks, its types and `docs/anillo.schema.json`, which gives editors
 * completion. Environment and flags set the same values.
 */
import Type, { type Static } from 'typebox';

export const SERVICES = ['dht', 'index', 'upload', 'download', 'messaging'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** As regular expressions: a name, an IPv4 address or a bracketed IPv6 address; and 0 to 65535. */
const HOST = '(\\[[0-9a-fA-F:.]+\\]|[^\\s:/?#@\\[\\]]+)';
const PORT = '(6553[0-5]|655[0-2]\\d|65[0-4]\\d\\d|6[0-4]\\d{3}|[1-5]\\d{4}|\\d{1,4})';

const Port = (description: string, preset: number) =>
  Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: preset,
    description: `${description}; 0 takes any free one`,
  });
const Host = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: '^[^\\s/]+$',
  default: '127.0.0.1',
  examples: ['127.0.0.1'],
  description: 'host or address to listen on; one beyond this machine needs `insecure`',
});
const Folder = (description: string) => Type.String({ minLength: 1, maxLength: 4096, description });
const PeerAddress = Type.String({
  maxLength: 261,
  pattern: `^${HOST}:${PORT}$`,
  examples: ['127.0.0.1:50051'],
  description: 'HOST:GRPCPORT',
});
const PortmapperUrl = Type.String({
  maxLength: 2048,
  pattern: `^(http://${HOST}(:${PORT})?|${HOST}:${PORT})/?$`,
  examples: ['http://127.0.0.1:8000'],
  description: 'URL of a portmapper, or its host:port',
});
const Insecure = Type.Boolean({
  default: false,
  description: 'anybody who reaches this machine may come in',
});
const Days = (description: string) => Type.Integer({ minimum: 1, maximum: 36_500, default: 30, description });
const Span = (description: string) => Type.Integer({ minimum: 1, maximum: 86_400_000, description });

/** Values that change how fast things happen, never what is promised. For tests and very unusual networks. */
export const Timings = Type.Partial(
  Type.Object({
    stillnessMs: Span('how long a file stands still before it is hashed, in milliseconds'),
    rescanIntervalMs: Span('pause between looks through the whole shared folder, in milliseconds'),
    leaseDurationMs: Span('how long what a node holds is believed without hearing from it, in milliseconds'),
    syncIntervalMs: Span('pause between comparisons of records with neighbours, in milliseconds'),
    silenceMs: Span('how long a network that was stopped waits for a member before one node founds it anew'),
    reassertion: Type.Boolean({ description: 'whether providers put publications back that the ring lost' }),
    successorCount: Type.Integer({ minimum: 1, maximum: 32, description: 'successors that a node keeps' }),
    routesMax: Type.Integer({
      minimum: 0,
      maximum: 10_000,
      description: 'nodes that lookups reach in one call; beyond them they go by fingers',
    }),
  }),
  { additionalProperties: false, description: 'for tests' },
);
export type Timings = Static<typeof Timings>;

export const NodeSection = Type.Partial(
  Type.Object({
    share: Folder('the shared folder'),
    data: Folder('where the node keeps its key, catalog and records; never inside the shared folder'),
    host: Host,
    advertise: Type.String({
      minLength: 1,
      maxLength: 255,
      pattern: '^[^\\s/]+$',
      description: 'host that others reach',
    }),
    port: Port('port of the REST services', 5000),
    grpcPort: Port('port of the DHT service', 50_051),
    join: Type.Array(PeerAddress, { maxItems: 64, description: 'nodes to join the ring by' }),
    services: Type.Array(Type.Enum([...SERVICES]), {
      minItems: 1,
      description: 'services that this process runs',
    }),
    dht: Type.String({
      ...PeerAddress,
      description: 'HOST:GRPCPORT of the DHT service, when another process runs it',
    }),
    labels: Type.Record(Type.String({ pattern: '^[\\w.-]{1,63}$' }), Type.String({ maxLength: 255 }), {
      maxProperties: 32,
      description: 'what the node says of itself',
    }),
    insecure: Insecure,
    reserveBytes: Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      default: 256 * 1024 * 1024,
      description: 'free space that uploads leave, in bytes',
    }),
    transfersMax: Type.Integer({
      minimum: 1,
      maximum: 65_536,
      default: 64,
      description:
        'uploads at once, and as many downloads; beyond this machine one address gets half of them',
    }),
    versionsMax: Type.Integer({
      minimum: 0,
      maximum: 10_000,
      default: 5,
      description: 'replaced files kept under each path',
    }),
    versionsDays: Days('how long replaced files are kept, in days'),
    trashDays: Days('how long withdrawn files can come back, in days'),
    timings: Timings,
  }),
  { additionalProperties: false, description: 'a node' },
);
export type NodeSection = Static<typeof NodeSection>;

export const PortmapperSection = Type.Partial(
  Type.Object({
    host: Host,
    port: Port('port of the REST API', 8000),
    data: Folder('where the portmapper keeps its registry'),
    insecure: Insecure,
  }),
  { additionalProperties: false, description: 'a portmapper' },
);
export type PortmapperSection = Static<typeof PortmapperSection>;

export const ConfigurationFile = Type.Partial(
  Type.Object({
    portmappers: Type.Array(PortmapperUrl, {
      maxItems: 16,
      description: 'portmappers of nodes and commands',
    }),
    node: NodeSection,
    portmapper: PortmapperSection,
  }),
  {
    additionalProperties: false,
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'anillo.yaml',
    description: 'Configuration of Anillo. Environment (ANILLO_*) and flags prevail over it.',
  },
);
