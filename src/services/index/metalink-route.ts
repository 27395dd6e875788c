/** `GET /api/v1/files/{cid}.meta4`. */
import { Readable } from 'node:stream';
import type { FastifySchema } from 'fastify';
import Type from 'typebox';
import { CidText, type FileDetail, Problem as ProblemSchema } from '../../client/schemas/shared.ts';
import { parseCid } from '../../content/cid.ts';
import { Problem } from '../../problems/problem.ts';
import type { HttpReply, HttpServer } from '../http/http-server.ts';
import { describeFile } from './file-detail.ts';
import { digestOf, leavesOf, piecesOf } from './held-content.ts';
import type { IndexOptions } from './index-options.ts';
import { METALINK, metalinkOf } from './metalink.ts';

export function serveMetalink(server: HttpServer, options: IndexOptions): void {
  const schema: FastifySchema = {
    summary: 'A file as Metalink 4: every live provider at equal priority, SHA-256 whole and of each piece',
    tags: ['files'],
    params: Type.Object({ cid: CidText }),
    produces: [METALINK],
    response: { '4xx': ProblemSchema, '5xx': ProblemSchema },
  };
  server.get<{ Params: { cid: string } }>('/api/v1/files/:cid.meta4', { schema }, ({ params }, reply) =>
    answerMetalink(options, parseCid(params.cid).text, reply),
  );
}

async function answerMetalink(options: IndexOptions, cid: string, reply: HttpReply): Promise<HttpReply> {
  const { library } = options;
  const detail = await describeFile(options, cid);
  const { size } = detail;
  const endpoints = detail.providers.flatMap(({ state, download }) => (state === 'active' ? [download] : []));
  if (endpoints.length === 0) throw new Problem('no_provider', { what: cid });
  const content = { cid, size, endpoints };
  // What is no file is refused before the first byte.
  const leaves = await leavesOf(library, content);
  const digest = await digestOf(library, content);
  const name = nameOf(detail);
  const document = metalinkOf({ ...content, name, digest, pieces: piecesOf(leaves) });
  // Providers come and go.
  reply.header('cache-control', 'no-cache').type(`${METALINK}; charset=utf-8`);
  return reply.send(Readable.from(document, { objectMode: false }));
}

function nameOf({ publications, cid }: FileDetail): string {
  const [path = cid] = publications.map(({ name }) => name);
  return path.slice(path.lastIndexOf('/') + 1);
}
