/** What a node's REST services say and take, beyond the shapes that are shared. */
import Type, { type Static } from 'typebox';
import { CidText, Endpoints, FileName, Identifier, NodeAddress } from './shared.ts';

const LibraryState = Type.Union([
  Type.Literal('ready'),
  Type.Literal('scanning'),
  Type.Literal('suspended'),
  Type.Literal('failing'),
]);

const SkipReason = Type.Union([
  Type.Literal('not_utf8'),
  Type.Literal('control_character'),
  Type.Literal('same_name'),
  Type.Literal('bad_name'),
  Type.Literal('unreadable'),
]);

export const NodeStatus = Type.Object({
  id: Identifier,
  networkId: Identifier,
  address: Type.String(),
  endpoints: Endpoints,
  version: Type.String(),
  protocolVersion: Type.String(),
  incarnation: Type.Integer({ description: '0 while the DHT service does not answer' }),
  /** Services that this process runs. */
  services: Type.Array(Type.String()),
  insecure: Type.Boolean(),
  joined: Type.Boolean(),
  inDoubt: Type.Boolean({
    description:
      'joined just now, was paused, or has a new predecessor in doubt: claims no key until it is sure',
  }),
  predecessor: Type.Union([NodeAddress, Type.Null()]),
  successors: Type.Array(NodeAddress),
  successorsMax: Type.Integer({ minimum: 0, description: 'successors kept where there are as many' }),
  suspects: Type.Array(NodeAddress, { description: 'members that do not answer this node now' }),
  estimatedRingSize: Type.Integer({ minimum: 0 }),
  library: Type.Object({
    files: Type.Integer(),
    bytes: Type.Integer(),
    state: LibraryState,
    reason: Type.Union([Type.String(), Type.Null()]),
    /** Files that are there and are not shared. */
    skipped: Type.Integer(),
    /** The first 100 of them. */
    skippedPlaces: Type.Array(Type.Object({ place: Type.String(), reason: SkipReason })),
    /** Folders that the system does not watch: what changes there is seen later. */
    unwatched: Type.Integer(),
  }),
  /** Publications and withdrawals on their way to the ring. */
  pendingPublications: Type.Integer(),
  /** Those that the ring will never take; the log says why. */
  refusedPublications: Type.Integer(),
  records: Type.Integer(),
  freeBytes: Type.Integer(),
  time: Type.Number({ description: "Unix milliseconds by this node's clock" }),
});
export type NodeStatus = Static<typeof NodeStatus>;

/** `PUT /api/v1/files?name=…`: the body is the file's bytes, `application/octet-stream`. */
export const PutFileQuery = Type.Object({
  name: FileName,
  tags: Type.Optional(Type.String({ maxLength: 4096, description: 'comma-separated' })),
});

export const StoredFile = Type.Object({
  state: Type.Literal('stored'),
  name: FileName,
  cid: CidText,
  size: Type.Integer({ minimum: 0 }),
  node: NodeAddress,
  /** False: the file is safe on this node, and its publication follows as soon as the ring takes it. */
  published: Type.Boolean(),
});
export type StoredFile = Static<typeof StoredFile>;

/** `GET /api/v1/uploads/{id}`: an upload that may be resumed. */
export const UploadStatus = Type.Object({
  id: Type.String(),
  name: FileName,
  size: Type.Integer({ minimum: 0 }),
  offset: Type.Integer({ minimum: 0, description: 'bytes that are here and survive a loss of power' }),
  expiresAt: Type.Number({ description: 'Unix milliseconds; later with every byte that comes' }),
  stored: Type.Union([StoredFile, Type.Null()], { description: 'the file, once all bytes are here' }),
});
export type UploadStatus = Static<typeof UploadStatus>;

export const Withdrawn = Type.Object({
  withdrawn: Type.Array(Type.Object({ name: FileName, cid: CidText, trashId: Type.String() })),
});
export type Withdrawn = Static<typeof Withdrawn>;

export const TrashPage = Type.Object({
  entries: Type.Array(
    Type.Object({
      id: Type.String(),
      name: FileName,
      cid: CidText,
      size: Type.Integer(),
      withdrawnAt: Type.Number(),
      expiresAt: Type.Number(),
    }),
  ),
  nextCursor: Type.Union([Type.String(), Type.Null()]),
});
export type TrashPage = Static<typeof TrashPage>;

/** `POST /api/v1/trash`: brings one entry back. */
export const RestoreBody = Type.Object({ restore: Type.String({ minLength: 1, maxLength: 64 }) });

/** Also the first page of what is left, as in `Emptied`. */
export const Restored = Type.Object({
  ...TrashPage.properties,
  restored: Type.Object({ id: Type.String(), name: FileName, cid: CidText, size: Type.Integer() }),
});
export type Restored = Static<typeof Restored>;

export const Emptied = Type.Object({
  ...TrashPage.properties,
  /** Entries that are gone for good. */
  emptied: Type.Integer({ minimum: 0 }),
});
export type Emptied = Static<typeof Emptied>;

export const OlderIndex = Type.Object({
  files: Type.Array(Type.Object({ filename: Type.String(), path: Type.String() })),
});
export type OlderIndex = Static<typeof OlderIndex>;

export const OlderUploaded = Type.Object({ filename: Type.String(), message: Type.String() });
