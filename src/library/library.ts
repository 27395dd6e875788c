/**
 * A node's own files over one shared folder. Each of the node's processes opens one: the index process watches and
 * withdraws, the upload process receives, the download process reads.
 */
import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import { Problem } from '../problems/problem.ts';
import { Arrivals, type ReceiveRequest } from './arrivals.ts';
import { Catalog, type LibraryTotals } from './catalog.ts';
import { blockOf } from './catalog-block.ts';
import type { Put } from './catalog-changes.ts';
import type { CatalogDirectory } from './catalog-directory.ts';
import type { CatalogFile } from './catalog-file.ts';
import { CatalogThread } from './catalog-thread.ts';
import { FreeSpace } from './free-space.ts';
import { IndexThread } from './index-thread.ts';
import { boundsOf, type LibraryBounds } from './library-bounds.ts';
import { checkName } from './name.ts';
import { type OpenFile, openForRead, type Places, readBlock } from './reader.ts';
import type { Recovered } from './recovery.ts';
import { ReplicaFolder } from './replicas/replica-folder.ts';
import { ReplicasOnDisk } from './replicas/replicas-on-disk.ts';
import type { ResumableUploads } from './resumable-uploads.ts';
import { ReturnWatch } from './return-watch.ts';
import { SharedFolder } from './shared-folder.ts';
import { systemProblem } from './system-problem.ts';
import { Trash, type TrashPage } from './trash.ts';
import type { TrashEntry } from './trash-entry.ts';
import { type Version, Versions } from './versions.ts';
import { WholeDigests } from './whole-digests.ts';

export interface LibraryOptions extends Partial<LibraryBounds> {
  readonly shareDir: string;
  readonly dataDir: string;
  readonly log: Logger;
}

export interface DirectoryRequest {
  /** The folder's path in the shared folder. */
  readonly name: string;
  /** The files in it by their paths inside it, each catalogued under `name/path` with that content. */
  readonly files: readonly { readonly path: string; readonly cid: string }[];
  /** Folders in it that may be empty. */
  readonly folders?: readonly string[];
  readonly tags?: readonly string[];
  readonly copies?: number;
}

export interface WithdrawnFile {
  readonly file: CatalogFile;
  /** Null when the file had gone already. */
  readonly trashId: string | null;
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
  readonly bounds: LibraryBounds;
  readonly #writer: CatalogThread;
  readonly #versions: Versions;
  readonly #trash: Trash;
  readonly #arrivals: Arrivals;
  readonly #returning: ReturnWatch;
  readonly #places: Places;
  readonly digests: WholeDigests;
  /** What is kept for others; `recover` it in the process that keeps, before it does. */
  readonly replicas: ReplicasOnDisk;
  /** Whether this process is the one that receives. */
  #receives = false;
  #index: IndexThread | null = null;
  #resumable: ResumableUploads | null = null;

  private constructor(options: LibraryOptions, catalog: Catalog, folder: SharedFolder) {
    super();
    this.#options = options;
    this.bounds = boundsOf(options);
    this.catalog = catalog;
    this.folder = folder;
    this.#writer = new CatalogThread(options.dataDir);
    this.#versions = new Versions(folder, catalog, this.#writer, this.bounds);
    this.#trash = new Trash(folder, catalog, this.#writer);
    this.#arrivals = new Arrivals({
      folder,
      catalog,
      writer: this.#writer,
      versions: this.#versions,
      trash: this.#trash,
      space: new FreeSpace(folder.path, options.dataDir, this.bounds.reserveBytes),
      log: options.log,
    });
    const replicas = new ReplicaFolder(options.dataDir);
    this.#places = { folder, replicas };
    this.replicas = new ReplicasOnDisk({
      folder: replicas,
      catalog,
      writer: this.#writer,
      bounds: this.bounds,
      log: options.log,
    });
    this.digests = new WholeDigests(catalog, this.#writer, (file) => this.openForRead(file));
    this.#returning = new ReturnWatch(folder, this.bounds.markerCheckMs, () => this.#tidyAfterReturn());
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
      bounds: this.bounds,
      log: this.#options.log,
      onEvent: (event, file) => this.emit(event, file),
    });
    if ((await this.folder.absence()) === null) await this.#arrivals.finishRestores();
    else this.#returning.begin();
    await this.#index.start();
  }

  /** Looks through the whole folder now. */
  rescan(): void {
    this.#index?.rescan();
  }

  /**
   * The upload process, before it listens: leaves nothing of uploads that a death cut off. Where the folder is missing now,
   * that is done when it is back. @throws Problem `suspended`
   */
  async recover(): Promise<Recovered> {
    this.#receives = true;
    try {
      return await this.#arrivals.recover();
    } catch (error) {
      this.#returning.begin();
      throw error;
    }
  }

  /**
   * Takes a file in. When this resolves, the file is in its place and survives a loss of power, and its publication
   * waits in the catalog. On any failure nothing is left of it.
   * @throws Problem `bad_name`, `no_space`, `incomplete_body`, `bad_request`, `suspended`, `cannot_write`, `busy`
   */
  async receive(request: ReceiveRequest): Promise<CatalogFile> {
    const path = checkName(request.name);
    this.#receives = true;
    return this.#announce(await this.#act(path, () => this.#arrivals.receive(path, request)));
  }

  /**
   * Publishes a folder of this node's files as one, with a CID of its own; the newest under its path counts. When this
   * resolves, it survives a loss of power.
   * @throws Problem `bad_name`, `not_found` for a file that is not there, `changed` for one of other content, `suspended`
   */
  async putDirectory(request: DirectoryRequest): Promise<CatalogDirectory> {
    const path = checkName(request.name);
    const inside = (name: string) => checkName(`${path}/${name}`).slice(path.length + 1);
    const files = request.files.map(({ path: name, cid }) => ({ path: inside(name), cid }));
    const folders = (request.folders ?? []).map(inside);
    const { tags, copies } = request;
    return this.#act(path, async () => {
      await this.folder.requirePresent();
      const staged = await this.#writer.write('stageDirectory', { path, files, folders });
      return this.#writer.write('placeDirectory', {
        ...staged,
        path,
        ...(tags === undefined ? {} : { tags }),
        ...(copies === undefined ? {} : { copies }),
      });
    });
  }

  /** Withdraws the publication of a folder; the files in it keep theirs. Null when there is none. @throws Problem `bad_name` */
  async withdrawDirectory(name: string): Promise<CatalogDirectory | null> {
    const path = checkName(name);
    return this.#act(path, () => this.#writer.write('removeDirectory', path));
  }

  /** Uploads that come in several steps. */
  get resumable(): ResumableUploads {
    this.#resumable ??= this.#arrivals.resumable((what, work) => this.#act(what, work));
    return this.#resumable;
  }

  /** The bytes of a resumable upload, all of which are here, become a file. @throws Problem as `ResumableUploads.finish` */
  async finishUpload(id: string): Promise<CatalogFile> {
    this.#receives = true;
    return this.#announce(await this.resumable.finish(id));
  }

  /** @throws Problem `changed`, `suspended` */
  openForRead(file: CatalogFile): Promise<OpenFile> {
    return openForRead(this.#places, file);
  }

  /** A leaf or an inner node; null when this node does not have it. @throws Problem `bad_cid`, `changed` */
  readBlock(cid: string): Promise<Uint8Array | null> {
    return readBlock(this.#places, this.catalog, cid);
  }

  /** Whether `readBlock` would find a place to look in. @throws Problem `bad_cid` */
  hasBlock(cid: string): boolean {
    return blockOf(this.catalog, cid) !== null;
  }

  /**
   * Moves a file, or all with this CID, to the trash; what cannot be moved stays listed.
   * @throws Problem `not_found`, `suspended`, `busy`, `cannot_write`
   */
  withdraw(cidOrPath: string): Promise<WithdrawnFile[]> {
    return this.#act(cidOrPath, async () => {
      await this.folder.requirePresent();
      const byPath = this.catalog.file(cidOrPath.normalize('NFC'));
      const files = byPath === null ? this.catalog.everyFileOf(cidOrPath) : [byPath];
      const withdrawn: WithdrawnFile[] = [];
      for (const file of files) {
        withdrawn.push({ file, trashId: await this.#trash.discard(file) });
        this.emit('removed', file);
      }
      if (withdrawn.length === 0) throw new Problem('not_found', { what: cidOrPath });
      return withdrawn;
    });
  }

  /** Newest first. */
  trash(page: TrashPage): TrashEntry[] {
    return this.#trash.list(page);
  }

  /**
   * Brings a file back to its place and publishes it again; when that fails it stays in the trash.
   * @throws Problem `not_found`, `suspended`, `bad_name`, `changed`, `cannot_write`, `no_space`
   */
  async restore(id: string): Promise<CatalogFile> {
    const path = this.#trash.entry(id)?.path ?? id;
    return this.#announce(await this.#act(path, () => this.#arrivals.restore(id)));
  }

  /** Removes for good; returns how many. @throws Problem `suspended`, `cannot_write` */
  emptyTrash(): Promise<number> {
    return this.#act('the trash', async () => {
      await this.folder.requirePresent();
      return this.#trash.empty();
    });
  }

  /** What uploads replaced under a path, newest first. */
  versions(path: string): Version[] {
    return this.#versions.list(path);
  }

  totals(): LibraryTotals {
    return this.catalog.totals();
  }

  async close(): Promise<void> {
    this.#returning.close();
    await this.#index?.stop();
    await this.replicas.close();
    await this.#arrivals.close();
    await this.digests.close();
    await this.#writer.close();
    this.catalog.close();
  }

  /** What the system refuses becomes a problem with a code. @param what it is about */
  async #act<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      const isAway = (await this.folder.absence()) !== null;
      if (isAway) this.#returning.begin();
      if (isAway && !(error instanceof Problem))
        throw new Problem('suspended', { folder: this.folder.path }, error);
      throw systemProblem(error, what);
    }
  }

  /** What was under way when the folder's disk went is finished or removed. */
  async #tidyAfterReturn(): Promise<void> {
    try {
      if (this.#index !== null) await this.#arrivals.finishRestores();
      if (!this.#receives) return;
      this.#arrivals.recoverAgain();
      await this.recover();
    } catch (error) {
      this.#options.log.warn({ err: error }, 'what was cut off could not be tidied up');
    }
  }

  #announce({ event, file }: Put): CatalogFile {
    if (event !== 'same') this.emit(event, file);
    return file;
  }
}
