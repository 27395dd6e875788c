/**
 * Uploads that may be resumed (tus 1.0): created, filled in as many steps as it takes, brought to their place when all is
 * here, removed when nobody went on. Each is named by an id that only who created it knows. One step at a time for each
 * id: the caller's locks see to that.
 */
import { randomBytes } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import type { FileHasher } from '../content/file-hasher.ts';
import type { FileStamp } from '../content/hash-message.ts';
import type { HashedContent } from '../content/leaf-list.ts';
import { Problem } from '../problems/problem.ts';
import type { Catalog } from './catalog.ts';
import type { Put } from './catalog-changes.ts';
import type { CatalogFile } from './catalog-file.ts';
import type { FreeSpace } from './free-space.ts';
import type { IncomingPlace } from './incoming-place.ts';
import type { UploadBody } from './pouring.ts';
import { ResumableFile } from './resumable-file.ts';
import type { SharedFolder } from './shared-folder.ts';
import type { UploadHead } from './upload-journal.ts';

const ID_BYTES = 16;
const ID = /^[0-9a-f]{32}$/;
/** After the last byte that came: over a weekend a broken upload can still go on. */
export const UPLOAD_EXPIRES_MS = 3 * 86_400_000;
/** Begun and not expired, the finished ones among them: each is two files. */
const UPLOADS_MAX = 4096;

export interface ResumableState {
  readonly id: string;
  readonly head: UploadHead;
  /** Bytes that are here and survive a loss of power. */
  readonly offset: number;
  /** Unix milliseconds: when something came last. */
  readonly changedMs: number;
  /** The file, once it stands in its place. */
  readonly file: CatalogFile | null;
}

export interface ResumableParts {
  readonly folder: SharedFolder;
  readonly catalog: Catalog;
  readonly incoming: IncomingPlace;
  readonly space: FreeSpace;
  readonly hasher: FileHasher;
  /** @throws Problem when no file could stand there */
  requirePlace(path: string): Promise<void>;
  /** Brings the bytes at `incoming` to their place; when that fails they stay. @throws Problem; the system's error */
  place(incoming: string, head: UploadHead, content: HashedContent, stamp: FileStamp): Promise<Put>;
  /** Gives what the system refuses a code. */
  act<Result>(what: string, work: () => Promise<Result>): Promise<Result>;
}

export class ResumableUploads {
  readonly #parts: ResumableParts;
  readonly #inUse = new Set<string>();

  constructor(parts: ResumableParts) {
    this.#parts = parts;
  }

  static newId(): string {
    return randomBytes(ID_BYTES).toString('hex');
  }

  /** Durable when it resolves. @throws Problem `bad_name`, `no_space`, `busy`, `suspended`, `cannot_write` */
  create(id: string, head: UploadHead): Promise<void> {
    return this.#parts.act(head.path, async () => {
      const { space, incoming, requirePlace } = this.#parts;
      await requirePlace(head.path);
      if (new Set((await incoming.resumables()).map(idOf)).size >= UPLOADS_MAX)
        throw new Problem('busy', { seconds: 60 });
      (await space.take(head.size)).release(); // Taken again for each step: one that nobody goes on with holds none.
      await ResumableFile.create(this.#file(id), head);
    });
  }

  /** @throws Problem `not_found`, `suspended` */
  state(id: string): Promise<ResumableState> {
    return this.#with(id, (upload) => this.#stateOf(id, upload));
  }

  /** The same without a lock, while somebody else may be filling it: bytes that are on their way to the disk do not count. */
  peek(id: string): Promise<ResumableState> {
    return this.#parts.act('the.upload', async () => {
      if (!ID.test(id)) throw new Problem('not_found', { what: id });
      await this.#parts.folder.requirePresent();
      const peeked = await ResumableFile.peek(this.#file(id));
      if (peeked === null) throw new Problem('not_found', { what: id });
      const { head, offset, cid, changedMs } = peeked;
      return { id, head, offset, changedMs, file: this.#fileOf(head, cid) };
    });
  }

  /** Takes what follows. @throws Problem as `ResumableFile.take` does, `not_found`, `suspended` */
  append(id: string, body: UploadBody): Promise<ResumableState> {
    return this.#with(id, async (upload) => {
      await upload.take(body, this.#parts);
      return this.#stateOf(id, upload);
    });
  }

  /**
   * Brings the bytes to their place, all of which are here; the same again when that was done.
   * @throws Problem `incomplete_body`, `upload_gone`, and what placing throws: the bytes stay and it may be tried again
   */
  finish(id: string): Promise<Put> {
    return this.#with(id, async (upload) => {
      const { head, offset } = upload;
      if (offset < head.size) throw new Problem('incomplete_body');
      if (await this.#isPlaced(upload)) {
        const file = this.#placed(upload);
        if (file === null) throw new Problem('upload_gone');
        return { event: 'same', file };
      }
      const { content, stamp } = await upload.complete();
      return this.#parts.place(this.#place(id), head, content, stamp);
    });
  }

  /** What is left of it goes; a file that stands in its place stays there. @throws Problem `not_found` */
  remove(id: string): Promise<void> {
    return this.#with(id, () => this.#drop(id));
  }

  /** Removes those that nothing came of for `UPLOAD_EXPIRES_MS`; returns how many. */
  async removeExpired(nowMs: number): Promise<number> {
    const { folder, incoming } = this.#parts;
    if ((await folder.absence()) !== null) return 0;
    const newest = new Map<string, number>();
    for (const name of await incoming.resumables()) {
      const { mtimeMs } = await stat(folder.own(incoming.resumable(name))).catch(() => ({ mtimeMs: nowMs }));
      newest.set(idOf(name), Math.max(newest.get(idOf(name)) ?? 0, mtimeMs));
    }
    const expired = [...newest].filter(
      ([id, mtimeMs]) => mtimeMs + UPLOAD_EXPIRES_MS < nowMs && !this.#inUse.has(id) && !this.#isListed(id),
    );
    for (const [id] of expired) await this.#drop(id);
    return expired.length;
  }

  async #with<Result>(id: string, work: (upload: ResumableFile) => Promise<Result>): Promise<Result> {
    if (!ID.test(id)) throw new Problem('not_found', { what: id });
    this.#inUse.add(id);
    let upload: ResumableFile | null = null;
    try {
      return await this.#parts.act('the.upload', async () => {
        await this.#parts.folder.requirePresent();
        upload = await ResumableFile.open(this.#file(id));
        if (upload === null) throw new Problem('not_found', { what: id });
        return await work(upload);
      });
    } finally {
      await (upload as ResumableFile | null)?.close();
      this.#inUse.delete(id);
    }
  }

  async #stateOf(id: string, upload: ResumableFile): Promise<ResumableState> {
    const { head, offset } = upload;
    const file = (await this.#isPlaced(upload)) ? this.#placed(upload) : null;
    return { id, head, offset, changedMs: await upload.changedMs(), file };
  }

  /** Only a placing, or its recovery, takes bytes away that are whole. */
  async #isPlaced(upload: ResumableFile): Promise<boolean> {
    return upload.cid !== null && !(await upload.hasBytes());
  }

  #placed({ head, cid }: ResumableFile): CatalogFile | null {
    return this.#fileOf(head, cid);
  }

  #fileOf(head: UploadHead, cid: string | null): CatalogFile | null {
    const file = this.#parts.catalog.file(head.path);
    return file !== null && file.cid === cid ? file : null;
  }

  /** A row says that its bytes stand there: recovery brings them to their place. */
  #isListed(id: string): boolean {
    const row = this.#parts.catalog.statement('SELECT 1 FROM files WHERE incoming = ?').get(this.#place(id));
    return row !== undefined;
  }

  async #drop(id: string): Promise<void> {
    const { folder, incoming } = this.#parts;
    const names = (await incoming.resumables()).filter((name) => idOf(name) === id);
    // The bytes first: a journal without them is an upload at its beginning.
    for (const name of names.sort()) await rm(folder.own(incoming.resumable(name)), { force: true });
  }

  #place(id: string): string {
    return this.#parts.incoming.resumable(id);
  }

  #file(id: string): string {
    return this.#parts.folder.own(this.#place(id));
  }
}

function idOf(name: string): string {
  return name.split('.', 1)[0] ?? '';
}
