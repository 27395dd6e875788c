/** What clients of the system before Anillo ask a portmapper, answered as they expect it. */
import Type from 'typebox';
import { OlderActiveNodes, OlderAllNodes, OlderSearch } from '../client/schemas/portmapper-routes.ts';
import { OlderDetail, SearchAnswer } from '../client/schemas/shared.ts';
import { Problem } from '../problems/problem.ts';
import type { HttpServer } from '../services/http/http-server.ts';
import type { NodeCalls } from './node-calls.ts';
import type { KnownNode, Registry } from './registry.ts';

const tags = ['older clients'];
/** Publishers of one exact name, newest first. */
const RESULTS_MAX = 64;
/** Of a folder's publication: these clients know files alone. */
const DIRECTORY_TYPE = 'directory';
const FileParams = Type.Object({ '*': Type.String({ minLength: 1, maxLength: 4096 }) });

export function serveOlderRoutes(server: HttpServer, registry: Registry, calls: NodeCalls): void {
  server.get(
    '/all_nodes',
    { schema: { summary: 'Addresses of all nodes', tags, response: { 200: OlderAllNodes } } },
    async () => ({
      all_nodes: addresses(registry.nodes()),
      active_nodes: addresses(registry.inState('active')),
    }),
  );
  server.get(
    '/active_nodes',
    {
      schema: {
        summary: 'Addresses of the active nodes',
        tags,
        response: { 200: OlderActiveNodes, 404: OlderDetail },
      },
    },
    async (_request, reply) => {
      const active_nodes = addresses(registry.inState('active'));
      if (active_nodes.length > 0) return { active_nodes };
      return reply.code(404).send({ detail: 'No active nodes found' });
    },
  );
  server.get(
    '/search/*',
    {
      schema: {
        summary: 'An active node that holds exactly this name',
        tags,
        params: FileParams,
        response: { 200: OlderSearch, 404: OlderDetail },
      },
    },
    async ({ params, log }, reply) => {
      const filename = params['*'];
      try {
        const holder = await holderOf(filename, registry, calls);
        if (holder !== null) return { node_address: holder.address, filename };
        return reply.code(404).send({ detail: `No active node has ${filename}` });
      } catch (error) {
        // These clients know no other failure of a search.
        const { code, message } = Problem.from(error);
        log.warn({ code, filename }, message);
        return reply.code(404).send({ detail: `The network could not be asked for ${filename}: ${message}` });
      }
    },
  );
}

/** Each address once; nodes without an index service have none that these clients could use. */
function addresses(nodes: readonly KnownNode[]): string[] {
  return [...new Set(nodes.flatMap(({ descriptor }) => descriptor.endpoints.index ?? []))];
}

/**
 * Of several publishers' files under the name, the newest whose publisher is active and holds it. A node that has the
 * same bytes under another name holds nothing that a client could download by this one.
 * @throws Problem when no node could be asked
 */
async function holderOf(filename: string, registry: Registry, calls: NodeCalls): Promise<KnownNode | null> {
  const query = { q: filename, exact: true, limit: RESULTS_MAX };
  const answer = await calls.askAny(SearchAnswer, { path: '/api/v1/search', query });
  const holders = answer.results
    .filter(({ name, type }) => name === filename.normalize('NFC') && type !== DIRECTORY_TYPE)
    .filter(({ publisher, providers }) => providers.some(({ id }) => id === publisher))
    .sort((one, other) => (BigInt(other.seq) > BigInt(one.seq) ? 1 : -1))
    .map(({ publisher }) => registry.get(publisher));
  return holders.find((node) => node?.presence.state === 'active') ?? null;
}
