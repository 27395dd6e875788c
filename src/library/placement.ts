/**
 * Brings bytes that stand under `.anillo` to their place in the folder. The order is the contract's: the row and its
 * publication are committed, then the replaced bytes go to the versions, then the rename; a death in between is
 * finished by `recovery.ts`, because the row says where the bytes stand.
 */
import { rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { FileStamp } from '../content/hash-message.ts';
import { Problem } from '../problems/problem.ts';
import { syncFolder } from '../storage/durable-file.ts';
import type { Catalog } from './catalog.ts';
import type { NewFile, Put } from './catalog-changes.ts';
import { modifiedMsOf } from './catalog-file.ts';
import type { CatalogWriter, ReplacedVersion } from './catalog-orders.ts';
import { lstatOrNull, type SharedFolder, sameBytes, stampOf } from './shared-folder.ts';
import type { Versions } from './versions.ts';

/** What is to be placed: a new file whose bytes stand under `.anillo` at `incoming`. */
export interface Placing {
  readonly file: NewFile & { readonly incoming: string };
  /** The entry of the trash that it comes from. */
  readonly trashId: string | null;
}

export class Placement {
  readonly #folder: SharedFolder;
  readonly #catalog: Catalog;
  readonly #writer: CatalogWriter;
  readonly #versions: Versions;
  /** The last placing under each path: two at once would leave the bytes of one with the row of the other. */
  readonly #lastOf = new Map<string, Promise<unknown>>();

  constructor(folder: SharedFolder, catalog: Catalog, writer: CatalogWriter, versions: Versions) {
    this.#folder = folder;
    this.#catalog = catalog;
    this.#writer = writer;
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
    if (stat !== null) await this.#writer.write('arrive', path, incoming, stampOf(stat));
  }

  async #place({ file, trashId }: Placing): Promise<Put> {
    await this.#folder.requirePresent();
    const known = this.#catalog.file(file.path);
    const disk = known?.disk ?? file.disk;
    await this.#folder.makeParents(disk);
    const there = await this.#fileThere(file.path, disk);
    const cidThere = there !== null && known !== null && sameBytes(there, known.stamp) ? known.cid : null;
    if (cidThere === file.cid && known?.incoming === null) {
      // The same bytes stand there already: only what was said of them is written.
      const same = { ...file, disk, stamp: known.stamp, incoming: null };
      const put = await this.#writer.write('place', { file: same, version: null, trashId });
      await rm(this.#folder.own(file.incoming), { force: true });
      return put;
    }
    const version = there === null || cidThere === file.cid ? null : versionOf(file, there, cidThere);
    const put = await this.#writer.write('place', { file: { ...file, disk }, version, trashId });
    await this.#finishOrUndo(file.path, disk, file.incoming);
    if (version !== null) await this.#versions.prune(file.path);
    return { ...put, file: this.#catalog.file(file.path) ?? put.file };
  }

  async #finishOrUndo(path: string, disk: string, incoming: string): Promise<void> {
    try {
      await this.finish(path, disk, incoming);
    } catch (error) {
      await this.#writer.write('unplace', path, incoming);
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

function versionOf(file: Placing['file'], there: FileStamp, cid: string | null): ReplacedVersion {
  const [size, modifiedMs] = [Number(there.size), modifiedMsOf(there)];
  return { id: basename(file.incoming), path: file.path, cid, size, modifiedMs };
}
