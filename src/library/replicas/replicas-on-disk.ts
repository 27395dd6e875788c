/**
 * Copies in the data directory and their rows in the catalog. The row comes first, as a part, so that whatever a death leaves is known;
 * it is whole once the bytes were read through and synced. Used by one process of a node; the others read rows and bytes.
 */
import { lstat } from 'node:fs/promises';
import type { Logger } from 'pino';
import { FileHasher } from '../../content/file-hasher.ts';
import { type HashedFile, sameStamp } from '../../content/hash-message.ts';
import { pieceCount } from '../../content/profile.ts';
import { Problem } from '../../problems/problem.ts';
import type { Catalog } from '../catalog.ts';
import type { CatalogWriter } from '../catalog-orders.ts';
import { isAbsent, sameBytes } from '../shared-folder.ts';
import { systemProblem } from '../system-problem.ts';
import {
  beginKept,
  dropKept,
  finishKept,
  keptFile,
  keptRow,
  keptRows,
  keptTotals,
  promisedBytes,
  restampKept,
} from './kept-rows.ts';
import type { ReplicaFolder } from './replica-folder.ts';
import { freeBytesAt, type RoomBounds, roomBytes } from './replica-room.ts';
import type {
  Bring,
  Keeping,
  KeptContent,
  ReplicaStore,
  ReplicaTotals,
  Verdict,
  WantedContent,
} from './replica-store.ts';

/** Copies looked at in one go after a start. */
const PAGE = 256;

export interface ReplicaParts {
  readonly folder: ReplicaFolder;
  readonly catalog: Catalog;
  readonly writer: CatalogWriter;
  readonly bounds: RoomBounds;
  readonly log: Logger;
}

export class ReplicasOnDisk implements ReplicaStore {
  readonly #parts: ReplicaParts;
  readonly #hasher = new FileHasher({ workers: 1 });
  /** By CID: what is being brought. */
  readonly #coming = new Map<string, Promise<Keeping>>();

  constructor(parts: ReplicaParts) {
    this.#parts = parts;
  }

  keep(wanted: WantedContent, bring: Bring): Promise<Keeping> {
    const coming = this.#coming.get(wanted.cid);
    if (coming !== undefined) return coming;
    const keeping = this.#keep(wanted, bring)
      .catch((error: unknown) => {
        throw systemProblem(error, wanted.cid);
      })
      .finally(() => this.#coming.delete(wanted.cid));
    this.#coming.set(wanted.cid, keeping);
    return keeping;
  }

  async release(cid: string): Promise<boolean> {
    const { catalog, folder } = this.#parts;
    const dropped = catalog.transact(() => dropKept(catalog, cid));
    if (dropped) await folder.remove(cid);
    return dropped;
  }

  has(cid: string): boolean {
    return keptFile(this.#parts.catalog, cid) !== null;
  }

  async verify(cid: string): Promise<Verdict> {
    const { catalog, log } = this.#parts;
    const file = keptFile(catalog, cid);
    if (file === null) return 'absent';
    const hashed = await this.#read(cid);
    if (hashed?.cid === cid) {
      // Brought back from a backup, say.
      if (!sameBytes(hashed.after, file.stamp))
        catalog.transact(() => restampKept(catalog, cid, hashed.after));
      return 'good';
    }
    if (!this.has(cid)) return 'absent'; // Released meanwhile.
    log.error(
      { cid, name: file.path, readAs: hashed?.cid ?? null },
      'a copy kept for others is damaged: dropped',
    );
    await this.release(cid);
    return 'bad';
  }

  list(afterCid: string, limit: number): KeptContent[] {
    return keptRows(this.#parts.catalog, afterCid, limit);
  }

  totals(): ReplicaTotals {
    return keptTotals(this.#parts.catalog);
  }

  freeBytes(): number {
    const { catalog, folder, bounds } = this.#parts;
    const use = { keptBytes: keptTotals(catalog).bytes, promisedBytes: promisedBytes(catalog) };
    return roomBytes(freeBytesAt(folder.path), use, bounds);
  }

  /** After a death: bytes without a row go, and so does the row of a copy whose bytes are gone. Parts stay, to be gone on with. */
  async recover(): Promise<void> {
    const { catalog, folder } = this.#parts;
    for (const cid of folder.list()) if (keptRow(catalog, cid) === null) await folder.remove(cid);
    let after = '';
    for (let page = this.list(after, PAGE); page.length > 0; page = this.list(after, PAGE)) {
      for (const { cid, isWhole } of page) {
        after = cid;
        if (isWhole && !(await this.#isThere(cid))) await this.release(cid);
      }
    }
  }

  async close(): Promise<void> {
    await this.#hasher.close();
  }

  async #keep(wanted: WantedContent, bring: Bring): Promise<Keeping> {
    const { catalog, folder } = this.#parts;
    const { cid } = wanted;
    if (this.has(cid)) return 'kept';
    if (catalog.filesOf(cid, 1).length > 0) return 'own';
    this.#makeRoom(wanted);
    folder.make(cid);
    // A death may have come between the last byte and the row.
    if (await this.#finish(wanted)) return 'kept';
    await bring(folder.fileOf(cid));
    if (await this.#finish(wanted)) return 'kept';
    throw new Problem('verification_failed', { address: folder.fileOf(cid), what: wanted.name });
  }

  /** @throws Problem `no_space` */
  #makeRoom(wanted: WantedContent): void {
    const { catalog, folder } = this.#parts;
    catalog.transact(() => {
      if (keptRow(catalog, wanted.cid) !== null) return;
      if (this.freeBytes() < wanted.size)
        throw new Problem('no_space', { what: `${wanted.size} bytes`, where: folder.path });
      beginKept(catalog, wanted);
    });
  }

  /** Lists what stands there if it is the content; removes it, and returns false, if it is anything else. */
  async #finish({ cid, size }: WantedContent): Promise<boolean> {
    const { catalog, folder, writer } = this.#parts;
    const hashed = await this.#read(cid);
    if (hashed === null) return false;
    if (hashed.cid !== cid || hashed.size !== size) {
      await folder.remove(cid);
      folder.make(cid);
      return false;
    }
    await folder.sync(cid);
    const { leaves, nodes } = hashed;
    if (pieceCount(size) > 1) await writer.write('stage', { cid, size, leaves, nodes });
    catalog.transact(() => finishKept(catalog, cid, hashed.after));
    // Nothing stays of what was released while it came.
    if (!this.has(cid)) await folder.remove(cid);
    return true;
  }

  /** Null when it is not there, cannot be read, or changed while it was read. */
  async #read(cid: string): Promise<HashedFile | null> {
    const { folder, log } = this.#parts;
    try {
      const hashed = await this.#hasher.hashFile(folder.fileOf(cid));
      return sameStamp(hashed.before, hashed.after) ? hashed : null;
    } catch (error) {
      if (error instanceof Problem) throw error; // Closed.
      if (!isAbsent(error)) log.warn({ cid, err: error }, 'a copy kept for others cannot be read');
      return null;
    }
  }

  async #isThere(cid: string): Promise<boolean> {
    try {
      return (await lstat(this.#parts.folder.fileOf(cid))).isFile();
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }
}
