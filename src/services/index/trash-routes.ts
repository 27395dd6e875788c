/** What was withdrawn and can still come back. */
import { RestoreBody, TrashList } from '../../client/schemas/node-routes.ts';
import { Problem as ProblemSchema } from '../../client/schemas/shared.ts';
import type { Library } from '../../library/library.ts';
import { boundsOf } from '../../library/library-bounds.ts';
import type { HttpServer } from '../http/http-server.ts';
import type { IndexOptions } from './index-options.ts';
import { publishSoon } from './publish-soon.ts';

const ENTRIES_MAX = 1000;
const RESPONSES = { 200: TrashList, '4xx': ProblemSchema, '5xx': ProblemSchema };

export function serveTrash(server: HttpServer, { library, dht, log }: IndexOptions): void {
  const url = '/api/v1/trash';
  const tags = ['trash'];
  server.get(url, { schema: { summary: 'The trash, newest first', tags, response: RESPONSES } }, async () =>
    listOf(library),
  );
  server.post(
    url,
    {
      schema: {
        summary: 'Brings one entry back and publishes it',
        tags,
        body: RestoreBody,
        response: RESPONSES,
      },
    },
    async ({ body }) => {
      const { path: restored } = await library.restore(body.restore);
      await publishSoon(dht, [restored], log);
      return listOf(library);
    },
  );
  server.delete(
    url,
    { schema: { summary: 'Removes everything in the trash for good', tags, response: RESPONSES } },
    async () => {
      await library.emptyTrash();
      return listOf(library);
    },
  );
}

function listOf(library: Library): TrashList {
  return {
    entries: library.trash(ENTRIES_MAX).map(({ id, path, cid, size, deletedMs }) => ({
      id,
      name: path,
      cid,
      size,
      withdrawnAt: deletedMs,
      expiresAt: deletedMs + boundsOf({}).trashMaxAgeMs,
    })),
  };
}
