/** Answers with one block as it is: whoever asks checks it against its CID. */

import type { HttpReply } from '../http/http-server.ts';
import { contentDisposition } from './content-disposition.ts';
import { RAW } from './content-format.ts';
import { entityTagOf, matchesNone } from './entity-tag.ts';
import { absent, type GatewayRequest } from './gateway-request.ts';

/** @throws Problem `not_found`, `not_here`, `busy`, `changed`, `suspended` */
export async function answerBlock(asked: GatewayRequest): Promise<HttpReply> {
  const { library, slots, root, query, request, reply } = asked;
  const tag = entityTagOf(`${root.text}.raw`);
  reply.header('etag', tag);
  if (!matchesNone(request.headers['if-none-match'], tag)) return reply.code(304).send();
  const release = slots.take(request.ip);
  reply.raw.once('close', release); // Until then the block is in memory.
  const block = await library.readBlock(root.text);
  if (block === null) throw absent(asked);
  const name = query.filename ?? `${root.text}.bin`;
  reply.type(RAW).header('content-disposition', contentDisposition('attachment', name));
  return reply.send(Buffer.from(block.buffer, block.byteOffset, block.byteLength));
}
