/** `GET /api/v1/search`: the whole answer as one document, or one result a line as they come. */
import { Readable } from 'node:stream';
import {
  Problem as ProblemSchema,
  SearchAnswer,
  SearchQuery,
  type SearchResult,
} from '../../client/schemas/shared.ts';
import { Problem } from '../../problems/problem.ts';
import type { DhtApi } from '../dht/dht-api.ts';
import type { HttpReply, HttpServer } from '../http/http-server.ts';
import { newTally, searchNetwork } from './network-search.ts';

const LINES = 'application/x-ndjson';

export function serveSearch(server: HttpServer, dht: DhtApi): void {
  server.get(
    '/api/v1/search',
    {
      schema: {
        summary:
          'Files of the whole network; with Accept: application/x-ndjson a result a line, the counts last',
        tags: ['files'],
        querystring: SearchQuery,
        response: { 200: SearchAnswer, '4xx': ProblemSchema, '5xx': ProblemSchema },
      },
    },
    async (request, reply) => {
      if (request.headers.accept?.includes(LINES) === true) {
        reply.type(`${LINES}; charset=utf-8`);
        return (reply as HttpReply).send(Readable.from(lines(dht, request.query), { objectMode: false }));
      }
      const tally = newTally();
      const results: SearchResult[] = [];
      for await (const result of searchNetwork(dht, request.query, tally)) results.push(result);
      return { results, ...tally };
    },
  );
}

/** A failure before the first result is the answer's own; a later one is the last line. */
async function* lines(dht: DhtApi, query: SearchQuery): AsyncGenerator<string> {
  const tally = newTally();
  let begun = false;
  try {
    for await (const result of searchNetwork(dht, query, tally)) {
      begun = true;
      yield `${JSON.stringify(result)}\n`;
    }
  } catch (error) {
    if (!begun) throw error;
    yield `${JSON.stringify(Problem.from(error).toDocument())}\n`;
    return;
  }
  yield `${JSON.stringify(tally)}\n`;
}
