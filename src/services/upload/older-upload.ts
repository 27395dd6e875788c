/** `POST /upload/` of the older clients: a form with the field `file` (multipart/form-data, RFC 7578). */
import multipart, { type Multipart, type MultipartFile } from '@fastify/multipart';
import { OlderUploaded } from '../../client/schemas/node-routes.ts';
import { OlderDetail } from '../../client/schemas/shared.ts';
import type { CatalogFile } from '../../library/catalog-file.ts';
import { Problem } from '../../problems/problem.ts';
import type { HttpRequest, HttpServer } from '../http/http-server.ts';
import type { Intake } from './intake.ts';

/** Fields beside the file that a client may send; none is used. */
const FIELDS_MAX = 16;
const FIELD_MAX_BYTES = 64 * 1024;

const FORM = {
  type: 'object',
  required: ['file'],
  properties: { file: { type: 'string', format: 'binary' } },
};

export async function serveOlderUpload(server: HttpServer, intake: Intake): Promise<void> {
  await server.register(async (scope: HttpServer) => {
    await scope.register(multipart, {
      // Names are judged whole: `../x` is refused, not taken for `x`.
      preservePath: true,
      limits: {
        fileSize: Number.POSITIVE_INFINITY,
        files: 1,
        fields: FIELDS_MAX,
        fieldSize: FIELD_MAX_BYTES,
      },
    });
    for (const url of ['/upload/', '/upload']) {
      scope.post(
        url,
        {
          config: { bodyWhenAllowed: true },
          schema: {
            summary: 'Takes a file in (older route): multipart/form-data with the field `file`',
            tags: ['older'],
            hide: url === '/upload',
            'x-body': { type: 'multipart/form-data', schema: FORM },
            response: { 200: OlderUploaded, '4xx': OlderDetail, '5xx': OlderDetail },
          },
        },
        async (request, reply) => {
          if (!request.isMultipart()) {
            throw new Problem('bad_request', { reason: 'the body is not multipart/form-data' });
          }
          const file = await intake.receive(request, reply, () => receiveForm(request, intake));
          await intake.publish(file);
          return { filename: file.path, message: `File ${file.path} was uploaded.` };
        },
      );
    }
  });
}

async function receiveForm(request: HttpRequest, { library }: Intake): Promise<CatalogFile> {
  const parts = request.parts();
  for await (const part of parts) {
    if (part.type !== 'file' || part.fieldname !== 'file') skip(part);
    else return await library.receive({ name: part.filename ?? '', source: toEndOfForm(part, parts) });
  }
  throw new Problem('bad_request', { reason: 'the form has no file in the field "file"' });
}

/** The file's bytes; they end well only when the whole form does, so a body cut off after them keeps nothing either. */
async function* toEndOfForm(
  file: MultipartFile,
  rest: AsyncIterableIterator<Multipart>,
): AsyncGenerator<Uint8Array> {
  yield* file.file as AsyncIterable<Uint8Array>;
  for await (const part of rest) skip(part);
}

function skip(part: Multipart): void {
  if (part.type === 'file') part.file.resume();
}
