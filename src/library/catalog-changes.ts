/**
 * The changes of the catalog. Each method runs inside the caller's transaction and writes a file's row together with
 * what the ring must learn of it, so that neither is ever there without the other.
 */
import type { FileStamp } from '../content/hash-message.ts';
import type { Catalog, Pending } from './catalog.ts';
import { type CatalogDirectory, DIRECTORY_TYPE, directoryAt } from './catalog-directory.ts';
import { type CatalogFile, type FileSnapshot, modifiedMsOf, toColumn, type Why } from './catalog-file.ts';
import { mediaTypeOf } from './media-type.ts';

/** A file about to be catalogued; what is absent comes from the row it replaces, else from the defaults. */
export interface NewFile {
  readonly path: string;
  readonly disk: string;
  readonly cid: string;
  readonly stamp: FileStamp;
  readonly type?: string;
  readonly tags?: readonly string[];
  readonly copies?: number;
  /** What it replaced before, when nothing is replaced now. */
  readonly previous?: string | null;
  readonly why: Why;
  readonly incoming: string | null;
}

export interface Put {
  /** `same`: nothing that the ring knows of has changed. */
  readonly event: 'added' | 'changed' | 'same';
  readonly file: CatalogFile;
}

/** Copies wanted of a file for which nobody said a number. */
export const COPIES_DEFAULT = 1;

export class CatalogChanges {
  readonly #catalog: Catalog;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** Adds a file or replaces the one under its path; a replaced content is followed by `previous`. */
  put(file: NewFile): Put {
    const old = this.#catalog.file(file.path);
    const replaced = old !== null && old.cid !== file.cid ? old : null;
    const written: CatalogFile = {
      path: file.path,
      disk: file.disk,
      cid: file.cid,
      size: Number(file.stamp.size),
      modifiedMs: modifiedMsOf(file.stamp),
      type: file.type ?? old?.type ?? mediaTypeOf(file.path),
      tags: file.tags ?? old?.tags ?? [],
      copies: file.copies ?? old?.copies ?? COPIES_DEFAULT,
      previous: replaced?.cid ?? old?.previous ?? file.previous ?? null,
      why: file.why,
      stamp: file.stamp,
      incoming: file.incoming,
    };
    this.#write(written);
    if (old !== null && replaced === null && isPublishedAlike(old, written))
      return { event: 'same', file: written };
    // Withdrawn first: of one path's records on the ring the newest counts.
    if (replaced !== null) this.#enqueue('withdraw', replaced);
    this.#enqueue('publish', written);
    return { event: old === null ? 'added' : 'changed', file: written };
  }

  /** Carries a file with its versions over to another path: the bytes are known to be the same. */
  move(old: CatalogFile, to: { path: string; disk: string; stamp: FileStamp }): Put {
    const { cid, tags, copies, previous, why } = old;
    const type = old.type === mediaTypeOf(old.path) ? mediaTypeOf(to.path) : old.type;
    const put = this.put({ ...to, cid, type, tags, copies, previous, why, incoming: null });
    this.#catalog.statement('UPDATE versions SET path = ? WHERE path = ?').run(to.path, old.path);
    this.remove(old.path);
    return put;
  }

  /** Takes a file out and withdraws its publication. Null when it was not there. */
  remove(path: string): CatalogFile | null {
    const file = this.#catalog.file(path);
    if (file === null) return null;
    this.#catalog.statement('DELETE FROM files WHERE path = ?').run(path);
    this.#enqueue('withdraw', file);
    this.#removeEmptied(path);
    return file;
  }

  /** Adds a directory whose blocks are staged, or replaces the one under its path. */
  putDirectory(directory: Omit<CatalogDirectory, 'previous' | 'type'>): CatalogDirectory {
    const { path, cid, size, files, modifiedMs, tags, copies } = directory;
    const old = directoryAt(this.#catalog, path);
    const replaced = old !== null && old.cid !== cid ? old : null;
    const previous = replaced?.cid ?? old?.previous ?? null;
    const written = { ...directory, type: DIRECTORY_TYPE, previous };
    if (old !== null && replaced === null && isPublishedAlike(old, written)) return old;
    this.#catalog
      .statement('INSERT OR REPLACE INTO directories VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
      .run(path, cid, size, files, modifiedMs, JSON.stringify(tags), copies, previous);
    if (replaced !== null) this.#enqueue('withdraw', replaced);
    this.#enqueue('publish', written);
    return written;
  }

  /** Withdraws a directory; the files in it stay. Null when it was not there. */
  removeDirectory(path: string): CatalogDirectory | null {
    const directory = directoryAt(this.#catalog, path);
    if (directory === null) return null;
    this.#catalog.statement('DELETE FROM directories WHERE path = ?').run(path);
    this.#enqueue('withdraw', directory);
    return directory;
  }

  /** A folder whose last file went is not there any more. */
  #removeEmptied(path: string): void {
    const isLeft = this.#catalog.statement('SELECT 1 FROM files WHERE path > ? AND path < ? LIMIT 1');
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end);
      if (directoryAt(this.#catalog, folder) === null) continue;
      // "0" follows "/".
      if (isLeft.get(`${folder}/`, `${folder}0`) === undefined) this.removeDirectory(folder);
    }
  }

  /** Lists and publishes a file again as it was before it was replaced or removed. */
  reinstate(file: CatalogFile): void {
    this.#write(file);
    this.#enqueue('publish', file);
  }

  /** The bytes of `incoming` stand in their place; `stamp` is what they have there. */
  arrive(path: string, incoming: string, stamp: FileStamp): void {
    this.#catalog
      .statement('UPDATE files SET incoming = NULL, ctime_ns = ? WHERE path = ? AND incoming = ?')
      .run(stamp.ctimeNs, path, incoming);
  }

  #write(file: CatalogFile): void {
    const { stamp } = file;
    this.#catalog
      .statement(
        `INSERT INTO files (path, disk, cid, dev, inode, size, mtime_ns, ctime_ns, birth_ns, type, tags, copies, previous, why, incoming)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (path) DO UPDATE SET disk = excluded.disk, cid = excluded.cid, dev = excluded.dev,
           inode = excluded.inode, size = excluded.size, mtime_ns = excluded.mtime_ns, ctime_ns = excluded.ctime_ns, birth_ns = excluded.birth_ns,
           type = excluded.type, tags = excluded.tags, copies = excluded.copies, previous = excluded.previous,
           why = excluded.why, incoming = excluded.incoming`,
      )
      .run(
        file.path,
        file.disk,
        file.cid,
        toColumn(stamp.dev),
        toColumn(stamp.inode),
        stamp.size,
        stamp.mtimeNs,
        stamp.ctimeNs,
        stamp.birthtimeNs,
        file.type,
        JSON.stringify(file.tags),
        file.copies,
        file.previous,
        file.why,
        file.incoming,
      );
  }

  #enqueue(act: Pending['act'], file: FileSnapshot): void {
    this.#catalog
      .statement(
        `INSERT INTO pending (act, path, cid, size, modified_ms, type, tags, copies, previous)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        act,
        file.path,
        file.cid,
        file.size,
        file.modifiedMs,
        file.type,
        JSON.stringify(file.tags),
        file.copies,
        file.previous,
      );
  }
}

function isPublishedAlike(a: FileSnapshot, b: FileSnapshot): boolean {
  return (
    a.copies === b.copies &&
    a.type === b.type &&
    a.tags.length === b.tags.length &&
    a.tags.every((tag, index) => tag === b.tags[index])
  );
}
