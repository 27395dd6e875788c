/**
 * The library's resumable uploads as `@tus/server` sees a store, for one request: the package keeps the protocol's rules, the
 * library the bytes. The body does not go through the package's web streams, which read at a fraction of the speed.
 */
import { DataStore, Upload } from '@tus/server';
import { checkName } from '../../library/name.ts';
import {
  type ResumableState,
  type ResumableUploads,
  UPLOAD_EXPIRES_MS,
} from '../../library/resumable-uploads.ts';
import type { UploadHead } from '../../library/upload-journal.ts';
import { Problem } from '../../problems/problem.ts';
import { readTags, readType } from './put-file.ts';

type Metadata = UploadHead['metadata'];

export interface TusStoreParts {
  readonly uploads: ResumableUploads;
  /** Has the request's body appended to the upload. */
  receive(id: string): Promise<ResumableState>;
  /** Brings an upload that is whole to its place. */
  finish(id: string): Promise<unknown>;
}

export class TusStore extends DataStore {
  override readonly extensions = [
    'creation',
    'creation-with-upload',
    'termination',
    'checksum',
    'expiration',
  ];
  readonly #parts: TusStoreParts;

  constructor(parts: TusStoreParts) {
    super();
    this.#parts = parts;
  }

  override async create(upload: Upload): Promise<Upload> {
    await this.#parts.uploads.create(upload.id, headOf(upload));
    if (upload.size === 0) await this.#parts.finish(upload.id);
    return upload;
  }

  /** Finished before the package lets the next request in. */
  override async write(_empty: unknown, id: string): Promise<number> {
    const { head, offset, file } = await this.#parts.receive(id);
    if (offset === head.size && file === null) await this.#parts.finish(id);
    return offset;
  }

  /** One whose last step was cut off after its last byte is finished now: what is all here counts as stored by its sender. */
  override async getUpload(id: string): Promise<Upload> {
    const { head, offset, changedMs, file } = await this.#parts.uploads.state(id);
    if (offset === head.size && file === null) await this.#parts.finish(id);
    return new Upload({
      id,
      size: head.size,
      offset,
      metadata: { ...head.metadata },
      // The package counts the time to the expiry from the creation; here it is counted from the last byte.
      creation_date: new Date(changedMs).toISOString(),
    });
  }

  override remove(id: string): Promise<void> {
    return this.#parts.uploads.remove(id);
  }

  override getExpiration(): number {
    return UPLOAD_EXPIRES_MS;
  }
}

/** `name` or, as other clients say, `filename`; `type` or `filetype`; `tags` with commas between. @throws Problem `bad_name`, `bad_request` */
function headOf({ size, metadata = {} }: Upload): UploadHead {
  const name = textOf(metadata, 'name') ?? textOf(metadata, 'filename');
  if (name === undefined || size === undefined)
    throw new Problem('bad_request', { reason: 'Upload-Metadata has no name' });
  const type = readType(textOf(metadata, 'type') ?? textOf(metadata, 'filetype'));
  const tags = readTags(textOf(metadata, 'tags'));
  return { path: checkName(name), size, tags, metadata, ...(type === '' ? {} : { type }) };
}

function textOf(metadata: Metadata, key: string): string | undefined {
  return Object.hasOwn(metadata, key) ? (metadata[key] ?? undefined) : undefined;
}
