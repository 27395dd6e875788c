/** What the node says of itself and of the ring: status, members, lookups. */
import Type from 'typebox';
import { NodeStatus } from '../../client/schemas/node-routes.ts';
import { Lookup, LookupQuery, Problem as ProblemSchema, Ring } from '../../client/schemas/shared.ts';
import { parseCid } from '../../content/cid.ts';
import { roomIn } from '../../library/free-space.ts';
import { checkName } from '../../library/name.ts';
import { readSkipped } from '../../library/skipped-files.ts';
import { Problem } from '../../problems/problem.ts';
import type { DhtApi, DhtStatus } from '../dht/dht-api.ts';
import type { HttpServer } from '../http/http-server.ts';
import type { IndexOptions } from './index-options.ts';
import { isSilence } from './silence.ts';

const FAILURES = { '4xx': ProblemSchema, '5xx': ProblemSchema };
const KeyParams = Type.Object({
  key: Type.String({ maxLength: 4096, description: 'hashed as it is given' }),
});

export function serveStatus(server: HttpServer, options: IndexOptions): void {
  const { dht } = options;
  server.get(
    '/api/v1/status',
    { schema: { summary: 'This node', tags: ['node'], response: { 200: NodeStatus, ...FAILURES } } },
    () => statusOf(options),
  );
  server.get(
    '/api/v1/ring',
    { schema: { summary: 'Members in ring order', tags: ['ring'], response: { 200: Ring, ...FAILURES } } },
    async () => ({
      members: (await dht.ring()).map((member) => ({ ...member, successors: [...member.successors] })),
    }),
  );
  server.get(
    '/api/v1/lookup',
    {
      schema: {
        summary: 'The node responsible for exactly one of key, name or cid, and the way there',
        tags: ['ring'],
        querystring: LookupQuery,
        response: { 200: Lookup, ...FAILURES },
      },
    },
    ({ query }) => lookUp(dht, query),
  );
  server.get(
    '/api/v1/lookup/:key',
    {
      schema: {
        summary: 'The node responsible for a key',
        tags: ['ring'],
        params: KeyParams,
        response: { 200: Lookup, ...FAILURES },
      },
    },
    ({ params }) => lookUp(dht, params),
  );
}

async function statusOf(options: IndexOptions): Promise<NodeStatus> {
  const { library, endpoints, services, version, protocolVersion, insecure } = options;
  const { pending, refused, away: _, predecessor, successors, suspects, ...ring } = await ringStatus(options);
  const { files, bytes, state, reason } = library.totals();
  const skipped = readSkipped(library.catalog);
  return {
    ...ring,
    address: options.self().address,
    endpoints: endpoints(),
    version,
    protocolVersion,
    services: [...services],
    insecure,
    predecessor,
    successors: [...successors],
    suspects: [...suspects],
    library: {
      files,
      bytes,
      state,
      reason: reason ?? null,
      skipped: skipped.count,
      skippedPlaces: [...skipped.places],
      unwatched: Number(library.catalog.state('unwatched') ?? 0),
    },
    pendingPublications: pending,
    refusedPublications: refused,
    freeBytes: state === 'suspended' ? 0 : roomIn(library.folder.path, library.bounds.reserveBytes),
    time: Date.now(),
  };
}

/** While the DHT service does not answer, this node is on no ring that it knows of. */
async function ringStatus({ dht, library, networkId, self }: IndexOptions): Promise<DhtStatus> {
  try {
    return await dht.status();
  } catch (error) {
    const known = networkId();
    if (known === null || !isSilence(error)) throw error;
    return {
      id: self().id,
      networkId: known,
      incarnation: 0,
      joined: false,
      inDoubt: false,
      predecessor: null,
      successors: [],
      successorsMax: 0,
      suspects: [],
      estimatedRingSize: 0,
      away: 0,
      records: 0,
      pending: library.catalog.pendingCount(),
      refused: 0,
    };
  }
}

async function lookUp(
  dht: DhtApi,
  question: { readonly key?: string; readonly name?: string; readonly cid?: string },
): Promise<Lookup> {
  const [asked, second] = Object.entries(question).filter(([, text]) => text !== undefined);
  if (asked === undefined || second !== undefined) {
    throw new Problem('bad_request', { reason: 'give exactly one of key, name and cid' });
  }
  const [field, key] = asked;
  const { keyKind, text } = canonical(field, key);
  const { id, owner, path, hops, ms } = await dht.lookup(dht.keyOf(keyKind, text));
  return { key, keyKind, id, owner, path: [...path], hops, ms };
}

/** Records are placed by canonical names and CIDs; a key is hashed as it was given. */
function canonical(
  field: string,
  text: string,
): { readonly keyKind: Lookup['keyKind']; readonly text: string } {
  if (field === 'name') return { keyKind: 'name', text: checkName(text) };
  if (field === 'cid') return { keyKind: 'cid', text: parseCid(text).text };
  return { keyKind: 'text', text };
}
