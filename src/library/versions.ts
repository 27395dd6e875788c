/**
 * The bytes that an upload replaced, kept in `.anillo/versions` for a while: 5 under each path and 30 days, by default.
 * A version is called as the upload that replaced it.
 */
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileStamp } from '../content/hash-message.ts';
import { syncFolder } from '../storage/durable-file.ts';
import type { Catalog } from './catalog.ts';
import type { CatalogWriter } from './catalog-orders.ts';
import { linkOrMove, nameAnew } from './link-or-move.ts';
import { lstatOrNull, type SharedFolder, sameBytes, stampOf } from './shared-folder.ts';

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

  /** Before the rename: keeps the bytes at `place` as the version `id`, which was noted, if they are not kept yet. */
  async keep(id: string, place: string): Promise<void> {
    const kept = this.#fileOf(id);
    if ((await lstatOrNull(kept)) !== null) return;
    if ((await lstatOrNull(place)) === null) return;
    await linkOrMove(place, kept);
    await syncFolder(dirname(kept));
  }

  /** Whether `id` can be the version of the bytes with `stamp`: other bytes may be kept as `id` already. */
  async isFree(id: string, stamp: FileStamp): Promise<boolean> {
    const kept = await lstatOrNull(this.#fileOf(id));
    return kept === null || sameBytes(stampOf(kept), stamp);
  }

  /** After a rename that failed: what was kept as `id` is at `place` alone, as before. */
  async giveBack(id: string, place: string): Promise<void> {
    const kept = await lstatOrNull(this.#fileOf(id));
    if (kept !== null) {
      const there = await lstatOrNull(place);
      if (there !== null && there.ino !== kept.ino) return; // Others came meanwhile: what is kept is a version of theirs.
      if (there === null) await nameAnew(this.#fileOf(id), place);
      await rm(this.#fileOf(id), { force: true });
    }
    if (this.#isNoted(id)) await this.#writer.write('forgetVersions', [id]);
  }

  /**
   * Removes what exceeds the bounds: under one path, or, without one, whatever is too old. What cannot be removed stays
   * listed until the next time.
   */
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
      const ids = [...new Set([...old, ...surplus])];
      const removals = await Promise.allSettled(ids.map((id) => rm(this.#fileOf(id), { force: true })));
      const removed = ids.filter((_, index) => removals[index]?.status === 'fulfilled');
      if (removed.length > 0) await this.#writer.write('forgetVersions', removed);
      if (ids.length === 0 || removed.length < ids.length) return;
    }
  }

  #isNoted(id: string): boolean {
    return this.#catalog.statement('SELECT 1 FROM versions WHERE id = ?').get(id) !== undefined;
  }

  #fileOf(id: string): string {
    return this.#folder.own(`versions/${id}`);
  }
}
