/**
 * A node's own files over one shared folder. Each of the node's processes opens one: the index process watches and
 * withdraws, the upload process receives, the download process reads.
 */
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { rm } from 'node:fs/promises';
import type { Logger } from 'pino';
import { FileHasher } from '../content/file-hasher.ts';
import type { HashedContent } from '../content/leaf-list.ts';
import { pieceCount } from '../content/profile.ts';
import { Problem } from '../problems/problem.ts';
import { Catalog, type LibraryTotals } from './catalog.ts';
import type { Put } from './catalog-changes.ts';
import type { CatalogFile } from './catalog-file.ts';
import { CatalogThread } from './catalog-thread.ts';
import { FreeSpace } from './free-space.ts';
import { IgnoreRules } from './ignore-rules.ts';
import { type IncomingSource, writeIncoming } from './incoming-file.ts';
import { IndexThread } from './index-thread.ts';
import { boundsOf, type LibraryBounds } from './library-bounds.ts';
import { checkName } from './name.ts';
import { Placement, type Placing } from './placement.ts';
import { type OpenFile, openForRead, readBlock } from './reader.ts';
import { type Recovered, Recovery } from './recovery.ts';
import { lstatOrNull, SharedFolder, stampOf } from './shared-folder.ts';
import { Trash, type TrashEntry } from './trash.ts';
import { type Version, Versions } from './versions.ts';

export interface LibraryOptions extends Partial<LibraryBounds> {
  readonly shareDir: string;
  readonly dataDir: string;
  readonly log: Logger;
}

export interface ReceiveRequest extends IncomingSource {
  /** Decoded; checked here. */
  readonly name: string;
  readonly tags?: readonly string[];
  /** Copies wanted on the network. */
  readonly copies?: number;
  /** Media type; by the name's ending when absent. */
  readonly type?: string;
}

/** What happened to the files, by whichever way: upload, folder, trash. */
export interface LibraryEvents {
  added: [file: CatalogFile];
  changed: [file: CatalogFile];
  removed: [file: CatalogFile];
}

export class Library extends EventEmitter<LibraryEvents> {
  readonly catalog: Catalog;
  readonly folder: SharedFolder;
  readonly #options: LibraryOptions;
  readonly #bounds: LibraryBounds;
  readonly #writer: CatalogThread;
  readonly #hasher = new FileHasher();
  readonly #space: FreeSpace;
  readonly #versions: Versions;
  readonly #placement: Placement;
  readonly #trash: Trash;
  readonly #recovery: Recovery;
  #recovered: Promise<Recovered> | null = null;
  #index: IndexThread | null = null;

  private constructor(options: LibraryOptions, catalog: Catalog, folder: SharedFolder) {
    super();
    this.#options = options;
    this.#bounds = boundsOf(options);
    this.catalog = catalog;
    this.folder = folder;
    this.#writer = new CatalogThread(options.dataDir);
    this.#space = new FreeSpace(folder.path, this.#bounds.reserveBytes);
    this.#versions = new Versions(folder, catalog, this.#writer, this.#bounds);
    this.#placement = new Placement(folder, catalog, this.#writer, this.#versions);
    this.#trash = new Trash(folder, catalog, this.#writer);
    this.#recovery = new Recovery(folder, catalog, this.#writer, this.#placement);
  }

  /** Makes the shared folder if this data directory has never seen one. */
  static async open(options: LibraryOptions): Promise<Library> {
    const catalog = Catalog.open(options.dataDir, { synchronous: 'normal' });
    try {
      return new Library(options, catalog, await SharedFolder.open(options.shareDir, catalog));
    } catch (error) {
      catalog.close();
      throw error;
    }
  }

  /**
   * The index process: finishes what was withdrawn or restored by halves, scans (what changed while the node was off, too), then
   * watches. Resolves when the scan has begun; `totals().state` says how it goes on.
   */
  async startWatching(): Promise<void> {
    if (this.#index !== null) return;
    this.#index = new IndexThread({
      shareDir: this.folder.path,
      dataDir: this.#options.dataDir,
      bounds: this.#bounds,
      log: this.#options.log,
      onEvent: (event, file) => this.emit(event, file),
    });
    if ((await this.folder.absence()) === null) await this.#recovery.restores();
    await this.#index.start();
  }

  /** Looks through the whole folder now. */
  rescan(): void {
    this.#index?.rescan();
  }

  /** The upload process, before it listens: leaves nothing of uploads that a death cut off. @throws Problem `suspended` */
  async recover(): Promise<Recovered> {
    this.#recovered ??= this.#recoverUploads();
    return this.#recovered;
  }

  /**
   * Takes a file in. When this resolves, the file is in its place and survives a loss of power, and its publication
   * waits in the catalog. On any failure nothing is left of it.
   * @throws Problem `bad_name`, `no_space`, `incomplete_body`, `bad_request`, `suspended`
   */
  async receive(request: ReceiveRequest): Promise<CatalogFile> {
    const path = checkName(request.name);
    await this.folder.requirePresent();
    await this.recover();
    if (new IgnoreRules(this.folder.path).ignoresFile(path)) {
      throw new Problem('bad_name', { name: path, reason: 'the folder passes over names like this' });
    }
    await this.#placement.requirePlace(path); // Before the body is read; once more when it is placed.
    const incoming = `incoming/${randomUUID()}`;
    const { content, stamp } = await writeIncoming(this.folder.own(incoming), request, {
      space: this.#space,
      hasher: this.#hasher,
    });
    const { tags, copies, type } = request;
    const put = await this.#place(content, {
      path,
      disk: path,
      cid: content.cid,
      stamp,
      ...(type === undefined ? {} : { type }),
      ...(tags === undefined ? {} : { tags }),
      ...(copies === undefined ? {} : { copies }),
      why: 'own',
      incoming,
    });
    return this.#announce(put);
  }

  /** @throws Problem `changed`, `suspended` */
  openForRead(file: CatalogFile): Promise<OpenFile> {
    return openForRead(this.folder, file);
  }

  /** A leaf or an inner node; null when this node does not have it. @throws Problem `bad_cid`, `changed` */
  readBlock(cid: string): Promise<Uint8Array | null> {
    return readBlock(this.folder, this.catalog, cid);
  }

  /** Moves a file, or all with this CID, to the trash. @throws Problem `not_found`, `suspended`, `busy` */
  async withdraw(cidOrPath: string): Promise<CatalogFile[]> {
    await this.folder.requirePresent();
    const byPath = this.catalog.file(cidOrPath.normalize('NFC'));
    const files = byPath === null ? this.catalog.filesOf(cidOrPath) : [byPath];
    if (files.length === 0) throw new Problem('not_found', { what: cidOrPath });
    for (const file of files) {
      await this.#trash.discard(file);
      this.emit('removed', file);
    }
    return files;
  }

  /** Newest first. */
  trash(limit: number): TrashEntry[] {
    return this.#trash.list(limit);
  }

  /** Brings a file back to its place and publishes it again. @throws Problem `not_found`, `suspended`, `bad_name` */
  async restore(id: string): Promise<CatalogFile> {
    await this.folder.requirePresent();
    const entry = this.#trash.entry(id);
    const stat = entry === null ? null : await lstatOrNull(this.folder.own(`trash/${id}`));
    if (entry === null || stat === null) throw new Problem('not_found', { what: id });
    const { path, disk, cid, type, tags, copies } = entry;
    const content = await this.#hasher.hashFile(this.folder.own(`trash/${id}`));
    if (content.cid !== cid) throw new Problem('changed', { what: path });
    await this.#stage(content);
    const put = await this.#placement.place({
      file: {
        path,
        disk,
        cid,
        stamp: stampOf(stat),
        type,
        tags,
        copies,
        why: 'own',
        incoming: `trash/${id}`,
      },
      trashId: id,
    });
    return this.#announce(put);
  }

  /** Removes for good; returns how many. @throws Problem `suspended` */
  async emptyTrash(): Promise<number> {
    await this.folder.requirePresent();
    return this.#trash.empty();
  }

  /** What uploads replaced under a path, newest first. */
  versions(path: string): Version[] {
    return this.#versions.list(path);
  }

  totals(): LibraryTotals {
    return this.catalog.totals();
  }

  async close(): Promise<void> {
    await this.#index?.stop();
    await this.#hasher.close();
    await this.#writer.close();
    this.catalog.close();
  }

  async #recoverUploads(): Promise<Recovered> {
    try {
      await this.folder.requirePresent();
      const recovered = await this.#recovery.uploads();
      if (recovered.finished + recovered.undone + recovered.removed > 0) {
        this.#options.log.info({ recovered }, 'finished or removed uploads that were cut off');
      }
      return recovered;
    } catch (error) {
      this.#recovered = null; // The folder may come back.
      throw error;
    }
  }

  /** Nothing is left of bytes that find no place. */
  async #place(content: HashedContent, file: Placing['file']): Promise<Put> {
    try {
      await this.#stage(content);
      return await this.#placement.place({ file, trashId: null });
    } catch (error) {
      await rm(this.folder.own(file.incoming), { force: true });
      throw error;
    }
  }

  /** A file of one piece is its own block. */
  async #stage({ cid, size, leaves, nodes }: HashedContent): Promise<void> {
    if (pieceCount(size) > 1) await this.#writer.write('stage', { cid, size, leaves, nodes });
  }

  #announce({ event, file }: Put): CatalogFile {
    if (event !== 'same') this.emit(event, file);
    return file;
  }
}
