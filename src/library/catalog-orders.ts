/**
 * What is written into the catalog on behalf of uploads, withdrawals and restores: each order is one change, done whole or
 * not at all. They run in a thread (`catalog-thread.ts`), because a durable commit waits for the disk.
 */
import type { FileStamp } from '../content/hash-message.ts';
import type { HashedContent } from '../content/leaf-list.ts';
import { Problem } from '../problems/problem.ts';
import type { Catalog } from './catalog.ts';
import { CatalogChanges, type NewFile, type Put } from './catalog-changes.ts';
import { stageContent } from './catalog-content.ts';
import { type CatalogFile, toColumn } from './catalog-file.ts';

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
  /** The entry of the trash that it comes from. */
  readonly trashId: string | null;
}

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

  place({ file, version, trashId }: PlaceOrder): Put {
    if (trashId !== null) this.forgetTrash([trashId]);
    if (version !== null) {
      const { id, path, cid, size, modifiedMs } = version;
      this.#catalog
        .statement('INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?)')
        .run(id, path, cid, size, modifiedMs, this.#nowMs());
    }
    return this.#changes.put(file);
  }

  /** The bytes of `incoming` stand in their place. */
  arrive(path: string, incoming: string, stamp: FileStamp): void {
    this.#changes.arrive(path, incoming, stamp);
  }

  /** The bytes of `incoming` will not come to their place. */
  unplace(path: string, incoming: string): void {
    if (this.#catalog.file(path)?.incoming === incoming) this.#changes.remove(path);
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
