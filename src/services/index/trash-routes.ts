/** What was withdrawn and can still come back. */
import { Emptied, RestoreBody, Restored, TrashPage } from '../../client/schemas/node-routes.ts';
import { PageQuery, Problem as ProblemSchema } from '../../client/schemas/shared.ts';
import type { Library } from '../../library/library.ts';
import { Problem } from '../../problems/problem.ts';
import type { HttpServer } from '../http/http-server.ts';
import type { IndexOptions } from './index-options.ts';
import { publishSoon } from './publish-soon.ts';

const FAILURES = { '4xx': ProblemSchema, '5xx': ProblemSchema };
const LIMIT_USUAL = 100;

export function serveTrash(server: HttpServer, { library, dht, log }: IndexOptions): void {
  const url = '/api/v1/trash';
  const tags = ['trash'];
  server.get(
    url,
    {
      schema: {
        summary: 'The trash, newest first',
        tags,
        querystring: PageQuery,
        response: { 200: TrashPage, ...FAILURES },
      },
    },
    async ({ query }) => pageOf(library, query.limit ?? LIMIT_USUAL, query.cursor),
  );
  server.post(
    url,
    {
      schema: {
        summary: 'Brings one entry back and publishes it',
        tags,
        body: RestoreBody,
        response: { 200: Restored, ...FAILURES },
      },
    },
    async ({ body }) => {
      const { path, cid, size } = await library.restore(body.restore);
      await publishSoon(dht, [path], log);
      return { ...pageOf(library, LIMIT_USUAL), restored: { id: body.restore, name: path, cid, size } };
    },
  );
  server.delete(
    url,
    {
      schema: {
        summary: 'Removes everything in the trash for good',
        tags,
        response: { 200: Emptied, ...FAILURES },
      },
    },
    async () => {
      const emptied = await library.emptyTrash();
      return { ...pageOf(library, LIMIT_USUAL), emptied };
    },
  );
}

function pageOf(library: Library, limit: number, cursor?: string): TrashPage {
  const entries = library.trash({
    limit: limit + 1,
    ...(cursor === undefined ? {} : { after: readCursor(cursor) }),
  });
  const page = entries.slice(0, limit);
  const last = page.at(-1);
  const more = entries.length > limit && last !== undefined;
  return {
    entries: page.map(({ id, path, cid, size, deletedMs }) => ({
      id,
      name: path,
      cid,
      size,
      withdrawnAt: deletedMs,
      expiresAt: deletedMs + library.bounds.trashMaxAgeMs,
    })),
    nextCursor: more ? `${last.deletedMs}.${last.id}` : null,
  };
}

/** @throws Problem `bad_request` */
function readCursor(cursor: string): { readonly deletedMs: number; readonly id: string } {
  const [, deletedMs, id] = /^(\d{1,15})\.(.{1,64})$/.exec(cursor) ?? [];
  if (deletedMs === undefined || id === undefined)
    throw new Problem('bad_request', { reason: 'the cursor is not one of this list' });
  return { deletedMs: Number(deletedMs), id };
}
