/**
 * The client's one way to a portmapper or a node: every call has a deadline, every answer a bound and a schema, and
 * every failure is a Problem.
 */
import { Readable } from 'node:stream';
import type { Static, TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { Agent, type Dispatcher, request } from 'undici';
import { Problem } from '../problems/problem.ts';
import { linesOf } from './lines.ts';

const CALL_TIMEOUT_MS = 15_000;
const CONNECT_TIMEOUT_MS = 3_000;
/** Between two pieces of a body, or from its end to the answer: a slow disk may have to sync. */
const STALL_TIMEOUT_MS = 120_000;
/** A registry of 10,000 nodes is about 8 MiB. */
const ANSWER_MAX_BYTES = 32 * 1024 * 1024;
const SIDE_CONNECTIONS_MAX = 8;

/** Who is asked: it decides what a failure says. */
type Side = 'portmapper' | 'node';

export interface Call {
  readonly side: Side;
  /** `http://host:port`, without a path. */
  readonly base: string;
  readonly path: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD' | 'PATCH';
  /** Entries without a value are left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** For the whole call. Default 15 s. */
  readonly timeoutMs?: number;
}

export interface Upload extends Call {
  readonly source: AsyncIterable<Uint8Array>;
  /** In bytes; null when nobody knows, as with a pipe. */
  readonly size: number | null;
}

/** A call that speaks in headers. */
export interface HeaderCall extends Omit<Call, 'body' | 'timeoutMs'> {
  readonly headers: Readonly<Record<string, string>>;
  /** A body; its length, when it is known, stands in the headers. */
  readonly source?: AsyncIterable<Uint8Array>;
}

interface HeaderAnswer {
  readonly status: number;
  /** Each that came once. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export class HttpClient {
  readonly #agent = new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS },
    connections: SIDE_CONNECTIONS_MAX,
    headersTimeout: STALL_TIMEOUT_MS,
    bodyTimeout: STALL_TIMEOUT_MS,
  });
  readonly #signal: AbortSignal;

  /** @param signal what a person's Ctrl-C aborts: every call under way ends as `interrupted` */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** @throws Problem what the remote said, `unreachable`, `deadline`, `not_anillo`, `too_large`, `interrupted` */
  async call<Schema extends TSchema>(schema: Schema, call: Call): Promise<Static<Schema>> {
    const timeoutMs = call.timeoutMs ?? CALL_TIMEOUT_MS;
    const deadline = AbortSignal.timeout(timeoutMs);
    const headers = call.body === undefined ? {} : { 'content-type': 'application/json' };
    const body = call.body === undefined ? null : JSON.stringify(call.body);
    return this.#exchange((text) => checked(schema, call, text), call, {
      headers,
      body,
      timeoutMs,
      deadline,
    });
  }

  /** An answer of another kind than JSON, as it is. @throws as `call` */
  async text(call: Call): Promise<string> {
    const timeoutMs = call.timeoutMs ?? CALL_TIMEOUT_MS;
    const deadline = AbortSignal.timeout(timeoutMs);
    const headers = { accept: '*/*' };
    return this.#exchange((text) => text, call, { headers, body: null, timeoutMs, deadline });
  }

  /** Streams a body of any length; it may take as long as it moves. @throws as `call`, and `changed` */
  async upload<Schema extends TSchema>(schema: Schema, upload: Upload): Promise<Static<Schema>> {
    const headers: Record<string, string> = { 'content-type': 'application/octet-stream' };
    if (upload.size !== null) headers['content-length'] = String(upload.size);
    // The length that was announced is checked by undici; an empty one may have no body at all.
    const body = upload.size === 0 ? '' : Readable.from(upload.source, { objectMode: false });
    return this.#exchange((text) => checked(schema, upload, text), upload, {
      headers,
      body,
      timeoutMs: STALL_TIMEOUT_MS,
      deadline: null,
    });
  }

  /** It may take as long as a body moves. A failure of `HEAD` has no words: its status is for the caller. @throws as `upload` */
  async exchange(call: HeaderCall): Promise<HeaderAnswer> {
    try {
      const answer = await request(urlOf(call), {
        dispatcher: this.#agent,
        method: call.method ?? 'GET',
        headers: call.headers,
        body: call.source === undefined ? null : Readable.from(call.source, { objectMode: false }),
        signal: this.#signal,
      });
      const text = await readBounded(answer.body, call);
      if (answer.statusCode >= 400 && call.method !== 'HEAD') throw refusal(call, answer.statusCode, text);
      const single = Object.entries(answer.headers).filter(([, value]) => typeof value === 'string');
      return { status: answer.statusCode, headers: Object.fromEntries(single) as HeaderAnswer['headers'] };
    } catch (error) {
      if (this.#signal.aborted) throw new Problem('interrupted', {}, error);
      throw failure(call, STALL_TIMEOUT_MS, null, error);
    }
  }

  /**
   * One JSON value a line (`application/x-ndjson`), each as it comes; `timeoutMs` is the wait for a line.
   * @throws as `call`
   */
  async *lines(call: Call): AsyncGenerator<unknown> {
    const timeoutMs = call.timeoutMs ?? CALL_TIMEOUT_MS;
    const late = new AbortController();
    const wait = (): NodeJS.Timeout => setTimeout(() => late.abort(), timeoutMs);
    let timer = wait();
    try {
      const { statusCode, body } = await request(urlOf(call), {
        dispatcher: this.#agent,
        headers: { accept: 'application/x-ndjson' },
        signal: AbortSignal.any([this.#signal, late.signal]),
      });
      if (statusCode >= 400) throw refusal(call, statusCode, await readBounded(body, call));
      for await (const line of linesOf(body as AsyncIterable<Uint8Array>)) {
        // Whoever reads may take longer than whoever writes.
        clearTimeout(timer);
        yield parse(line);
        timer = wait();
      }
    } catch (error) {
      if (this.#signal.aborted) throw new Problem('interrupted', {}, error);
      throw failure(call, timeoutMs, late.signal, error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Whether anything that speaks HTTP answers there within `timeoutMs`. */
  async reaches(base: string, timeoutMs: number): Promise<boolean> {
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const answer = await request(urlOf({ side: 'node', base, path: '/healthz' }), {
        dispatcher: this.#agent,
        signal,
      });
      await answer.body.dump();
      return true;
    } catch (error) {
      if (this.#signal.aborted) throw new Problem('interrupted', {}, error);
      return false;
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #exchange<Answer>(
    read: (text: string) => Answer,
    call: Call,
    how: {
      readonly headers: Record<string, string>;
      readonly body: string | Readable | null;
      readonly timeoutMs: number;
      readonly deadline: AbortSignal | null;
    },
  ): Promise<Answer> {
    const signal = how.deadline === null ? this.#signal : AbortSignal.any([this.#signal, how.deadline]);
    try {
      const { statusCode, body } = await request(urlOf(call), {
        dispatcher: this.#agent,
        method: call.method ?? 'GET',
        headers: { accept: 'application/json', ...how.headers },
        body: how.body,
        signal,
      });
      const text = await readBounded(body, call);
      if (statusCode >= 400) throw refusal(call, statusCode, text);
      return read(text);
    } catch (error) {
      if (this.#signal.aborted) throw new Problem('interrupted', {}, error);
      throw failure(call, how.timeoutMs, how.deadline, error);
    }
  }
}

/** `http://host:port` of an address as the records hold it. */
export function baseOf(address: string): string {
  return `http://${address}`;
}

/** `host:port` of a base, for messages. */
function addressOf(base: string): string {
  return base.replace(/^https?:\/\//, '');
}

function urlOf({ base, path, query }: Call): URL {
  const url = new URL(base + path);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

async function readBounded(body: Dispatcher.ResponseData['body'], call: Call): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    size += piece.length;
    if (size > ANSWER_MAX_BYTES) {
      body.destroy();
      throw new Problem('too_large', { what: addressOf(call.base) + call.path, limit: '32 MiB' });
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function refusal(call: Call, status: number, text: string): Problem {
  const document = parse(text);
  const problem = Problem.fromDocument(document);
  const understood = typeof document === 'object' && document !== null && 'code' in document;
  if (understood && document.code === problem.code) return problem;
  const address = addressOf(call.base);
  if (!understood) return new Problem('not_anillo', { address, answer: `HTTP ${status}` });
  const detail = 'detail' in document ? `: ${String(document.detail).slice(0, 500)}` : '';
  return new Problem('internal', { reason: `${address} → HTTP ${status}${detail}` });
}

const validators = new WeakMap<TSchema, Validator>();

function checked<Schema extends TSchema>(schema: Schema, call: Call, text: string): Static<Schema> {
  const validator = validators.get(schema) ?? Compile(schema);
  validators.set(schema, validator);
  const value = parse(text);
  if (validator.Check(value)) return value as Static<Schema>;
  const [first] = validator.Errors(value);
  const answer = `${call.path} → ${first?.instancePath || '/'} ${first?.message ?? ''}`;
  throw new Problem('not_anillo', { address: addressOf(call.base), answer });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const DEADLINE_CODES = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

function failure(call: Call, timeoutMs: number, deadline: AbortSignal | null, error: unknown): unknown {
  if (error instanceof Problem) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (deadline?.aborted || DEADLINE_CODES.has(code ?? '')) {
    return new Problem('deadline', { what: addressOf(call.base), timeoutMs }, error);
  }
  if (code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH') {
    return new Problem('changed', { what: String(call.query?.name ?? '') }, error);
  }
  // What the source of an upload threw, such as a file that cannot be read.
  if (isFileError(error)) return error;
  return unreachable(call.side, call.base, error);
}

function isFileError(error: unknown): boolean {
  const { syscall } = error as NodeJS.ErrnoException;
  return syscall === 'open' || (syscall === 'read' && (error as NodeJS.ErrnoException).code === 'EISDIR');
}

function unreachable(side: Side, base: string, cause: unknown): Problem {
  const address = addressOf(base);
  return new Problem('unreachable', { what: `the.${side}`, address, hint: `hint.${side}` }, cause);
}
