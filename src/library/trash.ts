/**
 * What was withdrawn and can still come back: the bytes under `.anillo/trash`, the rest in the catalog. Withdrawing
 * commits first and moves then; until it is moved a file counts as withdrawn, wherever it stands.
 */
import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileStamp } from '../content/hash-message.ts';
import { syncFolder } from '../storage/durable-file.ts';
import type { Catalog } from './catalog.ts';
import { type CatalogFile, type CatalogRow, modifiedMsOf } from './catalog-file.ts';
import type { CatalogWriter } from './catalog-orders.ts';
import { isAbsent, lstatOrNull, type SharedFolder, sameBytes, stampOf } from './shared-folder.ts';

export interface TrashEntry {
  readonly id: string;
  readonly path: string;
  readonly cid: string;
  /** Bytes. */
  readonly size: number;
  readonly modifiedMs: number;
  readonly deletedMs: number;
  readonly type: string;
  readonly tags: readonly string[];
  readonly copies: number;
  /** As the folder spelt the path. */
  readonly disk: string;
  readonly stamp: FileStamp;
}

const ENTRIES_BATCH = 100;

export class Trash {
  readonly #folder: SharedFolder;
  readonly #catalog: Catalog;
  readonly #writer: CatalogWriter;

  constructor(folder: SharedFolder, catalog: Catalog, writer: CatalogWriter) {
    this.#folder = folder;
    this.#catalog = catalog;
    this.#writer = writer;
  }

  /** Newest first. */
  list(limit: number): TrashEntry[] {
    return this.#entries('SELECT * FROM trash ORDER BY deleted_ms DESC, rowid DESC LIMIT ?', limit);
  }

  entry(id: string): TrashEntry | null {
    return this.#entries('SELECT * FROM trash WHERE id = ?', id)[0] ?? null;
  }

  /** Takes a file out of the catalog and the folder. @throws Problem `busy` while an upload is replacing it */
  async discard(file: CatalogFile): Promise<void> {
    const id = randomUUID();
    const removed = await this.#writer.write('discard', file.path, id);
    if (removed !== null) await this.#move(id, removed.disk, removed.stamp);
  }

  /** Finishes what a dead process began. */
  async recover(): Promise<void> {
    for (const entry of this.#entries('SELECT * FROM trash WHERE moved = 0')) {
      await this.#move(entry.id, entry.disk, entry.stamp);
    }
  }

  /** Removes for good what was withdrawn before `beforeMs`, everything by default. Returns how many. */
  async empty(beforeMs = Number.MAX_SAFE_INTEGER): Promise<number> {
    let emptied = 0;
    for (;;) {
      const entries = this.#entries(
        'SELECT * FROM trash WHERE moved = 1 AND deleted_ms < ? LIMIT ?',
        beforeMs,
        ENTRIES_BATCH,
      );
      if (entries.length === 0) return emptied;
      for (const { id } of entries) await rm(this.#fileOf(id), { force: true });
      await this.#writer.write(
        'forgetTrash',
        entries.map(({ id }) => id),
      );
      emptied += entries.length;
    }
  }

  async #move(id: string, disk: string, stamp: FileStamp): Promise<void> {
    const place = this.#folder.at(disk);
    const stat = await lstatOrNull(place);
    if (stat?.isFile() && sameBytes(stampOf(stat), stamp)) {
      await rename(place, this.#fileOf(id)).catch((error: unknown) => {
        if (!isAbsent(error)) throw error; // Somebody else removed it or finished this move.
      });
      await syncFolder(dirname(this.#fileOf(id)));
      await syncFolder(dirname(place)).catch(() => {}); // The folder itself may have gone meanwhile.
    }
    if ((await lstatOrNull(this.#fileOf(id))) === null) await this.#writer.write('forgetTrash', [id]);
    else await this.#writer.write('discarded', id);
  }

  #entries(sql: string, ...parameters: (string | number)[]): TrashEntry[] {
    return (this.#catalog.statement(sql).all(...parameters) as CatalogRow[]).map(entryOfRow);
  }

  #fileOf(id: string): string {
    return this.#folder.own(`trash/${id}`);
  }
}

function entryOfRow(row: CatalogRow): TrashEntry {
  const mtimeNs = row.mtime_ns as bigint;
  const stamp: FileStamp = {
    dev: BigInt.asUintN(64, row.dev as bigint),
    inode: BigInt.asUintN(64, row.inode as bigint),
    size: row.size as bigint,
    mtimeNs,
    ctimeNs: 0n, // Moves with the rename; nothing compares it.
    birthtimeNs: 0n,
  };
  return {
    id: row.id as string,
    path: row.path as string,
    cid: row.cid as string,
    size: Number(stamp.size),
    modifiedMs: modifiedMsOf(stamp),
    deletedMs: Number(row.deleted_ms),
    type: row.type as string,
    tags: JSON.parse(row.tags as string) as string[],
    copies: Number(row.copies),
    disk: row.disk as string,
    stamp,
  };
}
