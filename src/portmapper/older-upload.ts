/**
 * `POST /upload/` of the older clients: the one route by which file bytes pass the portmapper. They stream: from the
 * client straight to the node when the form names the node first, by way of the spool when the file comes first. The
 * node sees the end of a file only after the whole form was read well, so a body that stops half-way is never stored.
 */
import { Readable } from 'node:stream';
import multipart, { type Multipart, type MultipartFile } from '@fastify/multipart';
import { Agent, request as send } from 'undici';
import { baseOf } from '../client/http.ts';
import { OlderMessage } from '../client/schemas/portmapper-routes.ts';
import { OlderDetail } from '../client/schemas/shared.ts';
import { Problem } from '../problems/problem.ts';
import type { HttpRequest, HttpServer } from '../services/http/http-server.ts';
import type { NodeCalls } from './node-calls.ts';
import type { Registry } from './registry.ts';
import type { Spool, SpooledFile } from './spool.ts';

/** Uploads under way at once, as many as one node serves. */
const UPLOADS_MAX = 64;
/** Nothing moved, or no answer after the last byte: a slow disk may have to sync. */
const STALL_TIMEOUT_MS = 120_000;
const CONNECT_TIMEOUT_MS = 3_000;
/** Other fields and files are passed over. */
const PARTS_MAX = 16;
const FIELD_MAX_BYTES = 4096;
const RETRY_SECONDS = 5;

export interface OlderUploadParts {
  readonly registry: Registry;
  readonly calls: NodeCalls;
  readonly spool: Spool;
}

/** A node that takes files now. */
interface Taker {
  /** By which the registry and the client call it. */
  readonly address: string;
  /** Its upload endpoint. */
  readonly upload: string;
}

/** What is passed on: a file whose end is certain when the source ends. */
interface Passage {
  readonly name: string;
  /** Media type as the client said it. */
  readonly type: string;
  readonly source: Readable;
  /** In bytes; null when it is not known before the end. */
  readonly size: number | null;
}

export class OlderUploads {
  readonly #parts: OlderUploadParts;
  readonly #agent = new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: STALL_TIMEOUT_MS,
    bodyTimeout: STALL_TIMEOUT_MS,
    allowH2: false,
  });
  #underWay = 0;

  constructor(parts: OlderUploadParts) {
    this.#parts = parts;
  }

  async serve(server: HttpServer): Promise<void> {
    await server.register(multipart, {
      preservePath: true,
      throwFileSizeLimit: false,
      limits: {
        fileSize: Number.POSITIVE_INFINITY,
        files: PARTS_MAX,
        fields: PARTS_MAX,
        parts: PARTS_MAX,
        fieldSize: FIELD_MAX_BYTES,
      },
    });
    const schema = {
      summary: 'Upload by way of the portmapper (older clients): fields `node_address` and `file`',
      tags: ['older clients'],
      consumes: ['multipart/form-data'],
      response: { 200: OlderMessage, 400: OlderDetail, 503: OlderDetail, 507: OlderDetail },
    };
    for (const url of ['/upload/', '/upload']) {
      server.post(url, { schema }, async (request) => this.#handle(request));
    }
  }

  /** Breaks what is under way. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #handle(request: HttpRequest): Promise<{ message: string }> {
    if (!request.isMultipart()) throw new Problem('bad_request', { reason: 'a multipart form is needed' });
    if (this.#underWay >= UPLOADS_MAX) throw new Problem('busy', { seconds: RETRY_SECONDS });
    this.#underWay++;
    try {
      return await this.#readForm(request.parts());
    } catch (error) {
      // The client may read its answer only after it sent everything: what still comes is thrown away as it comes.
      request.raw.unpipe();
      request.raw.resume();
      throw isBrokenForm(error) ? new Problem('incomplete_body', {}, error) : error;
    } finally {
      this.#underWay--;
    }
  }

  async #readForm(parts: AsyncIterableIterator<Multipart>): Promise<{ message: string }> {
    let node: Taker | null = null;
    let spooled: { readonly file: SpooledFile; readonly name: string; readonly type: string } | null = null;
    try {
      for await (const part of parts) {
        if (isAddress(part)) {
          node ??= await this.#reachable(String(part.value));
        } else if (part.type === 'file' && part.fieldname === 'file' && spooled === null) {
          const known = { name: nameOf(part), type: typeOf(part) };
          if (node !== null)
            return await this.#pass(node, { ...known, source: certain(part, parts), size: null });
          spooled = { ...known, file: await this.#parts.spool.take(part.file) };
        } else if (part.type === 'file') {
          part.file.resume();
        }
      }
      if (node === null) throw new Problem('bad_request', { reason: 'the field node_address is missing' });
      if (spooled === null) throw new Problem('bad_request', { reason: 'the field file is missing' });
      const { file, ...known } = spooled;
      return await this.#pass(node, { ...known, source: file.read(), size: file.size });
    } finally {
      await spooled?.file.remove();
    }
  }

  /** @throws Problem `unknown_node`, `node_away` */
  async #reachable(address: string): Promise<Taker> {
    const node = this.#parts.registry.atAddress(address.trim());
    if (node === null) throw new Problem('unknown_node', { node: address.slice(0, 261) });
    const { upload } = node.descriptor.endpoints;
    // The registry's state is for people: what counts is whether it is reached now.
    if (upload === null || !(await this.#parts.calls.reaches(upload)))
      throw new Problem('node_away', { node: address });
    return { address: node.address, upload };
  }

  async #pass(node: Taker, { name, type, source, size }: Passage): Promise<{ message: string }> {
    const url = new URL('/api/v1/files', baseOf(node.upload));
    url.searchParams.set('name', name);
    const length = size === null ? {} : { 'content-length': String(size) };
    let failure: unknown = null;
    source.once('error', (error) => {
      failure = error;
    });
    try {
      const { statusCode, body } = await send(url, {
        dispatcher: this.#agent,
        method: 'PUT',
        headers: { 'content-type': type, ...length },
        body: size === 0 ? '' : source,
      });
      const answer = await body.text();
      if (statusCode >= 300) throw Problem.fromDocument(JSON.parse(answer));
      return { message: `${name} was stored on ${node.address}.` };
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw failure ?? new Problem('node_away', { node: node.address }, error);
    } finally {
      source.destroy();
    }
  }
}

/** The bytes of `part`; it ends only after the rest of the form was read to its end. */
function certain(part: MultipartFile, rest: AsyncIterableIterator<Multipart>): Readable {
  async function* read(): AsyncGenerator<Buffer> {
    yield* part.file as AsyncIterable<Buffer>;
    for await (const later of rest) if (later.type === 'file') later.file.resume();
  }
  return Readable.from(read(), { objectMode: false });
}

function isAddress(part: Multipart): part is Multipart & { type: 'field'; value: unknown } {
  return part.type === 'field' && part.fieldname === 'node_address';
}

function nameOf(part: MultipartFile): string {
  if (!part.filename) throw new Problem('bad_name', { name: '', reason: 'name.empty' });
  return part.filename;
}

function typeOf({ mimetype }: MultipartFile): string {
  return /^[\w.+-]{1,100}\/[\w.+-]{1,100}$/.test(mimetype) ? mimetype : 'application/octet-stream';
}

/** What the parser and its streams throw of a body that is not whole or not a form. */
function isBrokenForm(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof Problem) return false;
  const { code = '' } = error as NodeJS.ErrnoException;
  return (
    code === 'FST_MP_PREMATURE_CLOSE' ||
    code === 'ERR_STREAM_PREMATURE_CLOSE' ||
    code === 'ECONNRESET' ||
    /multipart|terminated early|boundary/i.test(error.message)
  );
}
