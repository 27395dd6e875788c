/**
 * The download service: gives files out by CID as a trustless gateway (IPFS HTTP Gateways, specs.ipfs.tech), and by name
 * on the older route.
 */
import type { FastifySchema } from 'fastify';
import Type from 'typebox';
import { CidText, OlderDetail, Problem as ProblemSchema } from '../../client/schemas/shared.ts';
import { parseCid } from '../../content/cid.ts';
import type { Library } from '../../library/library.ts';
import { checkName } from '../../library/name.ts';
import { Problem } from '../../problems/problem.ts';
import type { HttpReply, HttpRequest, HttpServer } from '../http/http-server.ts';
import { TransferSlots } from '../http/transfer-slots.ts';
import { contentDisposition } from './content-disposition.ts';
import { entityTagOf, matchesNone } from './entity-tag.ts';
import { answerFile, type Source } from './file-answer.ts';

/** 29,030,400 s are what public gateways give; a content never changes under its CID. */
const IMMUTABLE = 'public, max-age=29030400, immutable';
const OCTETS = 'application/octet-stream';
const RAW = 'application/vnd.ipld.raw';
const CAR = 'application/vnd.ipld.car';

/** Of the paths that hold one content: the first that is whole is served. */
const COPIES_TRIED_MAX = 16;

const CidParams = Type.Object({ cid: CidText });
const GatewayQuery = Type.Object({
  format: Type.Optional(Type.String({ maxLength: 32, description: '`raw`: the block instead of the file' })),
});

export interface DownloadOptions {
  readonly library: Library;
  /** Transfers at once. */
  readonly transfersMax?: number;
}

export function serveDownloads(server: HttpServer, { library, transfersMax }: DownloadOptions): void {
  const source: Source = { library, slots: new TransferSlots(transfersMax) };
  const gateway: FastifySchema = {
    summary: 'A file by its CID; with Range, If-Range, If-None-Match; a block with format=raw',
    tags: ['download'],
    params: CidParams,
    querystring: GatewayQuery,
    produces: [OCTETS, RAW],
    response: { '4xx': ProblemSchema },
  };
  server.route<{ Params: { cid: string }; Querystring: { format?: string } }>({
    method: ['GET', 'HEAD'],
    url: '/ipfs/:cid',
    schema: gateway,
    handler: (request, reply) => answerGateway(source, request.params.cid, formatOf(request), request, reply),
  });
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

async function answerGateway(
  source: Source,
  text: string,
  format: string | null,
  request: HttpRequest,
  reply: HttpReply,
): Promise<HttpReply> {
  const { text: cid } = parseCid(text);
  if (format === 'raw') return answerBlock(source, cid, request, reply);
  if (format === 'car') throw new Problem('not_built', { feature: 'feature.car' });
  if (format !== null)
    throw new Problem('bad_request', { reason: `the format ${format.slice(0, 32)} is not known` });
  const [file, ...others] = source.library.catalog.filesOf(cid, COPIES_TRIED_MAX);
  if (file === undefined) throw new Problem('not_found', { what: cid });
  const headers = {
    'content-type': file.type === '' ? OCTETS : file.type,
    'cache-control': IMMUTABLE,
    'content-disposition': contentDisposition('inline', file.path),
    // Files come from anybody: a page among them must not act as this node's own page.
    'content-security-policy': 'sandbox',
  };
  return answerFile(source, [file, ...others], headers, request, reply);
}

async function answerBlock(
  { library, slots }: Source,
  cid: string,
  request: HttpRequest,
  reply: HttpReply,
): Promise<HttpReply> {
  const tag = entityTagOf(`${cid}.raw`);
  reply.header('etag', tag).header('cache-control', IMMUTABLE).header('x-content-type-options', 'nosniff');
  if (!matchesNone(request.headers['if-none-match'], tag)) return reply.code(304).send();
  const release = slots.take(request.ip);
  reply.raw.once('close', release); // Until then the block is in memory.
  const block = await library.readBlock(cid);
  if (block === null) throw new Problem('not_found', { what: cid });
  reply.type(RAW).header('content-disposition', contentDisposition('attachment', `${cid}.bin`));
  return reply.send(Buffer.from(block.buffer, block.byteOffset, block.byteLength));
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

/** The query prevails over `Accept` (Path Gateway specification, "Request Query Parameters"). */
function formatOf(request: HttpRequest & { readonly query: { readonly format?: string } }): string | null {
  if (request.query.format !== undefined) return request.query.format;
  const accept = request.headers.accept ?? '';
  if (accept.includes(RAW)) return 'raw';
  return accept.includes(CAR) ? 'car' : null;
}
