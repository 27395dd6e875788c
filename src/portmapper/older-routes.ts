/** What clients of the system before Anillo ask a portmapper, answered as they expect it. */
import Type from 'typebox';
import { OlderActiveNodes, OlderAllNodes, OlderSearch } from '../client/schemas/portmapper-routes.ts';
import { OlderDetail, SearchAnswer } from '../client/schemas/shared.ts';
import { Problem } from '../problems/problem.ts';
import type { HttpServer } from '../services/http/http-server.ts';
import type { NodeCalls } from './node-calls.ts';
import type { KnownNode, Registry } from './registry.ts';

const tags = ['older clients'];
/** Publishers and versions of one exact name. */
const RESULTS_MAX = 1_000;
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
    async ({ params }, reply) => {
      const filename = params['*'];
      const holder = await holderOf(filename, registry, calls);
      if (holder !== null) return { node_address: holder.address, filename };
      return reply.code(404).send({ detail: `No active node has ${filename}` });
    },
  );
}

/** Each address once; nodes without an index service have none that these clients could use. */
function addresses(nodes: readonly KnownNode[]): string[] {
  return [...new Set(nodes.flatMap(({ descriptor }) => descriptor.endpoints.index ?? []))];
}

/** Of several publishers' files under the name, the newest that an active node holds. */
async function holderOf(filename: string, registry: Registry, calls: NodeCalls): Promise<KnownNode | null> {
  const query = { q: filename, limit: RESULTS_MAX };
  let answer: SearchAnswer;
  try {
    answer = await calls.askAny(SearchAnswer, { path: '/api/v1/search', query });
  } catch (error) {
    if (error instanceof Problem && (error.code === 'no_nodes' || error.code === 'not_found')) return null;
    throw error;
  }
  const exact = answer.results.filter(({ name }) => name === filename.normalize('NFC'));
  for (const { providers } of exact.sort((one, other) => other.modified - one.modified)) {
    const holder = providers
      .map(({ id }) => registry.get(id))
      .find((node) => node?.presence.state === 'active');
    if (holder) return holder;
  }
  return null;
}
