/**
 * One holder of a file over HTTP: `GET /ipfs/{cid}`, whole or a range (RFC 9110, section 14), and single blocks with
 * `?format=raw` (IPFS trustless gateway). What goes wrong comes back as a value; only what the receiver throws is thrown.
 */
import { BLOCK_BYTES_MAX } from '../content/profile.ts';
import { type Body, type BodySink, HttpConnection, SinkFailure, type Timeouts } from './http-connection.ts';
import { bodyLength, headerNumber, type ResponseHead } from './response-head.ts';

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

export interface Holder {
  readonly id: string;
  /** `host:port` of the index endpoint. */
  readonly address: string;
  /** `host:port` of the download endpoint, where it is known. */
  readonly download?: string | null;
}

/** Bytes of a file of `size` bytes, from `start` to `end` (exclusive). */
export interface Extent {
  readonly start: number;
  readonly end: number;
  readonly size: number;
}

const RETRY_AFTER_MAX_MS = 5_000;
const RETRY_AFTER_DEFAULT_MS = 1_000;
const ENDED = 'the transfer ended';

export class HttpSource {
  readonly holder: Holder;
  readonly #files: HttpConnection;
  /** Nodes of the tree are asked for while the file's bytes come. */
  readonly #blocks: HttpConnection;
  #lastBlock: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(holder: Holder, timeouts: Timeouts) {
    this.holder = holder;
    const address = holder.download ?? holder.address;
    this.#files = new HttpConnection(address, timeouts);
    this.#blocks = new HttpConnection(address, timeouts);
  }

  /** At least one byte, in order; done also when the sink wants no more. @throws what the sink throws */
  async read(cid: string, extent: Extent, sink: BodySink): Promise<SourceOutcome<null>> {
    const { start, end, size } = extent;
    const isPart = start > 0 || end < size;
    const range: Record<string, string> = isPart ? { range: `bytes=${start}-${end - 1}` } : {};
    return get(this.#files, `/ipfs/${cid}`, range, (head) => {
      // Who does not know ranges sends all: of that, the beginning is what was asked for (section 14.2).
      const isWhole = head.status === 200 && start === 0;
      const failure = failureOf(head, isWhole ? 200 : 206);
      if (failure !== null) return failure;
      const lie = wrongExtent(head, isWhole ? { start: 0, end: size, size } : extent);
      if (lie !== null) return { type: 'bad', reason: lie };
      return { length: isWhole ? size : end - start, sink };
    });
  }

  /** One block, not yet verified. Several asked for at once come one after the other. */
  readBlock(cid: string): Promise<SourceOutcome<Uint8Array>> {
    const block = this.#lastBlock.then(() => this.#readBlock(cid));
    this.#lastBlock = block.catch(() => {}); // Told to the one who asked for it.
    return block;
  }

  /** The bytes of a file that are under way end as `away`. */
  stop(reason: string): void {
    this.#files.destroy(new Error(reason));
  }

  /** All that is under way ends as `away`. */
  close(): void {
    this.#closed = true;
    this.stop(ENDED);
    this.#blocks.destroy(new Error(ENDED));
  }

  /** Whether the bytes of a file wait for the receiver. */
  get isWaiting(): boolean {
    return this.#files.isWaiting;
  }

  async #readBlock(cid: string): Promise<SourceOutcome<Uint8Array>> {
    if (this.#closed) return { type: 'away', reason: ENDED };
    let block = Buffer.alloc(0);
    const outcome = await get(this.#blocks, `/ipfs/${cid}?format=raw`, {}, (head) => {
      const failure = failureOf(head, 200);
      if (failure !== null) return failure;
      const length = bodyLength(head);
      if (length === null) return { type: 'bad', reason: 'it does not say how long the block is' };
      if (length > BLOCK_BYTES_MAX) return { type: 'bad', reason: 'the block is too long' };
      block = Buffer.allocUnsafe(length);
      return { length, sink: sinkInto(block) };
    });
    return outcome.type === 'done' ? { type: 'done', value: block } : outcome;
  }
}

async function get(
  connection: HttpConnection,
  path: string,
  headers: Record<string, string>,
  begin: (head: ResponseHead) => Body | SourceFailure,
): Promise<SourceOutcome<null>> {
  let failure: SourceFailure | null = null;
  try {
    await connection.get(path, headers, (head) => {
      const body = begin(head);
      if (!('type' in body)) return body;
      failure = body;
      return null;
    });
  } catch (error) {
    if (error instanceof SinkFailure) throw error.cause;
    return { type: 'away', reason: error instanceof Error ? error.message : String(error) };
  }
  return failure ?? { type: 'done', value: null };
}

function sinkInto(block: Buffer): BodySink {
  let filled = 0;
  return {
    space: () => block.subarray(filled),
    filled: (bytes) => {
      filled += bytes;
      return undefined;
    },
  };
}

function failureOf(head: ResponseHead, wanted: number): SourceFailure | null {
  const { status } = head;
  if (status === wanted) return null;
  if (status === 503) return { type: 'busy', retryAfterMs: retryAfterMs(head) };
  if (status === 409) return { type: 'changed' };
  if (status >= 500) return { type: 'away', reason: `it answered ${status}` };
  if (status >= 400) return { type: 'missing' };
  return { type: 'bad', reason: `it answered ${status}` }; // Redirects are not followed: a holder answers itself.
}

/** What is wrong with the extent that the answer declares, or null. */
function wrongExtent(head: ResponseHead, { start, end, size }: Extent): string | null {
  const length = bodyLength(head);
  if (length === null) return 'it does not say how much it offers';
  if (length !== end - start) return `it offers ${length} bytes instead of ${end - start}`;
  const range = head.headers.get('content-range');
  if (head.status === 206 && range !== `bytes ${start}-${end - 1}/${size}`) return 'it offers another range';
  return null;
}

function retryAfterMs(head: ResponseHead): number {
  const seconds = headerNumber(head, 'retry-after');
  return seconds === null ? RETRY_AFTER_DEFAULT_MS : Math.min(seconds * 1000, RETRY_AFTER_MAX_MS);
}
