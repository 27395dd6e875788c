/**
 * Fetches a file from its holders, one at a time, verified piece by piece before anything counts; resumes what an earlier
 * run left. Memory is a few pieces, whatever the size.
 */
import type { Writable } from 'node:stream';
import { Agent } from 'undici';
import { type Cid, parseCid } from '../content/cid.ts';
import { type FetchBlock, LeafMap } from '../content/leaf-map.ts';
import { PIECE_BYTES } from '../content/profile.ts';
import { verifyBlock } from '../content/verify.ts';
import { Problem } from '../problems/problem.ts';
import { Holders } from './holders.ts';
import { type Holder, HttpSource, type SourceOutcome } from './http-source.ts';
import { closeOutlet, openOutlet, outletProblem } from './outlet.ts';
import { PartFile } from './part-file.ts';
import { BadPiece, type PieceOutput, PieceReceiver } from './piece-receiver.ts';
import { StreamOutput } from './stream-output.ts';

const CONNECT_TIMEOUT_MS = 3_000;
/** Without a byte for so long, the next holder is asked. */
const STALL_TIMEOUT_MS = 10_000;

export interface DownloadFile {
  /** For messages. */
  readonly name: string;
  readonly cid: string;
  readonly providers: readonly Holder[];
}

/** Where the bytes go. */
export type Target =
  /** Absolute path of the file to be. `sync`: safe from a loss of power before it is called done. */
  | { readonly path: string; readonly sync: boolean }
  /** Path of a device or FIFO. */
  | { readonly outlet: string }
  /** Not ended when all is written. */
  | { readonly stream: Writable };

interface Conditions {
  /** Waits until so many more bytes may come. */
  readonly limit?: { take(bytes: number): Promise<void> } | null;
  readonly signal: AbortSignal;
  /** Told of bytes that are verified and written; those that an earlier run left come first. */
  onBytes?(bytes: number): void;
  readonly connectTimeoutMs?: number;
  readonly stallTimeoutMs?: number;
}

export type DownloadOptions = Target & Conditions;

export interface Downloaded {
  readonly bytes: number;
  /** Bytes that an earlier, interrupted run had left. */
  readonly resumedBytes: number;
  readonly ms: number;
}

/**
 * @throws Problem `no_provider`, `verification_failed`, `changed`, `busy`, `no_space`, `unknown_layout`, `bad_cid`;
 * `interrupted` when the signal says so. The pieces that were verified are kept for the next run.
 */
export async function download(file: DownloadFile, options: DownloadOptions): Promise<Downloaded> {
  const root = parseCid(file.cid);
  const agent = new Agent({
    connect: { timeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS },
    headersTimeout: options.stallTimeoutMs ?? STALL_TIMEOUT_MS,
    bodyTimeout: options.stallTimeoutMs ?? STALL_TIMEOUT_MS,
  });
  const startedMs = performance.now();
  try {
    const sources = file.providers.map((holder) => new HttpSource(holder, agent, options.signal));
    const transfer = new Transfer(root, new Holders(sources, file.name, options.signal), options);
    const { bytes, resumedBytes } = await transfer.to(options);
    return { bytes, resumedBytes, ms: performance.now() - startedMs };
  } catch (error) {
    if (options.signal.aborted) throw new Problem('interrupted', {}, error);
    throw error;
  } finally {
    await agent.destroy();
  }
}

const NO_BYTES = new Uint8Array(0);

type Fetched = Pick<Downloaded, 'bytes' | 'resumedBytes'>;

interface Content {
  readonly map: LeafMap;
  /** The bytes of a file of one piece, which come with its root. */
  readonly only: Uint8Array | null;
}

class Transfer {
  readonly #root: Cid;
  readonly #holders: Holders;
  readonly #options: Conditions;

  constructor(root: Cid, holders: Holders, options: Conditions) {
    this.#root = root;
    this.#holders = holders;
    this.#options = options;
  }

  to(target: Target): Promise<Fetched> {
    if ('path' in target) return this.#toFile(target);
    return 'outlet' in target ? this.#toOutlet(target) : this.#toStream(target);
  }

  async #toStream({ stream }: { stream: Writable }): Promise<Fetched> {
    const content = await this.#open();
    await this.#fetch(content, new StreamOutput(stream), 0);
    return { bytes: content.map.size, resumedBytes: 0 };
  }

  async #toOutlet({ outlet }: { outlet: string }): Promise<Fetched> {
    const stream = await openOutlet(outlet, this.#options.signal);
    try {
      return await this.#toStream({ stream });
    } catch (error) {
      throw outletProblem(error, outlet);
    } finally {
      await closeOutlet(stream);
    }
  }

  async #toFile({ path, sync }: { path: string; sync: boolean }): Promise<Fetched> {
    const part = await PartFile.open(path, this.#root.text);
    try {
      const content = await this.#open();
      const { map } = content;
      await part.requireSpace(map.size);
      const pieces = await part.verifiedPieces(map);
      const resumedBytes = Math.min(pieces * PIECE_BYTES, map.size);
      if (resumedBytes > 0) this.#options.onBytes?.(resumedBytes);
      await this.#fetch(content, part, pieces);
      await part.finish(map.size, sync);
      return { bytes: map.size, resumedBytes };
    } catch (error) {
      // All that is in it was verified, whatever came after; what was spoilt since is found out by the next run.
      await part.keep();
      throw error;
    }
  }

  /** A raw root is the whole file: it comes as one block, and says its size by its length. */
  async #open(): Promise<Content> {
    if (this.#root.codec === 'dag-pb') {
      return { map: await LeafMap.open(this.#root, null, this.#fetchBlock), only: null };
    }
    const only = verifyBlock(this.#root, NO_BYTES) ? NO_BYTES : await this.#fetchBlock(this.#root);
    return { map: await LeafMap.open(this.#root, only.length, this.#fetchBlock), only };
  }

  async #fetch({ map, only }: Content, output: PieceOutput, from: number): Promise<void> {
    const receiver = new PieceReceiver(map, output, from, (bytes) => this.#options.onBytes?.(bytes));
    try {
      if (only !== null) await receiver.take(only);
      else await this.#readPieces(map, receiver);
    } finally {
      await receiver.settle();
    }
  }

  async #readPieces(map: LeafMap, receiver: PieceReceiver): Promise<void> {
    const { limit } = this.#options;
    const take = (chunk: Uint8Array) =>
      limit == null ? receiver.take(chunk) : limit.take(chunk.length).then(() => receiver.take(chunk));
    const attempt = async (source: HttpSource): Promise<SourceOutcome<null>> => {
      receiver.dropUnfinished();
      try {
        return await source.read(this.#root.text, receiver.position, map.size, take);
      } catch (error) {
        if (error instanceof BadPiece) return { type: 'bad', reason: error.message };
        throw error;
      }
    };
    while (receiver.pieces < map.pieces) await this.#holders.ask(attempt, () => receiver.pieces);
  }

  readonly #fetchBlock: FetchBlock = (cid) =>
    this.#holders.ask(
      async (source) => {
        const outcome = await source.readBlock(cid.text);
        if (outcome.type !== 'done' || verifyBlock(cid, outcome.value)) return outcome;
        return { type: 'bad', reason: `block ${cid.text} does not match` };
      },
      () => 0,
    );
}
