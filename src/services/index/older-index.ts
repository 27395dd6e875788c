/** `GET /index` of the older clients: every file, unpaged, so it is written as it is read. */
import { Readable } from 'node:stream';
import { OlderIndex } from '../../client/schemas/node-routes.ts';
import type { Library } from '../../library/library.ts';
import type { HttpReply, HttpServer } from '../http/http-server.ts';

/** Rows read at a time: the event loop is free between. */
const ROWS = 500;

export function serveOlderIndex(server: HttpServer, library: Library): void {
  server.get(
    '/index',
    {
      schema: { summary: "This node's files (older route)", tags: ['older'], response: { 200: OlderIndex } },
    },
    async (_request, reply) => {
      reply.type('application/json; charset=utf-8');
      return (reply as HttpReply).send(Readable.from(documentOf(library), { objectMode: false }));
    },
  );
}

async function* documentOf(library: Library): AsyncGenerator<string> {
  yield '{"files":[';
  let after = '';
  for (;;) {
    const files = library.catalog.list({ after, limit: ROWS });
    const entries = files.map(({ path }) =>
      JSON.stringify({ filename: path.slice(path.lastIndexOf('/') + 1), path }),
    );
    if (entries.length > 0) yield `${after === '' ? '' : ','}${entries.join(',')}`;
    if (files.length < ROWS) break;
    after = files.at(-1)?.path ?? '';
    await new Promise((resolve) => setImmediate(resolve));
  }
  yield ']}';
}
