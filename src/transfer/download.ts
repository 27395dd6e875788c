/**
 * Fetches a file from all its holders at once, verified piece by piece before anything counts; resumes what an earlier run
 * left. Memory is a few pieces, whatever the size.
 */
import type { Writable } from 'node:stream';
import { type Cid, parseCid } from '../content/cid.ts';
import { type FetchBlock, LeafMap } from '../content/leaf-map.ts';
import { verifyBlock } from '../content/verify.ts';
import { Problem } from '../problems/problem.ts';
import { Assembly } from './assembly.ts';
import { Holders } from './holders.ts';
import { type Holder, HttpSource } from './http-source.ts';
import { adoptLocal } from './local-copies.ts';
import { closeOutlet, openOutlet, outletProblem } from './outlet.ts';
import { PartFile } from './part-file.ts';
import { PieceChecker } from './piece-checker.ts';
import type { Found, PieceOutput } from './piece-output.ts';
import type { RateLimit } from './piece-reading.ts';
import { StreamOutput } from './stream-output.ts';
import { Swarm } from './swarm.ts';

const CONNECT_TIMEOUT_MS = 3_000;
/** Without a byte for so long, the next holder is asked. */
const STALL_TIMEOUT_MS = 10_000;
/** The start of a thread takes longer than a few pieces in this one. */
const THREADS_FROM_PIECES = 8;

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
  /** Files of this machine that may be other copies or versions; an older file at the destination is looked at anyway. */
  readonly localPaths?: readonly string[];
  readonly limit?: RateLimit | null;
  readonly signal: AbortSignal;
  /** Told of bytes that are verified and written; those that an earlier run left come first. */
  onBytes?(bytes: number): void;
  /** Told how many holders send, whenever it changes. */
  onSources?(count: number): void;
  /** Told of a holder that sent what it should not; it is not asked again. */
  onBad?(holder: Holder, reason: string): void;
  readonly connectTimeoutMs?: number;
  readonly stallTimeoutMs?: number;
}

export type DownloadOptions = Target & Conditions;

export interface Downloaded {
  readonly bytes: number;
  /** Bytes that an earlier, interrupted run had left. */
  readonly resumedBytes: number;
  /** Bytes that other files of this machine had. */
  readonly localBytes: number;
  readonly ms: number;
}

/**
 * @throws Problem `no_provider`, `verification_failed`, `changed`, `busy`, `no_space`, `unknown_layout`, `bad_cid`;
 * `interrupted` when the signal says so. The pieces that were verified are kept for the next run.
 */
export async function download(file: DownloadFile, options: DownloadOptions): Promise<Downloaded> {
  const root = parseCid(file.cid);
  const timeouts = {
    connectMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    stallMs: options.stallTimeoutMs ?? STALL_TIMEOUT_MS,
  };
  const startedMs = performance.now();
  const sources = file.providers.map((holder) => new HttpSource(holder, timeouts));
  const close = () => {
    for (const source of sources) source.close();
  };
  options.signal.addEventListener('abort', close);
  try {
    options.signal.throwIfAborted();
    const holders = new Holders(sources, file.name, options.signal, ({ holder }, reason) =>
      options.onBad?.(holder, reason),
    );
    const transfer = new Transfer(root, holders, options);
    return { ...(await transfer.to(options)), ms: performance.now() - startedMs };
  } catch (error) {
    if (options.signal.aborted) throw new Problem('interrupted', {}, error);
    throw error;
  } finally {
    options.signal.removeEventListener('abort', close);
    close();
  }
}

const NO_BYTES = new Uint8Array(0);
const NOTHING: Found = { type: 'nothing' };

type Fetched = Omit<Downloaded, 'ms'>;

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
    return this.#assemble(content, new StreamOutput(stream));
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
      const { size, pieces } = content.map;
      const found = await part.prepare(size, pieces);
      const fetched = await this.#assemble(content, part, found, [path]);
      await part.finish(sync);
      return fetched;
    } catch (error) {
      // All that the journal names was verified, whatever came after.
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

  async #assemble(
    { map, only }: Content,
    output: PieceOutput,
    found: Found = NOTHING,
    places: readonly string[] = [],
  ): Promise<Fetched> {
    const checker = new PieceChecker(map.pieces < THREADS_FROM_PIECES ? 0 : undefined);
    const assembly = new Assembly(map, output, checker, (bytes) => this.#options.onBytes?.(bytes));
    try {
      const resumedBytes = await assembly.adopt(found);
      const localPaths = [...places, ...(this.#options.localPaths ?? [])];
      const localBytes = only === null ? await adoptLocal(assembly, localPaths) : 0;
      if (only === null) await this.#fetch(map, assembly, checker);
      else await assembly.acceptBytes(only);
      return { bytes: map.size, resumedBytes, localBytes };
    } finally {
      await assembly.quiet();
      await checker.close();
    }
  }

  #fetch(map: LeafMap, assembly: Assembly, checker: PieceChecker): Promise<void> {
    const { limit, signal } = this.#options;
    const swarm = new Swarm(map, assembly, checker, this.#holders, {
      limit: limit ?? null,
      onSources: (count) => this.#options.onSources?.(count),
    });
    return swarm.run(signal);
  }

  readonly #fetchBlock: FetchBlock = (cid) =>
    this.#holders.ask(async (source) => {
      const outcome = await source.readBlock(cid.text);
      if (outcome.type !== 'done' || verifyBlock(cid, outcome.value)) return outcome;
      return { type: 'bad', reason: `block ${cid.text} does not match` };
    });
}
