/**
 * `/ipfs/{cid}[/{path}]`: a file, a block, or a CAR, as the Trustless Gateway and Path Gateway Specifications have it
 * (specs.ipfs.tech/http-gateways). It is not recursive: what this node lacks is 404, and nobody is asked for it.
 */
import { carHeader } from '../../content/car.ts';
import { parseCid } from '../../content/cid.ts';
import { Problem } from '../../problems/problem.ts';
import type { HttpReply, HttpRequest } from '../http/http-server.ts';
import { answerBlock } from './block-answer.ts';
import { answerCar } from './car-answer.ts';
import { answerContent } from './content-answer.ts';
import { CAR, type ContentFormat, RAW, readFormat } from './content-format.ts';
import type { Source } from './file-answer.ts';
import { type GatewayQuery, readPath } from './gateway-request.ts';

/** 29,030,400 s are what public gateways give; a content never changes under its CID. */
const IMMUTABLE = 'public, max-age=29030400, immutable';

/** The CID that holds its own no bytes: by it a client learns what a gateway can ("Dedicated Probe Paths"). */
const PROBE = 'bafkqaaa';
const PROBE_BYTES = Uint8Array.of(1, 0x55, 0, 0);

/**
 * @param path decoded, without the slash before it
 * @throws Problem `bad_cid`, `bad_request`, `not_acceptable`, `not_found`, `not_here`, `busy`, `changed`, `suspended`
 */
export async function answerGateway(
  source: Source,
  cid: string,
  path: string,
  request: HttpRequest & { readonly query: GatewayQuery },
  reply: HttpReply,
): Promise<HttpReply> {
  const { query } = request;
  const format = readFormat(query, request.headers.accept);
  const names = readPath(path);
  reply.headers({ 'cache-control': IMMUTABLE, 'x-content-type-options': 'nosniff' });
  if (format.type !== 'file' && format.isNegotiated)
    reply.header('content-location', locationOf(request, format));
  if (cid === PROBE && names.length === 0) return answerProbe(format, reply);
  const asked = { ...source, root: parseCid(cid), path: names, query, request, reply };
  if (format.type === 'file') return answerContent(asked);
  if (format.type === 'car') return answerCar(asked, format.repeats);
  if (names.length > 0)
    throw new Problem('bad_request', { reason: 'a block is asked for by its own CID alone' });
  return answerBlock(asked);
}

/** Where caches find this form of the content again. */
function locationOf(request: HttpRequest, format: ContentFormat): string {
  const [path = '', query = ''] = request.url.split('?', 2);
  const parameters = new URLSearchParams(query);
  parameters.set('format', format.type);
  if (format.type === 'car') parameters.set('car-dups', format.repeats ? 'y' : 'n');
  return `${path}?${parameters}`;
}

function answerProbe(format: ContentFormat, reply: HttpReply): HttpReply {
  if (format.type === 'car') return reply.type(`${CAR}; version=1`).send(carHeader(PROBE_BYTES));
  return reply.type(format.type === 'raw' ? RAW : 'application/octet-stream').send(Buffer.alloc(0));
}
