/**
 * What is written into the catalog on behalf of uploads, withdrawals and restores: each order is one change, done whole or
 * not at all. They run in a thread (`catalog-thread.ts`), because a durable commit waits for the disk.
 */
import type { DirectoryTree } from '../content/directory.ts';
import type { FileStamp } from '../content/hash-message.ts';
import type { HashedContent } from '../content/leaf-list.ts';
import { Problem } from '../problems/problem.ts';
import type { Catalog } from './catalog.ts';
import { CatalogChanges, COPIES_DEFAULT, type NewFile, type Put } from './catalog-changes.ts';
import { stageContent } from './catalog-content.ts';
import {
  type CatalogDirectory,
  directoryAt,
  type FolderContent,
  stageDirectory,
} from './catalog-directory.ts';
import { type CatalogFile, type CatalogRow, toColumn } from './catalog-file.ts';
import { trashEntryOfRow } from './trash-entry.ts';

/** Bytes that an upload replaces; called as the upload. */
export interface ReplacedVersion {
  readonly id: string;
  readonly path: string;
  readonly cid: string | null;
  readonly size: number;
  readonly modifiedMs: number;
}

/** A file that gets its row before it gets its place. */
export interface PlaceOrder {
  readonly file: NewFile;
  readonly version: ReplacedVersion | null;
}

export interface Placed {
  readonly put: Put;
  /** The row that stood under the path before. */
  readonly replaced: CatalogFile | null;
}

/** A directory whose blocks are staged; what is absent is as it was, or usual. */
export interface DirectoryOrder extends Omit<DirectoryTree, 'nodes'> {
  readonly path: string;
  readonly tags?: readonly string[];
  readonly copies?: number;
}

/** Orders that make transactions of their own, before the others of their batch. */
export const STAGING: readonly (keyof CatalogOrders)[] = ['stage', 'stageDirectory'];

/** How `incoming` begins of what comes from the trash. */
const TRASH = 'trash/';

export class CatalogOrders {
  readonly #catalog: Catalog;
  readonly #changes: CatalogChanges;
  readonly #nowMs: () => number;

  constructor(catalog: Catalog, nowMs: () => number) {
    this.#catalog = catalog;
    this.#changes = new CatalogChanges(catalog);
    this.#nowMs = nowMs;
  }

  /** Not inside a transaction: makes its own. */
  stage(content: HashedContent): void {
    stageContent(this.#catalog, content, this.#nowMs());
  }

  /** Not inside a transaction, as `stage`. @throws Problem `not_found`, `changed`, `bad_name` */
  stageDirectory(content: FolderContent): Omit<DirectoryTree, 'nodes'> {
    return stageDirectory(this.#catalog, content, this.#nowMs());
  }

  /** A directory that was staged. @throws Problem `bad_name` where a file has its path */
  placeDirectory({ path, cid, size, files, tags, copies }: DirectoryOrder): CatalogDirectory {
    if (this.#catalog.file(path) !== null)
      throw new Problem('bad_name', { name: path, reason: 'name.not-a-folder', folder: path });
    const old = directoryAt(this.#catalog, path);
    return this.#changes.putDirectory({
      path,
      cid,
      size,
      files,
      modifiedMs: this.#nowMs(),
      tags: tags ?? old?.tags ?? [],
      copies: copies ?? old?.copies ?? COPIES_DEFAULT,
    });
  }

  /** Null when it was not there. */
  removeDirectory(path: string): CatalogDirectory | null {
    return this.#changes.removeDirectory(path);
  }

  place({ file, version }: PlaceOrder): Placed {
    if (version !== null) this.noteVersion(version);
    const replaced = this.#catalog.file(file.path);
    const put = this.#changes.put(file);
    return { put, replaced };
  }

  noteVersion({ id, path, cid, size, modifiedMs }: ReplacedVersion): void {
    this.#catalog
      .statement('INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
      .run(id, path, cid, size, modifiedMs, this.#nowMs());
  }

  /** SHA-256 of a whole content of several pieces. */
  noteDigest(cid: string, sha256: Uint8Array): void {
    this.#catalog.statement('UPDATE contents SET sha256 = ? WHERE cid = ?').run(sha256, cid);
  }

  /** The bytes of `incoming` stand in their place, and no longer in the trash if they come from there. */
  arrive(path: string, incoming: string, stamp: FileStamp): void {
    this.#changes.arrive(path, incoming, stamp);
    if (incoming.startsWith(TRASH)) this.forgetTrash([incoming.slice(TRASH.length)]);
  }

  /** The bytes of `incoming` will not come to their place: what stood there, `replaced`, is listed again. */
  unplace(path: string, incoming: string, replaced: CatalogFile | null): void {
    if (this.#catalog.file(path)?.incoming !== incoming) return;
    this.#changes.remove(path);
    if (replaced !== null) this.#changes.reinstate(replaced);
  }

  /** Null when the file is not there any more. @throws Problem `busy` while an upload is replacing it */
  discard(path: string, trashId: string): CatalogFile | null {
    const file = this.#catalog.file(path);
    if (file === null) return null;
    if (file.incoming !== null) throw new Problem('busy', { seconds: 1 });
    const { dev, inode, size, mtimeNs } = file.stamp;
    this.#catalog
      .statement('INSERT INTO trash VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)')
      .run(
        trashId,
        path,
        file.disk,
        file.cid,
        toColumn(dev),
        toColumn(inode),
        size,
        mtimeNs,
        file.type,
        JSON.stringify(file.tags),
        file.copies,
        this.#nowMs(),
      );
    return this.#changes.remove(path);
  }

  /** The bytes never left their place, where they have `stamp`; unless another file came under the path, they are listed again. */
  undiscard(trashId: string, stamp: FileStamp): void {
    const row = this.#catalog.statement('SELECT * FROM trash WHERE id = ?').get(trashId) as
      | CatalogRow
      | undefined;
    if (row === undefined) return;
    this.forgetTrash([trashId]);
    const { path, disk, cid, type, tags, copies } = trashEntryOfRow(row);
    if (this.#catalog.file(path) !== null) return;
    this.#changes.put({ path, disk, cid, stamp, type, tags, copies, why: 'own', incoming: null });
  }

  /** The bytes are in the trash now. */
  discarded(trashId: string): void {
    this.#catalog.statement('UPDATE trash SET moved = 1 WHERE id = ?').run(trashId);
  }

  forgetTrash(ids: readonly string[]): void {
    for (const id of ids) this.#catalog.statement('DELETE FROM trash WHERE id = ?').run(id);
  }

  forgetVersions(ids: readonly string[]): void {
    for (const id of ids) this.#catalog.statement('DELETE FROM versions WHERE id = ?').run(id);
  }
}

/** How an order is given, wherever it is carried out. Resolves when it is durable. */
export interface CatalogWriter {
  write<Name extends keyof CatalogOrders>(
    name: Name,
    ...parameters: Parameters<CatalogOrders[Name]>
  ): Promise<ReturnType<CatalogOrders[Name]>>;
}

/** Carries orders out in the calling thread, where that may wait for the disk. */
export function writeHere(catalog: Catalog, orders: CatalogOrders): CatalogWriter {
  return {
    async write(name, ...parameters) {
      return catalog.transact(() => perform(orders, name, parameters));
    },
  };
}

/** The one place where an order's name becomes a call; `parameters` are those that the name asks for. */
export function perform<Name extends keyof CatalogOrders>(
  orders: CatalogOrders,
  name: Name,
  parameters: readonly unknown[],
): ReturnType<CatalogOrders[Name]> {
  const order = orders[name] as (...parameters: readonly unknown[]) => ReturnType<CatalogOrders[Name]>;
  return order.apply(orders, parameters as unknown[]);
}
