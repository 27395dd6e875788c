/**
 * Answers with a CAR: the blocks that prove the path, then those of what it leads to, depth first. Each is read when the
 * client has taken the one before; what fails after the first breaks the connection off.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { carHeader, carSection, cidBytes } from '../../content/car.ts';
import type { Cid } from '../../content/cid.ts';
import type { ResolvedPath } from '../../content/dag-path.ts';
import { type DagPart, fileSizeOf, type WalkedBlock, walkDag } from '../../content/dag-walk.ts';
import type { FetchBlock } from '../../content/leaf-map.ts';
import type { HttpReply } from '../http/http-server.ts';
import { contentDisposition } from './content-disposition.ts';
import { CAR } from './content-format.ts';
import { partOf, readPart } from './dag-part.ts';
import { entityTagOf, matchesNone } from './entity-tag.ts';
import { fetchBlock, type GatewayRequest, resolve } from './gateway-request.ts';

/** Blocks remembered so that none is sent twice: 256 GiB of pieces, 20 MB. One that comes again after more may be. */
const SENT_REMEMBERED_MAX = 262_144;
/** Of the digest: nobody finds two blocks that begin with the same 16 bytes. */
const REMEMBERED_BYTES = 16;
const TAG_CHARACTERS = 16;

/**
 * @param repeats a block is sent as often as it occurs
 * @throws Problem `bad_request`, `not_found`, `not_here`, `busy`, `changed`, `suspended`
 */
export async function answerCar(asked: GatewayRequest, repeats: boolean): Promise<HttpReply> {
  const { slots, root, path, query, request, reply } = asked;
  const wanted = readPart(query);
  const dups = repeats ? 'y' : 'n';
  const tag = entityTagOf(`${wanted.text}.${dups}.${root.text}${tagOfPath(path)}.car`);
  const name = query.filename ?? `${root.text}.car`;
  reply.type(`${CAR}; version=1; order=dfs; dups=${dups}`);
  reply.headers({
    etag: tag,
    'accept-ranges': 'none',
    'content-disposition': contentDisposition('attachment', name),
  });
  if (!matchesNone(request.headers['if-none-match'], tag)) return reply.code(304).send();
  const resolved = await resolve(asked);
  const fetch: FetchBlock = (cid) => fetchBlock(asked, cid);
  const size = wanted.bytes === null ? null : fileSizeOf(resolved.cid, await fetch(resolved.cid));
  const part = partOf(wanted, size);
  if (request.method === 'HEAD') return reply.send();
  const release = slots.take(request.ip);
  reply.raw.once('close', release);
  const blocks = blocksOf(resolved, part, fetch);
  return reply.send(Readable.from(carOf(root, repeats ? blocks : once(blocks)), { objectMode: false }));
}

async function* carOf(root: Cid, blocks: AsyncIterable<WalkedBlock>): AsyncGenerator<Uint8Array> {
  yield carHeader(cidBytes(root));
  for await (const { cid, bytes } of blocks) {
    yield carSection(cid, bytes.length);
    // A chunk of no bytes would stop the stream.
    if (bytes.length > 0) yield bytes;
  }
}

async function* blocksOf(
  { cid, way }: ResolvedPath,
  part: DagPart,
  fetchBlock: FetchBlock,
): AsyncGenerator<WalkedBlock> {
  for (const on of way) yield { cid: on, bytes: await fetchBlock(on) };
  yield* walkDag(cid, part, fetchBlock);
}

/** `dups=n`. */
async function* once(blocks: AsyncIterable<WalkedBlock>): AsyncGenerator<WalkedBlock> {
  const sent = new Set<string>();
  for await (const block of blocks) {
    const { codec, digest } = block.cid;
    const name = codec + Buffer.from(digest.buffer, digest.byteOffset, REMEMBERED_BYTES).toString('latin1');
    if (sent.has(name)) continue;
    sent.add(name);
    const [oldest] = sent;
    if (sent.size > SENT_REMEMBERED_MAX && oldest !== undefined) sent.delete(oldest);
    yield block;
  }
}

function tagOfPath(path: readonly string[]): string {
  if (path.length === 0) return '';
  return `.${createHash('sha256').update(path.join('/')).digest('hex').slice(0, TAG_CHARACTERS)}`;
}
