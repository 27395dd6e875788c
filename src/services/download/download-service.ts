/** The download service: gives files out by CID as a gateway, and by name on the older route. */
import type { FastifySchema } from 'fastify';
import Type from 'typebox';
import { CidText, OlderDetail, Problem as ProblemSchema } from '../../client/schemas/shared.ts';
import type { Library } from '../../library/library.ts';
import { checkName } from '../../library/name.ts';
import type { HttpReply, HttpRequest, HttpServer } from '../http/http-server.ts';
import { TransferSlots } from '../http/transfer-slots.ts';
import { contentDisposition } from './content-disposition.ts';
import { CAR, RAW } from './content-format.ts';
import { answerFile, type Source } from './file-answer.ts';
import { answerGateway } from './gateway.ts';
import type { GatewayQuery as Query } from './gateway-request.ts';

const OCTETS = 'application/octet-stream';

const word = (description: string) => Type.Optional(Type.String({ maxLength: 64, description }));
const GatewayQuery = Type.Object({
  format: word('`raw`: the block of that CID; `car`: a CAR; by default the file. Goes before `Accept`'),
  'dag-scope': word('of a CAR: `all` (default), `entity` (a file, or what lists a directory), `block`'),
  'entity-bytes': word(
    'of a CAR: `FROM:TO`, the blocks that hold these bytes of a file; `*` is the last, -1 too',
  ),
  'car-version': word('`1`'),
  'car-order': word('`dfs`, in which every CAR here is'),
  'car-dups': word('`y`: blocks come as often as they occur; `n` (default): once'),
  filename: Type.Optional(Type.String({ maxLength: 4096, description: 'the name to save under' })),
  download: word('`true`: to be saved, not shown'),
});
const PathText = Type.String({ description: 'a path inside the directory' });

export interface DownloadOptions {
  readonly library: Library;
  /** Transfers at once. */
  readonly transfersMax?: number;
}

export function serveDownloads(server: HttpServer, { library, transfersMax }: DownloadOptions): void {
  const source: Source = { library, slots: new TransferSlots(transfersMax) };
  serveGateway(server, source);
  server.route<{ Params: { '*': string } }>({
    method: ['GET', 'HEAD'],
    url: '/download/*',
    schema: {
      summary: 'A file by its name (older route); nested ones with / or %2F',
      tags: ['older'],
      params: Type.Object({ '*': Type.String({ description: 'the name' }) }),
      produces: [OCTETS],
      response: { 404: OlderDetail },
    },
    handler: (request, reply) => answerByName(source, request.params['*'], request, reply),
  });
}

function serveGateway(server: HttpServer, source: Source): void {
  const shared: FastifySchema = {
    tags: ['download'],
    querystring: GatewayQuery,
    produces: [OCTETS, RAW, CAR],
    response: { '4xx': ProblemSchema, '5xx': ProblemSchema },
  };
  server.route<{ Params: { cid: string }; Querystring: Query }>({
    method: ['GET', 'HEAD'],
    url: '/ipfs/:cid',
    schema: {
      ...shared,
      summary:
        'A file by its CID, with Range, If-Range, If-None-Match; a block, or a CAR of a file or directory',
      params: Type.Object({ cid: CidText }),
    },
    handler: (request, reply) => answerGateway(source, request.params.cid, '', request, reply),
  });
  server.route<{ Params: { cid: string; '*': string }; Querystring: Query }>({
    method: ['GET', 'HEAD'],
    url: '/ipfs/:cid/*',
    schema: {
      ...shared,
      summary:
        'What a path inside a directory leads to: a file, or a CAR with the blocks that prove the path',
      params: Type.Object({ cid: CidText, '*': PathText }),
    },
    handler: (request, reply) =>
      answerGateway(source, request.params.cid, request.params['*'], request, reply),
  });
}

async function answerByName(
  source: Source,
  raw: string,
  request: HttpRequest,
  reply: HttpReply,
): Promise<HttpReply> {
  const file = source.library.catalog.file(checkName(raw));
  if (file === null) return reply.code(404).send({ detail: 'File not found' });
  const headers = {
    'content-type': OCTETS,
    // Under a name the bytes may change: whoever keeps them asks again, by the tag.
    'cache-control': 'no-cache',
    'content-disposition': contentDisposition('attachment', file.path),
  };
  return answerFile(source, [file], headers, request, reply);
}
