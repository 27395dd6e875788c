/**
 * Questions about the whole network: a live node answers them from the ring, and the portmapper puts in the states that
 * it knows. No file bytes pass here.
 */
import Type from 'typebox';
import {
  FileDetail,
  FilePage,
  Lookup,
  LookupQuery,
  type NodeState,
  PageQuery,
  Ring,
  SearchAnswer,
  SearchQuery,
} from '../client/schemas/shared.ts';
import type { HttpReply, HttpServer } from '../services/http/http-server.ts';
import { listFiles } from './file-lists.ts';
import type { NodeCalls } from './node-calls.ts';
import type { Registry } from './registry.ts';

const tags = ['network'];
const LINES = 'application/x-ndjson';
const KeyParams = Type.Object({ key: Type.String({ minLength: 1, maxLength: 4096 }) });
const CidParams = Type.Object({ cid: Type.String({ minLength: 1, maxLength: 128 }) });

export interface NetworkRoutes {
  readonly registry: Registry;
  readonly calls: NodeCalls;
}

export function serveNetwork(server: HttpServer, routes: NetworkRoutes): void {
  serveRing(server, routes);
  serveSearch(server, routes);
  serveFiles(server, routes);
}

function serveRing(server: HttpServer, { registry, calls }: NetworkRoutes): void {
  server.get(
    '/api/v1/ring',
    { schema: { summary: 'Members in ring order', tags, response: { 200: Ring } } },
    async () => withAbsent(registry, await calls.askAny(Ring, { path: '/api/v1/ring' })),
  );
  server.get(
    '/api/v1/lookup',
    {
      schema: {
        summary: 'The node responsible for a key, a name or a CID',
        tags,
        querystring: LookupQuery,
        response: { 200: Lookup },
      },
    },
    async ({ query }) => calls.askAny(Lookup, { path: '/api/v1/lookup', query }),
  );
  server.get(
    '/api/v1/lookup/:key',
    {
      schema: {
        summary: 'The node responsible for a key',
        tags,
        params: KeyParams,
        response: { 200: Lookup },
      },
    },
    async ({ params: { key } }) => calls.askAny(Lookup, { path: '/api/v1/lookup', query: { key } }),
  );
}

function serveSearch(server: HttpServer, { registry, calls }: NetworkRoutes): void {
  server.get(
    '/api/v1/search',
    {
      schema: {
        summary:
          'Files of the whole network by path, last component or CID; with Accept: application/x-ndjson a result a line, the counts last',
        tags,
        querystring: SearchQuery,
        response: { 200: SearchAnswer },
      },
    },
    async ({ query, headers }, reply) => {
      const answer = await calls.askAny(SearchAnswer, { path: '/api/v1/search', query });
      const results = answer.results.map((result) => ({
        ...result,
        providers: withStates(registry, result.providers),
      }));
      const counts = { ...answer, results: undefined, away: awayCount(registry) };
      if (headers.accept?.includes(LINES) !== true) return { ...counts, results };
      const lines = [...results, counts].map((line) => `${JSON.stringify(line)}\n`);
      return (reply as HttpReply).type(`${LINES}; charset=utf-8`).send(lines.join(''));
    },
  );
}

function serveFiles(server: HttpServer, { registry, calls }: NetworkRoutes): void {
  server.get(
    '/api/v1/files',
    {
      schema: {
        summary: 'The files of all nodes, node after node',
        tags,
        querystring: PageQuery,
        response: { 200: FilePage },
      },
    },
    async ({ query: { limit = 100, cursor } }) => listFiles(registry, calls, limit, cursor ?? null),
  );
  server.get(
    '/api/v1/files/:cid',
    {
      schema: {
        summary: 'One file with its publications and providers',
        tags,
        params: CidParams,
        response: { 200: FileDetail },
      },
    },
    async ({ params: { cid } }) => {
      const path = `/api/v1/files/${encodeURIComponent(cid)}`;
      const detail = await calls.askAny(FileDetail, { path });
      return { ...detail, providers: withStates(registry, detail.providers) };
    },
  );
}

/** The registry's states; a node that it does not know keeps what was said of it. */
function withStates<Known extends { id: string; state: NodeState }>(
  registry: Registry,
  nodes: readonly Known[],
): Known[] {
  return nodes.map((node) => ({ ...node, state: registry.get(node.id)?.presence.state ?? node.state }));
}

/** Who left on purpose is not missed. */
function awayCount(registry: Registry): number {
  return registry.inState('inactive').filter(({ hasLeft }) => !hasLeft).length;
}

/** Adds the nodes that fell silent and that the ring may have closed over, and leaves out those that left. */
function withAbsent(registry: Registry, ring: Ring): Ring {
  const present = new Set(ring.members.map(({ id }) => id));
  const absent = registry
    .nodes()
    .filter(({ id, hasLeft, presence }) => presence.state !== 'active' && !hasLeft && !present.has(id))
    .map(({ id, address, presence }) => ({ id, address, state: presence.state, successors: [] }));
  const remaining = ring.members.filter(({ id }) => registry.get(id)?.hasLeft !== true);
  const members = [...withStates(registry, remaining), ...absent];
  return { members: members.sort((one, other) => (one.id < other.id ? -1 : 1)) };
}
