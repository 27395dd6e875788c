/**
 * SHA-256 of whole files, in a thread: nothing of it follows from a CID of several pieces, so that all bytes have to be read
 * once more. One file at a time: whoever asks for many waits, and whoever serves goes on.
 */
import { startWorker } from '../storage/worker-thread.ts';
import { ThreadPool } from './thread-pool.ts';

export interface DigestRequest {
  /** Of an open file; stays open until the answer. */
  readonly descriptor: number;
  /** Bytes from the start. */
  readonly size: number;
}

export type DigestReply = { readonly digest: Uint8Array } | { readonly failed: string };

export class WholeDigester {
  readonly #pool = new ThreadPool<DigestRequest, DigestReply>(
    () => startWorker(import.meta.url, './whole-digest-worker'),
    1,
  );

  /** @throws what the system said; Problem `interrupted` when closed, `internal` when the thread died */
  async digest(request: DigestRequest): Promise<Uint8Array> {
    const reply = await this.#pool.ask(request);
    if ('failed' in reply) throw new Error(reply.failed);
    return reply.digest;
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}
