/** `PUT /api/v1/files?name=…`: the body is the file. */
import { PutFileQuery, StoredFile } from '../../client/schemas/node-routes.ts';
import { Problem as ProblemSchema, TEXT_MAX_BYTES } from '../../client/schemas/shared.ts';
import type { Library } from '../../library/library.ts';
import { checkName } from '../../library/name.ts';
import { Problem } from '../../problems/problem.ts';
import type { HttpRequest, HttpServer } from '../http/http-server.ts';
import type { Intake } from './intake.ts';

const TAGS_MAX = 32;
const CONTROL = /\p{Cc}/u;
/** All tags of a file together, as JSON in UTF-8, so that the longest name fits into its record beside them. */
const TAGS_MAX_BYTES = 4096;
/** What clients send when they say nothing of the file's own type. */
const TYPES_OF_NOTHING = ['application/octet-stream', 'application/x-www-form-urlencoded'];

export async function servePutFile(server: HttpServer, intake: Intake): Promise<void> {
  await server.register(async (scope: HttpServer) => {
    scope.removeAllContentTypeParsers();
    // Nothing is parsed, whatever its type: the handler reads the bytes.
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    scope.put(
      '/api/v1/files',
      {
        config: { bodyWhenAllowed: true },
        schema: {
          summary: 'Takes a file in: the body is its bytes, Content-Type its type',
          tags: ['upload'],
          querystring: PutFileQuery,
          'x-body': { type: 'application/octet-stream', schema: { type: 'string', format: 'binary' } },
          response: { 201: StoredFile, '4xx': ProblemSchema, '5xx': ProblemSchema },
        },
      },
      async (request, reply) => {
        const { name, tags } = request.query;
        const path = checkName(name);
        const read = readTags(tags);
        const file = await intake.receive(request, reply, () =>
          intake.library.receive({ ...bodyOf(request), name: path, tags: read }),
        );
        const published = await intake.publish(file);
        reply.code(201).header('location', `/ipfs/${file.cid}`);
        const { cid, size } = file;
        return { state: 'stored' as const, name: file.path, cid, size, node: intake.self(), published };
      },
    );
  });
}

/** Reading stops without breaking the connection: the answer that says why must still pass. */
function bodyOf(
  request: HttpRequest,
): Pick<Parameters<Library['receive']>[0], 'source' | 'expectedSize' | 'type'> {
  const { 'content-length': length, 'content-type': type } = request.headers;
  const given = readType(type);
  return {
    source: request.raw.iterator({ destroyOnReturn: false }),
    ...(length === undefined ? {} : { expectedSize: Number(length) }),
    ...(given === '' ? {} : { type: given }),
  };
}

export function readTags(text: string | undefined): string[] {
  const tags = [...new Set((text ?? '').split(',').map((tag) => tag.trim().normalize('NFC')))].filter(
    (tag) => tag !== '',
  );
  const isFit = tags.every(
    (tag) => Buffer.byteLength(tag) <= TEXT_MAX_BYTES && !CONTROL.test(tag) && tag.isWellFormed(),
  );
  if (tags.length > TAGS_MAX || !isFit || Buffer.byteLength(JSON.stringify(tags)) > TAGS_MAX_BYTES) {
    throw new Problem('bad_request', {
      reason: `a file has at most ${TAGS_MAX} tags of ${TEXT_MAX_BYTES} bytes, ${TAGS_MAX_BYTES} together, without control characters`,
    });
  }
  return tags;
}

export function readType(header: string | undefined): string {
  const type = header?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (Buffer.byteLength(type) > TEXT_MAX_BYTES)
    throw new Problem('bad_request', { reason: `its Content-Type is longer than ${TEXT_MAX_BYTES} bytes` });
  return TYPES_OF_NOTHING.includes(type) ? '' : type;
}
