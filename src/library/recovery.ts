/**
 * After a death at any moment of an upload: bytes whose row was committed come to their place, a row without bytes goes,
 * and no temporary file remains. Each is looked at on its own: one that cannot be finished now is kept, and tried again the
 * next time. Run by the processes that bring files in: before they do, and when a disk returned.
 */
import { rm } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Catalog } from './catalog.ts';
import { type CatalogFile, type CatalogRow, FILE_COLUMNS, fileOfRow } from './catalog-file.ts';
import type { CatalogWriter } from './catalog-orders.ts';
import type { IncomingPlace } from './incoming-place.ts';
import type { Placement } from './placement.ts';
import { lstatOrNull, type OwnPlace, type SharedFolder, sameBytes, stampOf } from './shared-folder.ts';

export interface Recovered {
  /** Committed uploads whose rename was done now. */
  readonly finished: number;
  /** Rows whose bytes were lost before they were acknowledged. */
  readonly undone: number;
  /** Committed uploads that find no place now; their bytes stay where they are. */
  readonly kept: number;
  /** Bytes without a row. */
  readonly removed: number;
}

type Outcome = 'finished' | 'undone';

export interface RecoveryParts {
  readonly folder: SharedFolder;
  readonly catalog: Catalog;
  readonly writer: CatalogWriter;
  readonly placement: Placement;
  readonly incoming: IncomingPlace;
  /** What this process is bringing in right now, relative to `.anillo`. */
  readonly underWay: ReadonlySet<string>;
  readonly log: Logger;
}

interface CutOff {
  readonly file: CatalogFile;
  readonly incoming: string;
}

export class Recovery {
  readonly #parts: RecoveryParts;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  async uploads(): Promise<Recovered> {
    const { folder, incoming, underWay } = this.#parts;
    const counts = { finished: 0, undone: 0 };
    const kept = await this.#each('incoming', 'its bytes are kept', async (cutOff) => {
      counts[await this.#finish(cutOff)] += 1;
    });
    const waiting = new Set(this.#cutOff('incoming').map((cutOff) => cutOff.incoming));
    const unknown = (await incoming.list()).filter((place) => !waiting.has(place) && !underWay.has(place));
    for (const place of unknown) await rm(folder.own(place), { recursive: true, force: true });
    return { ...counts, kept, removed: unknown.length };
  }

  /** Restores from the trash that were interrupted; one that cannot be finished stays in the trash. */
  async restores(): Promise<void> {
    await this.#each('trash', 'it stays in the trash', async (cutOff) => {
      try {
        await this.#finish(cutOff);
      } catch (error) {
        await this.#parts.writer.write('unplace', cutOff.file.path, cutOff.incoming, null);
        throw error;
      }
    });
  }

  /** One that fails leaves the others as they are. Returns how many failed. */
  async #each(from: OwnPlace, fate: string, work: (cutOff: CutOff) => Promise<void>): Promise<number> {
    let failed = 0;
    for (const cutOff of this.#cutOff(from)) {
      try {
        await work(cutOff);
      } catch (error) {
        failed += 1;
        const { path } = cutOff.file;
        this.#parts.log.warn({ file: path, err: error }, `a file that was cut off finds no place; ${fate}`);
      }
    }
    return failed;
  }

  async #finish({ file, incoming }: CutOff): Promise<Outcome> {
    const { folder, placement, writer } = this.#parts;
    if (await this.#stands(folder.own(incoming), file)) {
      await placement.resume(file, incoming);
      return 'finished';
    }
    if (await this.#stands(folder.at(file.disk), file)) {
      await placement.arrived(file.path, file.disk, incoming);
      return 'finished';
    }
    await writer.write('unplace', file.path, incoming, null);
    return 'undone';
  }

  async #stands(path: string, file: CatalogFile): Promise<boolean> {
    const stat = await lstatOrNull(path);
    return stat?.isFile() === true && sameBytes(stampOf(stat), file.stamp);
  }

  #cutOff(from: OwnPlace): CutOff[] {
    const { catalog, underWay } = this.#parts;
    const rows = catalog
      .statement(`SELECT ${FILE_COLUMNS} FROM files WHERE incoming IS NOT NULL`)
      .all() as CatalogRow[];
    return rows.map(fileOfRow).flatMap((file) => {
      const { incoming } = file;
      return incoming?.startsWith(`${from}/`) && !underWay.has(incoming) ? [{ file, incoming }] : [];
    });
  }
}
