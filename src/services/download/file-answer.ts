/**
 * Answers with the bytes of a catalogued file: whole or a range, for GET and HEAD, with the preconditions of RFC 9110.
 * The library compares the file with its row before the first and before the last byte of what is served.
 */
import type { CatalogFile } from '../../library/catalog-file.ts';
import type { Library } from '../../library/library.ts';
import type { OpenFile } from '../../library/reader.ts';
import { Problem } from '../../problems/problem.ts';
import type { HttpReply, HttpRequest } from '../http/http-server.ts';
import type { TransferSlots } from '../http/transfer-slots.ts';
import { type RangeAnswer, readRange } from './byte-range.ts';
import { allowsRange, entityTagOf, matchesNone } from './entity-tag.ts';
import { reprDigestOf } from './repr-digest.ts';

export interface Source {
  readonly library: Library;
  readonly slots: TransferSlots;
}

/**
 * Serves one of `files`, which all hold the same content: the first that is still what the catalog says.
 * @param headers sent with the content
 * @throws Problem `changed`, `suspended`, `bad_range`, `busy`
 */
export async function answerFile(
  { library, slots }: Source,
  files: readonly [CatalogFile, ...CatalogFile[]],
  headers: Readonly<Record<string, string>>,
  request: HttpRequest,
  reply: HttpReply,
): Promise<HttpReply> {
  const [{ cid, size }] = files;
  const tag = entityTagOf(cid);
  reply.headers({ ...headers, etag: tag, 'accept-ranges': 'bytes', 'x-content-type-options': 'nosniff' });
  if (!matchesNone(request.headers['if-none-match'], tag)) return reply.code(304).send();
  const range = rangeOf(request, tag, size);
  if (range.type === 'unsatisfiable') {
    reply.header('content-range', `bytes */${size}`);
    throw new Problem('bad_range');
  }
  const { start, end } = range.type === 'part' ? range : { start: 0, end: size };
  const release = slots.take(request.ip);
  try {
    const open = await openFirst(library, files);
    await tellDigest(library, open, request, reply);
    reply.header('content-length', end - start);
    if (range.type === 'part') reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${size}`);
    const stream = request.method === 'HEAD' || start === end ? null : open.stream({ start, end });
    const close = () => {
      release();
      open
        .close()
        .catch((error: unknown) => request.log.warn({ err: error }, 'a served file was not closed'));
    };
    if (stream === null) close();
    else stream.once('close', close);
    return reply.send(stream ?? undefined);
  } catch (error) {
    release();
    throw error;
  }
}

/** Closes the file where that fails. */
async function tellDigest(
  library: Library,
  open: OpenFile,
  request: HttpRequest,
  reply: HttpReply,
): Promise<void> {
  try {
    const digest = await reprDigestOf(library, open.file, request);
    if (digest !== null) reply.header('repr-digest', digest);
  } catch (error) {
    await open.close();
    throw error;
  }
}

/** HEAD has no ranges: section 14.2 defines them for GET alone. */
function rangeOf(request: HttpRequest, tag: string, size: number): RangeAnswer {
  const { 'if-range': ifRange, range } = request.headers;
  const used = request.method === 'GET' && allowsRange(Array.isArray(ifRange) ? ifRange[0] : ifRange, tag);
  return readRange(used ? range : undefined, size);
}

/** A copy that somebody edits does not hide one that is whole. */
async function openFirst(library: Library, files: readonly CatalogFile[]): Promise<OpenFile> {
  let failure: unknown;
  for (const file of files) {
    try {
      return await library.openForRead(file);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
