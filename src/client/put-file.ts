/** Sends files to the upload service of a node: large ones so that they can be resumed, others in one stream. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Problem } from '../problems/problem.ts';
import { baseOf, type HttpClient } from './http.ts';
import type { Target } from './network-view.ts';
import { NodeClient } from './node-client.ts';
import { metered, type RateLimit } from './rate-limit.ts';
import { putResumably } from './resumable-put.ts';
import type { StoredFile } from './schemas/node-routes.ts';
import type { UploadPlaces } from './upload-places.ts';
import type { UploadIdentity, UploadRecords } from './upload-records.ts';

/** Larger reads made serving and sending faster (1 MiB against 64 KiB). */
const READ_BYTES = 1024 * 1024;

/**
 * From this size on a file goes by tus. Its creation, the question where it stands and the answer with the CID cost 11 to 58 ms more
 * than a `PUT` (files of 1 to 64 MiB on loopback, `bench/transfer-put.ts`); a `PUT` of this size that breaks sends up to
 * 1.6 s again at 10 MB/s.
 */
const RESUMABLE_MIN_BYTES = 16 * 1024 * 1024;

/** Where the bytes come from. */
export type PutSource =
  | { readonly type: 'file'; readonly path: string; readonly size: number }
  /** Read once: a pipe cannot be tried again. */
  | { readonly type: 'stream'; readonly stream: AsyncIterable<Uint8Array> };

export interface PutOptions {
  readonly name: string;
  readonly tags: readonly string[];
  readonly limit: RateLimit | null;
  /** Where it is noted how far large files are. */
  readonly records: UploadRecords;
  /** Ends a pause between two tries as `interrupted`. */
  readonly signal: AbortSignal;
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
  const large = source.type === 'file' && source.size >= RESUMABLE_MIN_BYTES ? source : null;
  const file = large === null ? null : await identify(large, options);
  const noted = file === null ? null : await options.records.find(file);
  const course = places.course(noted?.upload ?? null);
  for (;;) {
    const target = await course.next();
    let sent = 0;
    const count = (bytes: number): void => {
      sent += bytes;
      options.onBytes(bytes);
    };
    try {
      if (file === null) return await send(http, target, source, options, count);
      return await putResumably(http, { ...options, file, upload: target.upload, onBytes: count });
    } catch (error) {
      if (!(error instanceof Problem) || source.type === 'stream' || !course.goesOnAfter(error)) throw error;
      options.onBytes(-sent);
    }
  }
}

async function identify(
  { path, size }: { readonly path: string; readonly size: number },
  { name, tags }: PutOptions,
): Promise<UploadIdentity> {
  const { mtimeNs, ino } = await stat(path, { bigint: true });
  return { path, name, tags, size, mtimeNs, inode: ino };
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
