/**
 * After a death at any moment of an upload: bytes whose row was committed come to their place, a row without bytes goes,
 * and no temporary file remains. Only the process that receives may run this, before it receives.
 */
import { readdir, rm } from 'node:fs/promises';
import type { Catalog } from './catalog.ts';
import { type CatalogFile, type CatalogRow, FILE_COLUMNS, fileOfRow } from './catalog-file.ts';
import type { CatalogWriter } from './catalog-orders.ts';
import type { Placement } from './placement.ts';
import { lstatOrNull, type OwnPlace, type SharedFolder, sameBytes, stampOf } from './shared-folder.ts';

export interface Recovered {
  /** Committed uploads whose rename was done now. */
  readonly finished: number;
  /** Rows whose bytes were lost before they were acknowledged. */
  readonly undone: number;
  /** Bytes without a row. */
  readonly removed: number;
}

export class Recovery {
  readonly #folder: SharedFolder;
  readonly #catalog: Catalog;
  readonly #writer: CatalogWriter;
  readonly #placement: Placement;

  constructor(folder: SharedFolder, catalog: Catalog, writer: CatalogWriter, placement: Placement) {
    this.#folder = folder;
    this.#catalog = catalog;
    this.#writer = writer;
    this.#placement = placement;
  }

  async uploads(): Promise<Recovered> {
    const { finished, undone } = await this.#placings('incoming');
    let removed = 0;
    for (const name of await readdir(this.#folder.own('incoming'))) {
      await rm(this.#folder.own(`incoming/${name}`), { recursive: true, force: true });
      removed += 1;
    }
    return { finished, undone, removed };
  }

  /** Restores from the trash that were interrupted. */
  async restores(): Promise<void> {
    await this.#placings('trash');
  }

  async #placings(from: OwnPlace): Promise<{ finished: number; undone: number }> {
    let finished = 0;
    let undone = 0;
    for (const { file, incoming } of this.#waiting(from)) {
      if (await this.#stands(this.#folder.own(incoming), file)) {
        await this.#placement.finish(file.path, file.disk, incoming);
        finished += 1;
      } else if (await this.#stands(this.#folder.at(file.disk), file)) {
        await this.#placement.arrived(file.path, file.disk, incoming);
        finished += 1;
      } else {
        await this.#writer.write('unplace', file.path, incoming);
        undone += 1;
      }
    }
    return { finished, undone };
  }

  async #stands(path: string, file: CatalogFile): Promise<boolean> {
    const stat = await lstatOrNull(path);
    return stat?.isFile() === true && sameBytes(stampOf(stat), file.stamp);
  }

  #waiting(from: OwnPlace): { file: CatalogFile; incoming: string }[] {
    const rows = this.#catalog
      .statement(`SELECT ${FILE_COLUMNS} FROM files WHERE incoming IS NOT NULL`)
      .all() as CatalogRow[];
    return rows.map(fileOfRow).flatMap((file) => {
      const { incoming } = file;
      return incoming?.startsWith(`${from}/`) ? [{ file, incoming }] : [];
    });
  }
}
