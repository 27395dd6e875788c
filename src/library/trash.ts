/**
 * What was withdrawn and can still come back: the bytes under `.anillo/trash`, the rest in the catalog. Withdrawing
 * commits first and moves then; until it is moved a file counts as withdrawn, wherever it stands. A file that cannot be
 * moved is not withdrawn.
 */
import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileStamp } from '../content/hash-message.ts';
import { syncFolder } from '../storage/durable-file.ts';
import type { Catalog } from './catalog.ts';
import type { CatalogFile, CatalogRow } from './catalog-file.ts';
import type { CatalogWriter } from './catalog-orders.ts';
import { isAbsent, lstatOrNull, type SharedFolder, sameBytes, stampOf } from './shared-folder.ts';
import type { IndexLog } from './skipped-files.ts';
import { type TrashEntry, trashEntryOfRow } from './trash-entry.ts';

export interface TrashPage {
  readonly limit: number;
  /** The last entry of the page before. */
  readonly after?: { readonly deletedMs: number; readonly id: string };
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

  /** Newest first; a page goes on after the entry `after`, which may be gone meanwhile. */
  list({ limit, after }: TrashPage): TrashEntry[] {
    const { deletedMs, id } = after ?? { deletedMs: Number.MAX_SAFE_INTEGER, id: '' };
    return this.#entries(
      'SELECT * FROM trash WHERE (deleted_ms, id) < (?, ?) ORDER BY deleted_ms DESC, id DESC LIMIT ?',
      deletedMs,
      id,
      limit,
    );
  }

  entry(id: string): TrashEntry | null {
    return this.#entries('SELECT * FROM trash WHERE id = ?', id)[0] ?? null;
  }

  /**
   * Takes a file out of the catalog and the folder, or leaves both as they are. Returns its entry's id, null when the file
   * was not catalogued any more.
   * @throws Problem `busy` while an upload is replacing it, `cannot_write`; the system's error
   */
  async discard(file: CatalogFile): Promise<string | null> {
    await this.#folder.requireMovable(file.disk);
    const id = randomUUID();
    const removed = await this.#writer.write('discard', file.path, id);
    if (removed === null) return null;
    try {
      await this.#move(id, removed.disk, removed.stamp);
    } catch (error) {
      await this.putBack(id);
      throw error;
    }
    await this.#settle(id, removed.disk);
    return id;
  }

  /** Lists a file again whose bytes never left their place. Returns whether that was so. */
  async putBack(id: string): Promise<boolean> {
    const entry = this.entry(id);
    if (entry === null) return false;
    const stat = await lstatOrNull(this.#folder.at(entry.disk));
    if (stat === null || !sameBytes(stampOf(stat), entry.stamp)) return false;
    await this.#writer.write('undiscard', id, stampOf(stat));
    return true;
  }

  /** Finishes what a dead process began. What cannot be moved now stays an entry, and is tried again the next time. */
  async recover(log: IndexLog): Promise<void> {
    for (const { id, disk, stamp } of this.#entries('SELECT * FROM trash WHERE moved = 0')) {
      try {
        await this.#move(id, disk, stamp);
        await this.#settle(id, disk);
      } catch (error) {
        log('warn', { file: disk, err: String(error) }, 'a withdrawn file cannot be moved to the trash');
      }
    }
  }

  /**
   * Removes for good what was withdrawn before `beforeMs`, everything by default, but what is being restored. Returns how
   * many. @throws the first of the system's errors, when the rest is gone
   */
  async empty(beforeMs = Number.MAX_SAFE_INTEGER): Promise<number> {
    let emptied = 0;
    const failures: unknown[] = [];
    let last = 0;
    for (;;) {
      const rows = this.#catalog
        .statement(
          `SELECT rowid AS row, id FROM trash WHERE rowid > ? AND moved = 1 AND deleted_ms < ?
           AND NOT EXISTS (SELECT 1 FROM files WHERE incoming = 'trash/' || trash.id) ORDER BY rowid LIMIT ?`,
        )
        .all(last, beforeMs, ENTRIES_BATCH) as CatalogRow[];
      last = Number(rows.at(-1)?.row ?? last);
      if (rows.length === 0) break;
      const gone: string[] = [];
      for (const id of rows.map((row) => row.id as string)) {
        await rm(this.#fileOf(id), { force: true }).then(
          () => gone.push(id),
          (error: unknown) => failures.push(error),
        );
      }
      await this.#writer.write('forgetTrash', gone);
      emptied += gone.length;
    }
    if (failures.length > 0) throw failures[0];
    return emptied;
  }

  /** Nothing has happened when this fails. */
  async #move(id: string, disk: string, stamp: FileStamp): Promise<void> {
    const place = this.#folder.at(disk);
    const stat = await lstatOrNull(place);
    if (!stat?.isFile() || !sameBytes(stampOf(stat), stamp)) return;
    await rename(place, this.#fileOf(id)).catch((error: unknown) => {
      if (!isAbsent(error)) throw error; // Somebody else removed it or finished this move.
    });
  }

  async #settle(id: string, disk: string): Promise<void> {
    await syncFolder(dirname(this.#fileOf(id)));
    await syncFolder(dirname(this.#folder.at(disk))).catch(() => {}); // The folder itself may have gone meanwhile.
    if ((await lstatOrNull(this.#fileOf(id))) === null) await this.#writer.write('forgetTrash', [id]);
    else await this.#writer.write('discarded', id);
  }

  #entries(sql: string, ...parameters: (string | number)[]): TrashEntry[] {
    return (this.#catalog.statement(sql).all(...parameters) as CatalogRow[]).map(trashEntryOfRow);
  }

  #fileOf(id: string): string {
    return this.#folder.own(`trash/${id}`);
  }
}
