/**
 * The bytes that an upload replaced, kept in `.anillo/versions` for a while: 5 under each path and 30 days, by default.
 * A version is called as the upload that replaced it.
 */
import { rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { syncFolder } from '../storage/durable-file.ts';
import type { Catalog } from './catalog.ts';
import type { CatalogWriter } from './catalog-orders.ts';
import { linkOrMove } from './link-or-move.ts';
import { lstatOrNull, type SharedFolder } from './shared-folder.ts';

export interface VersionBounds {
  readonly versionsMax: number;
  readonly versionsMaxAgeMs: number;
}

export interface Version {
  readonly id: string;
  readonly path: string;
  /** Null when the bytes were replaced before they were hashed. */
  readonly cid: string | null;
  readonly size: number;
  readonly modifiedMs: number;
  readonly replacedMs: number;
}

/** Versions removed a transaction. */
const PRUNED_BATCH = 100;

export class Versions {
  readonly #folder: SharedFolder;
  readonly #catalog: Catalog;
  readonly #writer: CatalogWriter;
  readonly #bounds: VersionBounds;

  constructor(folder: SharedFolder, catalog: Catalog, writer: CatalogWriter, bounds: VersionBounds) {
    this.#folder = folder;
    this.#catalog = catalog;
    this.#writer = writer;
    this.#bounds = bounds;
  }

  /** Newest first. */
  list(path: string): Version[] {
    return this.#catalog
      .statement('SELECT * FROM versions WHERE path = ? ORDER BY replaced_ms DESC, rowid DESC')
      .all(path)
      .map((row) => ({
        id: row.id as string,
        path: row.path as string,
        cid: row.cid as string | null,
        size: Number(row.size),
        modifiedMs: Number(row.modified_ms),
        replacedMs: Number(row.replaced_ms),
      }));
  }

  /** Before the rename: keeps the bytes at `place` if they were noted and are not kept yet. */
  async keep(incoming: string, place: string): Promise<void> {
    const id = basename(incoming);
    const noted = this.#catalog.statement('SELECT 1 FROM versions WHERE id = ?').get(id);
    if (noted === undefined) return;
    const kept = this.#fileOf(id);
    if ((await lstatOrNull(kept)) !== null) return;
    if ((await lstatOrNull(place)) === null) return;
    await linkOrMove(place, kept);
    await syncFolder(dirname(kept));
  }

  /** Removes what exceeds the bounds: under one path, or, without one, whatever is too old. */
  async prune(path?: string): Promise<void> {
    const oldestMs = Date.now() - this.#bounds.versionsMaxAgeMs;
    for (;;) {
      const old = this.#catalog
        .statement('SELECT id FROM versions WHERE replaced_ms < ? AND (?2 IS NULL OR path = ?2) LIMIT ?3')
        .all(oldestMs, path ?? null, PRUNED_BATCH)
        .map((row) => row.id as string);
      const surplus =
        path === undefined
          ? []
          : this.list(path)
              .slice(this.#bounds.versionsMax)
              .map(({ id }) => id);
      const ids = new Set([...old, ...surplus]);
      if (ids.size === 0) return;
      for (const id of ids) await rm(this.#fileOf(id), { force: true });
      await this.#writer.write('forgetVersions', [...ids]);
    }
  }

  #fileOf(id: string): string {
    return this.#folder.own(`versions/${id}`);
  }
}
