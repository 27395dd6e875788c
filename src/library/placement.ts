/**
 * Brings bytes that stand under `.anillo` to their place in the folder. The order is the contract's: the row and its
 * publication are committed, then the replaced bytes go to the versions, then the rename; a death in between is
 * finished by `recovery.ts`, because the row says where the bytes stand.
 */
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileStamp } from '../content/hash-message.ts';
import { Problem } from '../problems/problem.ts';
import { syncFolder } from '../storage/durable-file.ts';
import type { Catalog } from './catalog.ts';
import type { CatalogChanges, NewFile, Put } from './catalog-changes.ts';
import { modifiedMsOf } from './catalog-file.ts';
import { lstatOrNull, type SharedFolder, sameBytes, stampOf } from './shared-folder.ts';
import type { Versions } from './versions.ts';

/** What is to be placed: a new file, with `incoming` set, and what is committed in the same transaction. */
export interface Placing {
  readonly file: NewFile & { readonly incoming: string };
  readonly alsoCommit?: () => void;
}

export class Placement {
  readonly #folder: SharedFolder;
  readonly #catalog: Catalog;
  readonly #changes: CatalogChanges;
  readonly #versions: Versions;
  /** The last placing under each path: two at once would leave the bytes of one with the row of the other. */
  readonly #lastOf = new Map<string, Promise<unknown>>();

  constructor(folder: SharedFolder, catalog: Catalog, changes: CatalogChanges, versions: Versions) {
    this.#folder = folder;
    this.#catalog = catalog;
    this.#changes = changes;
    this.#versions = versions;
  }

  /** Whether a file could stand under `path`. @throws Problem `bad_name` */
  async requirePlace(path: string): Promise<void> {
    const disk = this.#catalog.file(path)?.disk ?? path;
    await this.#folder.requireFolders(disk);
    await this.#fileThere(path, disk);
  }

  /** One after the other for each path; the last one committed wins. @throws Problem `bad_name`, `suspended` */
  async place(placing: Placing): Promise<Put> {
    const { path } = placing.file;
    const before = this.#lastOf.get(path) ?? Promise.resolve();
    const placed = before.then(() => this.#place(placing));
    const settled = placed.catch(() => {}); // The next one under this path goes ahead all the same.
    this.#lastOf.set(path, settled);
    try {
      return await placed;
    } finally {
      if (this.#lastOf.get(path) === settled) this.#lastOf.delete(path);
    }
  }

  /** Second half of a placing, also of one that a dead process began: doing it again does no harm. */
  async finish(path: string, disk: string, incoming: string): Promise<void> {
    const place = this.#folder.at(disk);
    await this.#versions.keep(incoming, place);
    await rename(this.#folder.own(incoming), place);
    await syncFolder(dirname(place));
    await this.arrived(path, disk, incoming);
  }

  /** Notes that the bytes stand in their place. */
  async arrived(path: string, disk: string, incoming: string): Promise<void> {
    const stat = await lstatOrNull(this.#folder.at(disk));
    if (stat !== null) this.#changes.arrive(path, incoming, stampOf(stat));
  }

  async #place({ file, alsoCommit }: Placing): Promise<Put> {
    await this.#folder.requirePresent();
    const known = this.#catalog.file(file.path);
    const disk = known?.disk ?? file.disk;
    await this.#folder.makeParents(disk);
    const there = await this.#fileThere(file.path, disk);
    if (
      there !== null &&
      known?.cid === file.cid &&
      known.incoming === null &&
      sameBytes(there, known.stamp)
    ) {
      return this.#keepThere(
        { ...file, disk, stamp: known.stamp, incoming: null },
        file.incoming,
        alsoCommit,
      );
    }
    const put = this.#catalog.transact(() => {
      alsoCommit?.();
      if (there !== null) {
        const cid = known !== null && sameBytes(there, known.stamp) ? known.cid : null;
        const [size, modifiedMs] = [Number(there.size), modifiedMsOf(there)];
        if (cid !== file.cid) this.#versions.note(file.incoming, { path: file.path, cid, size, modifiedMs });
      }
      return this.#changes.put({ ...file, disk });
    });
    await this.#finishOrUndo(file.path, disk, file.incoming);
    await this.#versions.prune(file.path);
    return { ...put, file: this.#catalog.file(file.path) ?? put.file };
  }

  /** The same bytes stand there already: the new ones are dropped, and only what was said of them is written. */
  async #keepThere(file: NewFile, incoming: string, alsoCommit?: () => void): Promise<Put> {
    const put = this.#catalog.transact(() => {
      alsoCommit?.();
      return this.#changes.put(file);
    });
    await rm(this.#folder.own(incoming), { force: true });
    return put;
  }

  async #finishOrUndo(path: string, disk: string, incoming: string): Promise<void> {
    try {
      await this.finish(path, disk, incoming);
    } catch (error) {
      this.#catalog.transact(() => {
        if (this.#catalog.file(path)?.incoming === incoming) this.#changes.remove(path);
      });
      throw error;
    }
  }

  async #fileThere(path: string, disk: string): Promise<FileStamp | null> {
    const stat = await lstatOrNull(this.#folder.at(disk));
    if (stat === null) return null;
    if (stat.isFile()) return stampOf(stat);
    const kind = stat.isDirectory() ? 'a folder' : stat.isSymbolicLink() ? 'a symlink' : 'a special file';
    throw new Problem('bad_name', { name: path, reason: `${kind} of this name is there already` });
  }
}
