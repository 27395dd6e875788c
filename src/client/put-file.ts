/** Streams files to the upload service of a node. */
import { createReadStream } from 'node:fs';
import { Problem } from '../problems/problem.ts';
import { baseOf, type HttpClient } from './http.ts';
import type { Target } from './network-view.ts';
import { NodeClient } from './node-client.ts';
import { metered, type RateLimit } from './rate-limit.ts';
import type { StoredFile } from './schemas/node-routes.ts';
import type { UploadPlaces } from './upload-places.ts';

/** Larger reads made serving and sending faster (1 MiB against 64 KiB). */
const READ_BYTES = 1024 * 1024;

/** Where the bytes come from. */
export type PutSource =
  | { readonly type: 'file'; readonly path: string; readonly size: number }
  /** Read once: a pipe cannot be tried again. */
  | { readonly type: 'stream'; readonly stream: AsyncIterable<Uint8Array> };

export interface PutOptions {
  readonly name: string;
  readonly tags: readonly string[];
  readonly limit: RateLimit | null;
  /** Called with the bytes of each piece sent; negative when a broken try starts over. */
  onBytes(bytes: number): void;
}

/** @throws Problem what a node says (`no_space`, `bad_name`, …), `node_away`, `changed`, `interrupted` */
export async function putFile(
  http: HttpClient,
  places: UploadPlaces,
  source: PutSource,
  options: PutOptions,
): Promise<StoredFile> {
  const course = places.course();
  for (;;) {
    const target = await course.next();
    let sent = 0;
    const count = (bytes: number): void => {
      sent += bytes;
      options.onBytes(bytes);
    };
    try {
      return await send(http, target, source, options, count);
    } catch (error) {
      if (!(error instanceof Problem) || source.type === 'stream' || !course.goesOnAfter(error)) throw error;
      options.onBytes(-sent);
    }
  }
}

function send(
  http: HttpClient,
  target: Target,
  source: PutSource,
  { name, tags, limit }: PutOptions,
  count: (bytes: number) => void,
): Promise<StoredFile> {
  const bytes = source.type === 'file' ? read(source.path, source.size) : source.stream;
  const size = source.type === 'file' ? source.size : null;
  const node = new NodeClient(http, baseOf(target.upload));
  return node.put({ name, tags, size, source: metered(bytes, limit, count) });
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
