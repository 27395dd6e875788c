/** What a portmapper's REST routes say and take, beyond the shapes that are shared. */
import Type, { type Static } from 'typebox';
import { Address, Endpoints, Identifier, Milliseconds, NodeState } from './shared.ts';

const Share = Type.Number({ minimum: 0, maximum: 1 });

export const RegisteredNode = Type.Object({
  id: Identifier,
  address: Address,
  endpoints: Endpoints,
  state: NodeState,
  joined: Type.Boolean(),
  incarnation: Type.Integer(),
  lastSeen: Type.Number({ description: 'Unix milliseconds' }),
  roundTripMs: Type.Union([Milliseconds, Type.Null()]),
  /** Share of the time that the portmapper watched in which the node was active; null where it did not watch yet. */
  availability: Type.Object({
    '1h': Type.Union([Share, Type.Null()]),
    '24h': Type.Union([Share, Type.Null()]),
    '7d': Type.Union([Share, Type.Null()]),
  }),
  files: Type.Integer(),
  bytes: Type.Integer(),
  freeBytes: Type.Integer(),
  insecure: Type.Boolean(),
  labels: Type.Record(Type.String(), Type.String()),
  version: Type.String(),
});
export type RegisteredNode = Static<typeof RegisteredNode>;

export const NodeList = Type.Object({
  nodes: Type.Array(RegisteredNode),
  /** For the next page; null on the last. */
  nextCursor: Type.Optional(Type.Union([Type.String(), Type.Null()])),
});
export type NodeList = Static<typeof NodeList>;

export const NetworkInfo = Type.Object({
  networkId: Identifier,
  protocolVersion: Type.String(),
  version: Type.String(),
  insecure: Type.Boolean(),
  startedAt: Type.Number(),
  time: Type.Number({ description: "Unix milliseconds by the portmapper's clock" }),
});
export type NetworkInfo = Static<typeof NetworkInfo>;

const Base64 = Type.String({ minLength: 4, maxLength: 32_768, description: 'base64' });

/** Without `limit`, every node that is known: at most 10,000. */
export const NodesQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 10_000 })),
  cursor: Type.Optional(Type.String({ maxLength: 64, description: 'from `nextCursor` of the page before' })),
});

/** What a node says of itself with each registration and heartbeat. */
const NodeReport = Type.Object({
  joined: Type.Boolean(),
  files: Type.Integer({ minimum: 0 }),
  bytes: Type.Integer({ minimum: 0 }),
  freeBytes: Type.Integer({ minimum: 0 }),
  insecure: Type.Boolean(),
  /** Round trip of the heartbeat before, or null. */
  roundTripMs: Type.Union([Milliseconds, Type.Null()]),
});

/** What stands in `signed` below; `sequence` rises within an incarnation, so that no report counts twice. */
export const ReportStatement = Type.Object({
  act: Type.Union([Type.Literal('register'), Type.Literal('heartbeat'), Type.Literal('leave')]),
  id: Identifier,
  incarnation: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  sequence: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  report: NodeReport,
});

/**
 * `POST /api/v1/nodes` (registration), `POST /api/v1/nodes/{id}/heartbeat`, `POST /api/v1/nodes/{id}/leave`.
 * `signature`: Ed25519 over "anillo-heartbeat-v1\0" + networkId + the UTF-8 JSON text `signed`, a ReportStatement.
 */
export const SignedReport = Type.Object({
  signed: Type.String({ maxLength: 8192 }),
  signature: Base64,
  /** SignedDescriptor of the node: needed to register, and when it changed. */
  descriptor: Type.Optional(Type.Object({ descriptor: Base64, signature: Base64 })),
});
export type SignedReport = Static<typeof SignedReport>;

export const Seed = Type.Object({ id: Identifier, incarnation: Type.Integer(), address: Address });
export type Seed = Static<typeof Seed>;

export const RegistrationAnswer = Type.Object({
  networkId: Identifier,
  /** Nodes of the ring to join by, or to know of; a bounded random sample. `address` is the DHT endpoint. */
  seeds: Type.Array(Seed),
  /** No node is on the ring: this one may found it. Granted to one node at a time. */
  mayFound: Type.Boolean(),
  heartbeatIntervalMs: Milliseconds,
});
export type RegistrationAnswer = Static<typeof RegistrationAnswer>;

export const PlacementQuery = Type.Object({
  size: Type.Integer({ minimum: 0 }),
  replicas: Type.Optional(Type.Integer({ minimum: 1, maximum: 64, default: 1 })),
});

export const Placement = Type.Object({
  nodes: Type.Array(
    Type.Object({ id: Identifier, address: Address, upload: Address, freeBytes: Type.Integer() }),
  ),
});
export type Placement = Static<typeof Placement>;

export const OlderAllNodes = Type.Object({
  all_nodes: Type.Array(Address),
  active_nodes: Type.Array(Address),
});
export const OlderActiveNodes = Type.Object({ active_nodes: Type.Array(Address) });
export const OlderSearch = Type.Object({ node_address: Address, filename: Type.String() });
export const OlderMessage = Type.Object({ message: Type.String() });
