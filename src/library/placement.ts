/**
 * Brings bytes that stand under `.anillo` to their place in the folder. The order is the contract's: the row and its
 * publication are committed, then the replaced bytes go to the versions, then the rename. A death in between is
 * finished by `recovery.ts`, because the row says where the bytes stand; a failure is undone.
 */
import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { FileStamp } from '../content/hash-message.ts';
import { Problem } from '../problems/problem.ts';
import { syncFolder } from '../storage/durable-file.ts';
import type { Catalog } from './catalog.ts';
import type { NewFile, Put } from './catalog-changes.ts';
import { type CatalogFile, modifiedMsOf } from './catalog-file.ts';
import type { CatalogWriter, ReplacedVersion } from './catalog-orders.ts';
import { nameAnew } from './link-or-move.ts';
import { lstatOrNull, type SharedFolder, sameBytes, stampOf } from './shared-folder.ts';
import type { Versions } from './versions.ts';

/** What is to be placed: a new file whose bytes stand under `.anillo` at `incoming`. */
export type IncomingFile = NewFile & { readonly incoming: string };

/** How bytes come to their place. */
interface Move {
  readonly disk: string;
  readonly incoming: string;
  /** Something stands there. */
  readonly replaces: boolean;
  /** The noted version that keeps what stands there; null when it need not be kept. */
  readonly versionId: string | null;
}

/** A placing starts over when something comes to the place just before it. */
const STARTS_MAX = 3;

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

  /** Whether a file could stand under `path`. @throws Problem `bad_name`, `cannot_write` */
  async requirePlace(path: string): Promise<void> {
    const disk = this.#catalog.file(path)?.disk ?? path;
    await this.#folder.requireFolders(disk);
    await this.#folder.requireMovable(disk);
    await this.#fileThere(path, disk);
  }

  /**
   * One after the other for each path; the last one committed wins. When this fails all is as before.
   * @throws Problem `bad_name`, `suspended`, `cannot_write`; the system's error
   */
  place(file: IncomingFile): Promise<Put> {
    return this.#inTurn(file.path, () => this.#place(file));
  }

  /**
   * Second half of a placing that a dead process began, with the checks of the first: much may stand there since.
   * @throws Problem as `place` does; the row and its bytes are as before
   */
  resume(file: CatalogFile, incoming: string): Promise<void> {
    return this.#inTurn(file.path, async () => {
      const { path, disk, stamp } = file;
      const there = await this.#prepare(path, disk);
      if (there === null || !sameBytes(there, stamp)) {
        const versionId = there === null ? null : await this.#noteVersion(path, there, incoming);
        await this.#bring({ disk, incoming, replaces: there !== null, versionId });
      }
      await this.#settle(path, disk, incoming);
    });
  }

  /** Notes that the bytes stand in their place. */
  async arrived(path: string, disk: string, incoming: string): Promise<void> {
    const stat = await lstatOrNull(this.#folder.at(disk));
    if (stat !== null) await this.#writer.write('arrive', path, incoming, stampOf(stat));
  }

  async #inTurn<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#lastOf.get(path) ?? Promise.resolve();
    const done = before.then(work);
    const settled = done.catch(() => {}); // The next one under this path goes ahead all the same.
    this.#lastOf.set(path, settled);
    try {
      return await done;
    } finally {
      if (this.#lastOf.get(path) === settled) this.#lastOf.delete(path);
    }
  }

  async #place(file: IncomingFile, startsLeft = STARTS_MAX): Promise<Put> {
    const known = this.#catalog.file(file.path);
    const disk = known?.disk ?? file.disk;
    const there = await this.#prepare(file.path, disk);
    const cidThere = there !== null && known !== null && sameBytes(there, known.stamp) ? known.cid : null;
    if (cidThere === file.cid && known?.incoming === null) return this.#placeSame(file, known);
    const { incoming } = file;
    const version =
      there === null || cidThere === file.cid
        ? null
        : versionOf(basename(incoming), file.path, there, cidThere);
    const { put, replaced } = await this.#writer.write('place', { file: { ...file, disk }, version });
    try {
      await this.#bring({ disk, incoming, replaces: there !== null, versionId: version?.id ?? null });
    } catch (error) {
      await this.#undo(file.path, this.#folder.at(disk), incoming, replaced);
      if ((error as NodeJS.ErrnoException).code === 'EEXIST' && startsLeft > 1)
        return this.#place(file, startsLeft - 1);
      throw error;
    }
    await this.#settle(file.path, disk, incoming);
    await this.#dropStuck(replaced);
    if (version !== null) await this.#versions.prune(file.path);
    return { ...put, file: this.#catalog.file(file.path) ?? put.file };
  }

  async #undo(path: string, place: string, incoming: string, replaced: CatalogFile | null): Promise<void> {
    try {
      await this.#versions.giveBack(basename(incoming), place);
    } finally {
      await this.#writer.write('unplace', path, incoming, replaced);
    }
  }

  /** The same bytes stand there already: only what was said of them is written. */
  async #placeSame(file: IncomingFile, { disk, stamp }: CatalogFile): Promise<Put> {
    const { put } = await this.#writer.write('place', {
      file: { ...file, disk, stamp, incoming: null },
      version: null,
    });
    await rm(this.#folder.own(file.incoming), { force: true });
    await this.arrived(file.path, disk, file.incoming);
    return put;
  }

  /** What stands at the place now. @throws Problem `suspended`, `bad_name`, `cannot_write` */
  async #prepare(path: string, disk: string): Promise<FileStamp | null> {
    await this.#folder.requirePresent();
    await this.#folder.makeParents(disk);
    await this.#folder.requireMovable(disk);
    return this.#fileThere(path, disk);
  }

  /** The bytes get their name, and what stood there is kept. Nothing has changed when this fails, but for what is kept. */
  async #bring({ disk, incoming, replaces, versionId }: Move): Promise<void> {
    const [from, place] = [this.#folder.own(incoming), this.#folder.at(disk)];
    if (!replaces) return nameAnew(from, place);
    if (versionId !== null) await this.#versions.keep(versionId, place);
    await rename(from, place);
  }

  /** From here on the bytes stand in their place, whatever fails. */
  async #settle(path: string, disk: string, incoming: string): Promise<void> {
    try {
      await syncFolder(dirname(this.#folder.at(disk)));
      await rm(this.#folder.own(incoming), { force: true });
    } finally {
      await this.arrived(path, disk, incoming);
    }
  }

  async #noteVersion(path: string, there: FileStamp, incoming: string): Promise<string> {
    const usual = basename(incoming);
    const id = (await this.#versions.isFree(usual, there)) ? usual : randomUUID();
    await this.#writer.write('noteVersion', versionOf(id, path, there, null));
    return id;
  }

  /** Bytes that never came to their place and were replaced there. */
  async #dropStuck(replaced: CatalogFile | null): Promise<void> {
    const stuck = replaced?.incoming ?? '';
    if (stuck.startsWith('incoming/')) await rm(this.#folder.own(stuck), { force: true });
  }

  async #fileThere(path: string, disk: string): Promise<FileStamp | null> {
    const stat = await lstatOrNull(this.#folder.at(disk));
    if (stat === null) return null;
    if (stat.isFile()) return stampOf(stat);
    const kind = stat.isDirectory() ? 'folder' : stat.isSymbolicLink() ? 'symlink' : 'special';
    throw new Problem('bad_name', { name: path, reason: `name.${kind}-there` });
  }
}

function versionOf(id: string, path: string, there: FileStamp, cid: string | null): ReplacedVersion {
  return { id, path, cid, size: Number(there.size), modifiedMs: modifiedMsOf(there) };
}
