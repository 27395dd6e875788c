/**
 * `/api/v1/uploads`: tus 1.0 (creation, creation with upload, termination, checksum, expiration). The package answers for the
 * protocol; here its answers become the project's, with its problems and its slots.
 */
import { TUS_RESUMABLE, Server as TusServer } from '@tus/server';
import Type from 'typebox';
import { UploadStatus } from '../../client/schemas/node-routes.ts';
import { Problem as ProblemSchema } from '../../client/schemas/shared.ts';
import type { CatalogFile } from '../../library/catalog-file.ts';
import { ResumableUploads, UPLOAD_EXPIRES_MS } from '../../library/resumable-uploads.ts';
import { Problem } from '../../problems/problem.ts';
import type { ProblemCode } from '../../problems/table.ts';
import type { HttpReply, HttpRequest, HttpServer } from '../http/http-server.ts';
import type { Intake } from './intake.ts';
import { TusStore } from './tus-store.ts';
import { CHECKSUM_ALGORITHMS, checksumOf } from './upload-checksum.ts';
import { UploadLocks } from './upload-locks.ts';

const PATH = '/api/v1/uploads';
const EXPIRED_EVERY_MS = 3_600_000;

export async function serveTusUploads(server: HttpServer, intake: Intake): Promise<void> {
  const exchanges = new TusExchanges(intake);
  await server.register(async (scope: HttpServer) => {
    scope.removeAllContentTypeParsers();
    // Nothing is parsed: the bytes go to the library as they come.
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    // In every answer but that to OPTIONS, failures included (tus 1.0, Tus-Resumable).
    scope.addHook('onSend', async (_request, reply) => {
      reply.header('tus-resumable', TUS_RESUMABLE);
    });
    for (const { method, url, summary, body } of ROUTES) {
      const described = body ? { 'x-body': BODY } : {};
      const response = { '4xx': ProblemSchema, '5xx': ProblemSchema };
      const schema = { summary, tags: ['upload'], ...described, response };
      scope.route({
        method,
        url,
        config: { bodyWhenAllowed: true },
        schema,
        handler: async (request, reply) => {
          reply.code(await exchanges.answer(request, reply as HttpReply));
        },
      });
    }
    scope.get(
      `${PATH}/:id`,
      {
        exposeHeadRoute: false,
        schema: {
          summary: 'How far an upload is, and the file that it became',
          tags: ['upload'],
          params: Type.Object({ id: Type.String() }),
          response: { 200: UploadStatus, '4xx': ProblemSchema, '5xx': ProblemSchema },
        },
      },
      ({ params }) => exchanges.status(params.id),
    );
  });
  clearExpired(server, intake);
}

const BODY = { type: 'application/offset+octet-stream', schema: { type: 'string', format: 'binary' } };

const ROUTES = [
  {
    method: 'OPTIONS',
    url: PATH,
    summary: 'What of tus 1.0 there is here',
    body: false,
  },
  {
    method: 'POST',
    url: PATH,
    summary:
      'Creates an upload (tus 1.0): Upload-Length, and Upload-Metadata with name, type, tags (with commas); may bring the first bytes',
    body: true,
  },
  { method: 'OPTIONS', url: `${PATH}/:id`, summary: 'What of tus 1.0 there is here', body: false },
  { method: 'HEAD', url: `${PATH}/:id`, summary: 'Upload-Offset says where to go on', body: false },
  {
    method: 'PATCH',
    url: `${PATH}/:id`,
    summary: 'The bytes from Upload-Offset on; the last of them make the file. May have an Upload-Checksum',
    body: true,
  },
  { method: 'DELETE', url: `${PATH}/:id`, summary: 'Gives an upload up', body: false },
] as const;

class TusExchanges {
  readonly #intake: Intake;
  readonly #locks = new UploadLocks();

  constructor(intake: Intake) {
    this.#intake = intake;
  }

  /** Sets the answer's headers; returns its status. An answer of tus has no body. @throws Problem */
  async answer(request: HttpRequest, reply: HttpReply): Promise<number> {
    let failure: unknown = null;
    const headers = headersOf(request);
    const check = checksumOf(headers.get('upload-checksum'));
    const receive = (id: string) => {
      const source = request.raw.iterator({ destroyOnReturn: false });
      const body = check === undefined ? { source } : { source, check };
      return this.#intake.receive(request, reply, () => this.#uploads.append(id, body));
    };
    const finish = (id: string) => this.#finish(id);
    const tus = new TusServer({
      path: PATH,
      datastore: new TusStore({ uploads: this.#uploads, receive, finish }),
      // A body that is whole is not ended early: its sender waits for the answer.
      locker: this.#locks.locker(() => void (request.raw.complete || request.raw.destroy())),
      namingFunction: ResumableUploads.newId,
      relativeLocation: true,
      allowedOrigins: [], // Pages of other sites were refused before.
      onResponseError: (_request, error) => {
        failure = error;
        return undefined;
      },
    });
    const { pathname } = new URL(request.url, 'http://node');
    const asked = new Request(`http://node${pathname}`, { method: request.method, headers });
    const response = await tus.handleWeb(asked);
    if (response.status >= 400) throw problemOf(failure, response.status, await response.text());
    for (const [name, value] of response.headers) if (isOfTus(name)) reply.header(name, value);
    if (request.method === 'OPTIONS') reply.header('tus-checksum-algorithm', CHECKSUM_ALGORITHMS.join(','));
    return response.status;
  }

  /** @throws Problem `not_found` */
  async status(id: string): Promise<UploadStatus> {
    const { head, offset, changedMs, file } = await this.#uploads.peek(id);
    const { library } = this.#intake;
    return {
      id,
      name: head.path,
      size: head.size,
      offset,
      expiresAt: changedMs + UPLOAD_EXPIRES_MS,
      stored:
        file === null
          ? null
          : {
              state: 'stored',
              name: file.path,
              cid: file.cid,
              size: file.size,
              node: this.#intake.self(),
              published: !library.catalog.isPending(file.path),
            },
    };
  }

  get #uploads(): ResumableUploads {
    return this.#intake.library.resumable;
  }

  async #finish(id: string): Promise<CatalogFile> {
    const file = await this.#intake.library.finishUpload(id);
    await this.#intake.publish(file);
    return file;
  }
}

/** The body stays out of it: it is read from the connection. */
function headersOf({ headers }: HttpRequest): Headers {
  const read = new Headers();
  for (const [name, value] of Object.entries(headers)) if (typeof value === 'string') read.set(name, value);
  return read;
}

function isOfTus(name: string): boolean {
  return /^(tus|upload)-|^(location|cache-control)$/.test(name);
}

/** What the package answers with a status and a line of text. */
const CODES: Readonly<Record<number, ProblemCode>> = {
  404: 'not_found',
  409: 'upload_offset',
  410: 'upload_gone',
  412: 'tus_version',
  413: 'too_large',
};

function problemOf(failure: unknown, status: number, text: string): Problem {
  if (failure instanceof Problem) return failure;
  const code = CODES[status];
  if (code === 'not_found') return new Problem(code, { what: 'the.upload' });
  if (code === 'too_large') return new Problem(code, { what: 'the.body', limit: 'Upload-Length' });
  if (code !== undefined) return new Problem(code);
  if (status < 500 || status === 501) return new Problem('bad_request', { reason: text.trim() });
  return Problem.from(failure ?? new Error(text));
}

/** What nobody went on with gives its room back. */
function clearExpired(server: HttpServer, { library }: Intake): void {
  const clear = () =>
    library.resumable
      .removeExpired(Date.now())
      .catch((error: unknown) => server.log.warn({ err: error }, 'expired uploads could not be removed'));
  const timer = setInterval(clear, EXPIRED_EVERY_MS).unref();
  server.addHook('onClose', async () => clearInterval(timer));
  void clear();
}
