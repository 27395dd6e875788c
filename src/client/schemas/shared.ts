/** Shapes that several routes share. Schemas are the one source of validation, types and the OpenAPI documents. */
import Type, { type Static } from 'typebox';

/** 64 lower-case hexadecimal digits: a node's identifier, a publisher, a key on the ring. */
export const Identifier = Type.String({ pattern: '^[0-9a-f]{64}$', description: '64 hexadecimal digits' });
/** `host:port`, `[v6]:port`. */
export const Address = Type.String({ minLength: 3, maxLength: 261, description: 'host:port' });
export const CidText = Type.String({ minLength: 1, maxLength: 128, description: 'CIDv1 in base32' });
export const FileName = Type.String({
  minLength: 1,
  maxLength: 4096,
  description: 'path inside the shared folder',
});
export const NodeState = Type.Union([
  Type.Literal('active'),
  Type.Literal('suspect'),
  Type.Literal('inactive'),
]);
export type NodeState = Static<typeof NodeState>;

export const Milliseconds = Type.Number({ minimum: 0 });
const UnixMilliseconds = Type.Number({ description: 'Unix time in milliseconds' });

export const Endpoints = Type.Object({
  dht: Type.Union([Address, Type.Null()]),
  index: Type.Union([Address, Type.Null()]),
  upload: Type.Union([Address, Type.Null()]),
  download: Type.Union([Address, Type.Null()]),
  messaging: Type.Union([Address, Type.Null()]),
});
export type Endpoints = Static<typeof Endpoints>;

export const NodeAddress = Type.Object({ id: Identifier, address: Address });
export type NodeAddress = Static<typeof NodeAddress>;

const Plain = Type.Union([Type.String(), Type.Number()]);
export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String({ description: 'stable; listed in docs/problems.md' }),
  detail: Type.String(),
  details: Type.Record(
    Type.String(),
    Type.Union([Plain, Type.Array(Type.Union([Plain, Type.Record(Type.String(), Plain)]))]),
  ),
});

/** Of a tag and of a media type, in UTF-8: what a record takes. */
export const TEXT_MAX_BYTES = 255;

/** What the older routes answer when they fail. */
export const OlderDetail = Type.Object({ detail: Type.String() });

export const PageQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  cursor: Type.Optional(
    Type.String({ maxLength: 8192, description: 'from `nextCursor` of the page before' }),
  ),
});

export const LookupQuery = Type.Object({
  key: Type.Optional(Type.String({ maxLength: 4096 })),
  name: Type.Optional(FileName),
  cid: Type.Optional(CidText),
});

export const Lookup = Type.Object({
  key: Type.String({ description: 'as given' }),
  keyKind: Type.Union([Type.Literal('text'), Type.Literal('name'), Type.Literal('cid')]),
  id: Identifier,
  owner: NodeAddress,
  path: Type.Array(
    Type.Object({
      id: Identifier,
      address: Address,
      ms: Milliseconds,
      outcome: Type.Enum(['owner', 'redirect', 'failed', 'abandoned'], {
        description:
          '`failed`: no answer, or none of use; `abandoned`: it redirected, and from there no owner was reached',
      }),
    }),
    { description: 'calls in the order made' },
  ),
  hops: Type.Integer({
    minimum: 0,
    description: 'calls of the path that led to the owner: those with `redirect` and `owner`',
  }),
  ms: Milliseconds,
});
export type Lookup = Static<typeof Lookup>;

export const RingMember = Type.Object({
  id: Identifier,
  address: Address,
  state: NodeState,
  successors: Type.Array(Identifier),
});
export type RingMember = Static<typeof RingMember>;

export const Ring = Type.Object({ members: Type.Array(RingMember) });
export type Ring = Static<typeof Ring>;

export const SearchQuery = Type.Object({
  q: Type.String({ minLength: 1, maxLength: 4096, description: 'a path, a last component, or a CID' }),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  exact: Type.Optional(Type.Boolean({ description: 'only files whose whole path is `q`' })),
});
export type SearchQuery = Static<typeof SearchQuery>;

export const Provider = Type.Object({
  id: Identifier,
  address: Address,
  download: Address,
  state: NodeState,
});
export type Provider = Static<typeof Provider>;

/** One publisher's newest version of one path. */
export const SearchResult = Type.Object({
  name: FileName,
  cid: CidText,
  size: Type.Integer({ minimum: 0 }),
  type: Type.String(),
  tags: Type.Array(Type.String()),
  modified: UnixMilliseconds,
  publisher: Identifier,
  /** Decimal text: newer is larger, within one publisher. */
  seq: Type.String({ pattern: '^[0-9]{1,20}$' }),
  providers: Type.Array(Provider),
});
export type SearchResult = Static<typeof SearchResult>;

const COUNTS = {
  /** Nodes asked, nodes that answered, nodes known to be away. */
  asked: Type.Integer(),
  answered: Type.Integer(),
  away: Type.Integer(),
  truncated: Type.Boolean(),
};

/** The last line of a search that is answered line by line. */
export const SearchCounts = Type.Object(COUNTS);
export const SearchAnswer = Type.Object({ results: Type.Array(SearchResult), ...COUNTS });
export type SearchAnswer = Static<typeof SearchAnswer>;

export const ListedFile = Type.Object({
  name: FileName,
  cid: CidText,
  size: Type.Integer({ minimum: 0 }),
  type: Type.String(),
  tags: Type.Array(Type.String()),
  modified: UnixMilliseconds,
  why: Type.Union([Type.Literal('own'), Type.Literal('replica'), Type.Literal('custody')]),
  /** Whole-network lists (portmapper) say which node. */
  node: Type.Optional(NodeAddress),
});
export type ListedFile = Static<typeof ListedFile>;

export const FilePage = Type.Object({
  files: Type.Array(ListedFile),
  nextCursor: Type.Union([Type.String(), Type.Null()]),
  /** Whole-network lists (portmapper): nodes that did not answer, whose files are missing here. */
  unreached: Type.Optional(Type.Array(NodeAddress)),
});
export type FilePage = Static<typeof FilePage>;

const Version = Type.Object({ name: FileName, cid: CidText, replacedAt: UnixMilliseconds });

export const FileDetail = Type.Object({
  cid: CidText,
  size: Type.Integer({ minimum: 0 }),
  publications: Type.Array(
    Type.Object({
      name: FileName,
      publisher: Identifier,
      modified: UnixMilliseconds,
      tags: Type.Array(Type.String()),
      previous: Type.Union([CidText, Type.Null()]),
    }),
  ),
  versions: Type.Array(Version, {
    description: 'earlier contents that the publishers had under these names, newest first',
  }),
  /** A node's own answer only. */
  kept: Type.Optional(
    Type.Array(Version, {
      description: 'earlier contents under its own names that this node can bring back',
    }),
  ),
  /** The ring could not be asked: only what the answering node knows by itself. */
  partial: Type.Boolean(),
  providers: Type.Array(Provider),
  copiesWanted: Type.Integer({ minimum: 0 }),
  copiesLive: Type.Integer({ minimum: 0 }),
});
export type FileDetail = Static<typeof FileDetail>;
