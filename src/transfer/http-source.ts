/**
 * One holder of a file over HTTP: `GET /ipfs/{cid}`, whole or from a byte on (RFC 9110, section 14), and single blocks with
 * `?format=raw` (IPFS trustless gateway). What goes wrong comes back as a value; only what the receiver throws is thrown.
 */
import { type Agent, request } from 'undici';
import { BLOCK_BYTES_MAX } from '../content/profile.ts';

/** Why a holder did not give what it was asked for. */
export type SourceFailure =
  /** 503: it serves as many as it can; it may be asked again after so long. */
  | { readonly type: 'busy'; readonly retryAfterMs: number }
  /** 409: the file is being edited there, for which nobody is to blame. */
  | { readonly type: 'changed' }
  /** It does not have the file, or does not give it. */
  | { readonly type: 'missing' }
  /** It sent what it should not: other lengths, or bytes that do not match. */
  | { readonly type: 'bad'; readonly reason: string }
  /** Not reached, silent for too long, or cut off half-way. */
  | { readonly type: 'away'; readonly reason: string };

export type SourceOutcome<T> = { readonly type: 'done'; readonly value: T } | SourceFailure;

/** Takes the next bytes; a promise means: wait for it. What it throws ends the transfer. */
export type ReceiveChunk = (chunk: Uint8Array) => Promise<void> | undefined;

export interface Holder {
  readonly id: string;
  /** `host:port` of the index endpoint. */
  readonly address: string;
  /** `host:port` of the download endpoint, where it is known. */
  readonly download?: string | null;
}

const RETRY_AFTER_MAX_MS = 5_000;
const RETRY_AFTER_DEFAULT_MS = 1_000;

type Response = Awaited<ReturnType<typeof request>>;

export class HttpSource {
  readonly holder: Holder;
  readonly #agent: Agent;
  readonly #signal: AbortSignal;

  constructor(holder: Holder, agent: Agent, signal: AbortSignal) {
    this.holder = holder;
    this.#agent = agent;
    this.#signal = signal;
  }

  /** The bytes of the file from `start` to `size`, in order, at least one. @throws what `receive` throws; the abort */
  async read(cid: string, start: number, size: number, receive: ReceiveChunk): Promise<SourceOutcome<null>> {
    const range: Record<string, string> = start === 0 ? {} : { range: `bytes=${start}-` };
    return this.#get(`/ipfs/${cid}`, range, async (response) => {
      const lie = wrongExtent(response, start, size);
      if (lie !== null) return await drop(response, { type: 'bad', reason: lie });
      const received = await pump(response, size - start, receive);
      if (received > size - start) return { type: 'bad', reason: 'it sent more than the file has' };
      if (received < size - start) return { type: 'away', reason: 'it stopped half-way' };
      return { type: 'done', value: null };
    });
  }

  /** One block, not yet verified. */
  async readBlock(cid: string): Promise<SourceOutcome<Uint8Array>> {
    return this.#get(`/ipfs/${cid}?format=raw`, {}, async (response) => {
      const length = headerNumber(response, 'content-length');
      if (length !== null && length > BLOCK_BYTES_MAX) {
        return await drop(response, { type: 'bad', reason: 'the block is too long' });
      }
      const chunks: Uint8Array[] = [];
      const received = await pump(response, BLOCK_BYTES_MAX, (chunk) => {
        chunks.push(chunk);
        return undefined;
      });
      if (received > BLOCK_BYTES_MAX) return { type: 'bad', reason: 'the block is too long' };
      if (length !== null && received < length) return { type: 'away', reason: 'it stopped half-way' };
      return { type: 'done', value: Buffer.concat(chunks) };
    });
  }

  async #get<T>(
    path: string,
    headers: Record<string, string>,
    use: (response: Response) => Promise<SourceOutcome<T>>,
  ): Promise<SourceOutcome<T>> {
    try {
      const url = `http://${this.holder.download ?? this.holder.address}${path}`;
      const response = await request(url, {
        dispatcher: this.#agent,
        signal: this.#signal,
        headers: { ...headers, 'accept-encoding': 'identity' },
      });
      const failure = failureOf(response, headers.range !== undefined);
      return failure === null ? await use(response) : await drop(response, failure);
    } catch (error) {
      if (error instanceof ReceiverFailure) throw error.cause;
      this.#signal.throwIfAborted();
      return { type: 'away', reason: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** Keeps what the receiver threw apart from what the network did. */
class ReceiverFailure extends Error {}

/** Hands on the chunks by events: `for await` costs a promise for each 64 KiB. Stops when more than `limit` came. */
function pump(response: Response, limit: number, receive: ReceiveChunk): Promise<number> {
  const { body } = response;
  return new Promise((resolve, reject) => {
    let received = 0;
    const stop = (error: Error) => {
      reject(error);
      body.destroy();
    };
    const fail = (cause: unknown) => stop(new ReceiverFailure('the receiver failed', { cause }));
    body.on('data', (chunk: Uint8Array) => {
      received += chunk.length;
      if (received > limit) {
        resolve(received);
        body.destroy();
        return;
      }
      try {
        const ready = receive(chunk);
        if (ready === undefined) return;
        body.pause();
        ready.then(() => body.resume(), fail);
      } catch (error) {
        fail(error);
      }
    });
    body.on('error', reject);
    body.on('end', () => resolve(received));
    body.on('close', () => reject(new Error('the connection was closed')));
  });
}

function failureOf(response: Response, isPart: boolean): SourceFailure | null {
  const { statusCode } = response;
  if (statusCode === (isPart ? 206 : 200)) return null;
  if (statusCode === 503) return { type: 'busy', retryAfterMs: retryAfterMs(response) };
  if (statusCode === 409) return { type: 'changed' };
  if (statusCode >= 500) return { type: 'away', reason: `it answered ${statusCode}` };
  if (statusCode >= 400) return { type: 'missing' };
  return { type: 'bad', reason: `it answered ${statusCode}` }; // Redirects are not followed: a holder answers itself.
}

/** What is wrong with the extent that the answer declares, or null. A missing length is found out by counting. */
function wrongExtent(response: Response, start: number, size: number): string | null {
  const length = headerNumber(response, 'content-length');
  if (length !== null && length !== size - start)
    return `it offers ${length} bytes instead of ${size - start}`;
  const range = response.headers['content-range'];
  if (start > 0 && range !== `bytes ${start}-${size - 1}/${size}`) return 'it offers another range';
  return null;
}

function retryAfterMs(response: Response): number {
  const seconds = headerNumber(response, 'retry-after');
  return seconds === null ? RETRY_AFTER_DEFAULT_MS : Math.min(seconds * 1000, RETRY_AFTER_MAX_MS);
}

function headerNumber(response: Response, name: string): number | null {
  const value = response.headers[name];
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : null;
}

async function drop(response: Response, failure: SourceFailure): Promise<SourceFailure> {
  response.body.on('error', () => {}); // It is being thrown away; how it ends is of no interest.
  response.body.destroy();
  return failure;
}
