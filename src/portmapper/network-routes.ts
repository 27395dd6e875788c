/**
 * Questions about the whole network: a live node answers them from the ring, and the portmapper puts in the states that
 * it knows. No file bytes pass here.
 */
import { Readable } from 'node:stream';
import Type from 'typebox';
import Value from 'typebox/value';
import {
  FileDetail,
  FilePage,
  Lookup,
  LookupQuery,
  type NodeState,
  PageQuery,
  Problem as ProblemSchema,
  Ring,
  SearchAnswer,
  SearchCounts,
  SearchQuery,
  SearchResult,
} from '../client/schemas/shared.ts';
import { Problem } from '../problems/problem.ts';
import type { HttpReply, HttpServer } from '../services/http/http-server.ts';
import { listFiles } from './file-lists.ts';
import type { NodeCalls } from './node-calls.ts';
import type { Registry } from './registry.ts';

const tags = ['network'];
const LINES = 'application/x-ndjson';
const METALINK = 'application/metalink4+xml';
/** The node may have to read a large file for it, or wait for one that does. */
const METALINK_DEADLINE_MS = 45_000;
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
  serveMetalink(server, routes);
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
      const question = { path: '/api/v1/search', query };
      if (headers.accept?.includes(LINES) === true) {
        const lines = await calls.linesOfAny(question);
        reply.type(`${LINES}; charset=utf-8`);
        return (reply as HttpReply).send(Readable.from(searchLines(registry, lines), { objectMode: false }));
      }
      const answer = await calls.askAny(SearchAnswer, question);
      const results = answer.results.map((result) => seen(registry, result));
      return { ...answer, results, away: awayCount(registry) };
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
      // What the node asked keeps for itself is nobody else's business here.
      const { kept: _, ...detail } = await calls.askAny(FileDetail, { path });
      return { ...detail, providers: withStates(registry, detail.providers) };
    },
  );
}

function serveMetalink(server: HttpServer, { calls }: NetworkRoutes): void {
  server.get(
    '/api/v1/files/:cid.meta4',
    {
      schema: {
        summary:
          'A file as Metalink 4: every live provider at equal priority, SHA-256 whole and of each piece',
        tags,
        params: CidParams,
        produces: [METALINK],
        response: { '4xx': ProblemSchema, '5xx': ProblemSchema },
      },
    },
    async ({ params: { cid } }, reply) => {
      const path = `/api/v1/files/${encodeURIComponent(cid)}.meta4`;
      const document = await calls.textOfAny({ path }, METALINK_DEADLINE_MS);
      reply.header('cache-control', 'no-cache').type(`${METALINK}; charset=utf-8`);
      return (reply as HttpReply).send(document);
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

function seen(registry: Registry, result: SearchResult): SearchResult {
  return { ...result, providers: withStates(registry, result.providers) };
}

/** A node's lines as they come. What fails after the first is the last line. */
async function* searchLines(registry: Registry, lines: AsyncIterable<unknown>): AsyncGenerator<string> {
  try {
    for await (const line of lines) yield `${JSON.stringify(searchLine(registry, line))}\n`;
  } catch (error) {
    yield `${JSON.stringify(Problem.from(error).toDocument())}\n`;
  }
}

function searchLine(registry: Registry, line: unknown): object {
  if (Value.Check(SearchResult, line)) return seen(registry, line);
  if (Value.Check(SearchCounts, line)) return { ...line, away: awayCount(registry) };
  return Problem.fromDocument(line).toDocument();
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
