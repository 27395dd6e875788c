/** Streams files to a node's upload service. */
import { createReadStream } from 'node:fs';
import { Problem } from '../problems/problem.ts';
import { baseOf, type HttpClient } from './http.ts';
import { REACH_TIMEOUT_MS, REACH_TRIES, type Target } from './network-view.ts';
import { NodeClient } from './node-client.ts';
import { metered, type RateLimit } from './rate-limit.ts';
import type { StoredFile } from './schemas/node-routes.ts';

/** Larger reads made serving and sending faster (1 MiB against 64 KiB). */
const READ_BYTES = 1024 * 1024;
/** A connection that broke half-way is worth one more try; the node kept nothing of the first. */
const TRIES = 2;

/** Where the bytes come from. */
export type PutSource =
  | { readonly type: 'file'; readonly path: string; readonly size: number }
  /** Read once: a pipe cannot be tried again. */
  | { readonly type: 'stream'; readonly stream: AsyncIterable<Uint8Array> };

export interface PutOptions {
  readonly name: string;
  readonly tags: readonly string[];
  /** Copies wanted, this one included. */
  readonly replicas: number;
  readonly limit: RateLimit | null;
  /** Called with the bytes of each piece sent; negative when a broken try starts over. */
  onBytes(bytes: number): void;
}

/** The first target that is there. @throws Problem `node_away` when none is */
export async function firstThere(http: HttpClient, targets: readonly Target[]): Promise<Target> {
  for (const target of targets) {
    if (await new NodeClient(http, baseOf(target.upload)).isThere(REACH_TIMEOUT_MS, REACH_TRIES))
      return target;
  }
  throw new Problem('node_away', { node: targets.map((target) => target.address).join(', ') });
}

/** @throws Problem what the node says (`no_space`, `bad_name`, …), `node_away`, `changed`, `interrupted` */
export async function putFile(
  http: HttpClient,
  target: Target,
  source: PutSource,
  options: PutOptions,
): Promise<StoredFile> {
  const tries = source.type === 'file' ? TRIES : 1;
  for (let attempt = 1; ; attempt += 1) {
    let sent = 0;
    const count = (bytes: number): void => {
      sent += bytes;
      options.onBytes(bytes);
    };
    try {
      return await send(http, target, source, options, count);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'unreachable') throw error;
      if (attempt >= tries) throw error;
      await firstThere(http, [target]);
      options.onBytes(-sent);
    }
  }
}

function send(
  http: HttpClient,
  target: Target,
  source: PutSource,
  { name, tags, replicas, limit }: PutOptions,
  count: (bytes: number) => void,
): Promise<StoredFile> {
  const bytes = source.type === 'file' ? read(source.path, source.size) : source.stream;
  const size = source.type === 'file' ? source.size : null;
  const node = new NodeClient(http, baseOf(target.upload));
  return node.put({ name, tags, replicas, size, source: metered(bytes, limit, count) });
}

/** Exactly the bytes that were announced: a file that grew meanwhile is not sent as something else. */
async function* read(path: string, size: number): AsyncGenerator<Uint8Array> {
  let left = size;
  for await (const piece of createReadStream(path, { highWaterMark: READ_BYTES })) {
    left -= (piece as Uint8Array).length;
    if (left < 0) throw new Problem('changed', { what: path });
    yield piece as Uint8Array;
  }
  if (left > 0) throw new Problem('changed', { what: path });
}
