/**
 * Sends one large file to one node by tus 1.0: created once, then what is missing, as often as the connection breaks. Where it
 * stands is noted before the first byte, so that a command that was killed goes on as well.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Problem } from '../problems/problem.ts';
import { baseOf, type HttpClient } from './http.ts';
import { metered, type RateLimit } from './rate-limit.ts';
import { type StoredFile, UploadStatus } from './schemas/node-routes.ts';
import type { UploadIdentity, UploadRecord, UploadRecords } from './upload-records.ts';

const UPLOADS = '/api/v1/uploads';
const TUS = { 'tus-resumable': '1.0.0' };
/** Tries in a row that bring nothing on; with the pauses between them some 12 s, in which a node may start anew. */
const FRUITLESS_MAX = 7;
const PAUSE_FIRST_MS = 200;
const PAUSE_MAX_MS = 5_000;
/** Larger reads made serving and sending faster (1 MiB against 64 KiB). */
const READ_BYTES = 1024 * 1024;
/** Worth another try at the same place. */
const BREAKS = new Set(['unreachable', 'deadline', 'busy', 'incomplete_body', 'upload_offset']);
/** After these the same command may go on later. */
const PAUSES = new Set([...BREAKS, 'interrupted', 'node_away', 'suspended']);

export interface ResumablePutOptions {
  readonly file: UploadIdentity;
  /** `host:port` of an upload service. */
  readonly upload: string;
  readonly records: UploadRecords;
  readonly limit: RateLimit | null;
  /** Ends a pause as `interrupted`. */
  readonly signal: AbortSignal;
  /** Called with the bytes that are there more than before; negative when some were lost. */
  onBytes(bytes: number): void;
}

/** @throws Problem what the node says, `unreachable` when it stays away, `changed`, `interrupted` */
export async function putResumably(http: HttpClient, options: ResumablePutOptions): Promise<StoredFile> {
  return new ResumablePut(http, options).run();
}

class ResumablePut {
  readonly #http: HttpClient;
  readonly #options: ResumablePutOptions;
  /** Where the upload stands on the node. */
  #path: string | null = null;
  #furthest = 0;
  #fruitless = 0;
  #counted = 0;

  constructor(http: HttpClient, options: ResumablePutOptions) {
    this.#http = http;
    this.#options = options;
  }

  async run(): Promise<StoredFile> {
    const { records, file, upload } = this.#options;
    const noted = await records.find(file);
    if (noted?.upload === upload) this.#path = noted.path;
    try {
      const stored = await this.#untilStored();
      await records.forget(file);
      return stored;
    } catch (error) {
      if (!(error instanceof Problem && PAUSES.has(error.code))) await this.#giveUp();
      throw error;
    }
  }

  async #untilStored(): Promise<StoredFile> {
    for (;;) {
      try {
        return await this.#goOn();
      } catch (error) {
        this.#fruitless += 1;
        const isWorthMore = error instanceof Problem && BREAKS.has(error.code);
        if (!isWorthMore || this.#fruitless > FRUITLESS_MAX) throw error;
        await this.#pause(error);
      }
    }
  }

  /** All that is missing, in one request. */
  async #goOn(): Promise<StoredFile> {
    this.#path ??= await this.#create();
    let offset = await this.#offset(this.#path);
    if (offset === null) {
      this.#path = await this.#create();
      offset = 0;
    }
    if (offset > this.#furthest) this.#fruitless = 0;
    this.#furthest = Math.max(this.#furthest, offset);
    this.#countTo(offset);
    if (offset < this.#options.file.size) await this.#send(this.#path, offset);
    return this.#stored(this.#path);
  }

  /** Returns where the upload stands on the node. */
  async #create(): Promise<string> {
    const { file, records, upload } = this.#options;
    const metadata = { name: file.name, ...(file.tags.length === 0 ? {} : { tags: file.tags.join(',') }) };
    const { headers } = await this.#http.exchange({
      ...this.#call(UPLOADS),
      method: 'POST',
      headers: { ...TUS, 'upload-length': String(file.size), 'upload-metadata': encoded(metadata) },
    });
    const path = new URL(headers.location ?? '', baseOf(upload)).pathname;
    const record: UploadRecord = { upload, path };
    await records.note(file, record).catch(() => {}); // Without a home of one's own the file is sent all the same.
    return path;
  }

  /** How much is there; null when the node does not know the upload. */
  async #offset(path: string): Promise<number | null> {
    const { status, headers } = await this.#http.exchange({
      ...this.#call(path),
      method: 'HEAD',
      headers: TUS,
    });
    if (status === 404 || status === 410) return null;
    if (status >= 400) throw new Problem('busy', { seconds: 1 });
    return Number(headers['upload-offset']);
  }

  async #send(path: string, offset: number): Promise<void> {
    const { file, limit } = this.#options;
    const count = (bytes: number) => this.#countTo(this.#counted + bytes);
    await this.#http.exchange({
      ...this.#call(path),
      method: 'PATCH',
      headers: {
        ...TUS,
        'content-type': 'application/offset+octet-stream',
        'upload-offset': String(offset),
        'content-length': String(file.size - offset),
      },
      source: metered(read(file, offset), limit, count),
    });
  }

  async #stored(path: string): Promise<StoredFile> {
    const { stored } = await this.#http.call(UploadStatus, this.#call(path));
    if (stored === null) throw new Problem('upload_gone');
    return stored;
  }

  /** The room that it took is given back; nothing depends on it. */
  async #giveUp(): Promise<void> {
    if (this.#path === null) return;
    await this.#options.records.forget(this.#options.file);
    await this.#http.exchange({ ...this.#call(this.#path), method: 'DELETE', headers: TUS }).catch(() => {});
  }

  #call(path: string) {
    return { side: 'node' as const, base: baseOf(this.#options.upload), path };
  }

  #countTo(bytes: number): void {
    this.#options.onBytes(bytes - this.#counted);
    this.#counted = bytes;
  }

  async #pause({ details }: Problem): Promise<void> {
    const saidMs = typeof details.seconds === 'number' ? details.seconds * 1000 : 0;
    const ms = Math.min(Math.max(PAUSE_FIRST_MS * 2 ** (this.#fruitless - 1), saidMs), PAUSE_MAX_MS);
    try {
      await delay(ms, undefined, { signal: this.#options.signal });
    } catch (error) {
      throw new Problem('interrupted', {}, error);
    }
  }
}

/** From `offset` on. The last bytes wait until it is sure that it is still the file that was begun. @throws Problem `changed` */
async function* read(file: UploadIdentity, offset: number): AsyncGenerator<Uint8Array> {
  let left = file.size - offset;
  for await (const chunk of createReadStream(file.path, { start: offset, highWaterMark: READ_BYTES })) {
    left -= (chunk as Uint8Array).length;
    if (left <= 0) await requireSame(file);
    if (left < 0) throw new Problem('changed', { what: file.path });
    yield chunk as Uint8Array;
  }
  if (left > 0) throw new Problem('changed', { what: file.path });
}

async function requireSame({ path, size, mtimeNs, inode }: UploadIdentity): Promise<void> {
  const now = await stat(path, { bigint: true });
  if (now.size !== BigInt(size) || now.mtimeNs !== mtimeNs || now.ino !== inode)
    throw new Problem('changed', { what: path });
}

/** `Upload-Metadata` of tus 1.0. */
function encoded(metadata: Readonly<Record<string, string>>): string {
  return Object.entries(metadata)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(',');
}
