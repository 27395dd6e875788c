/**
 * The ways in which files come to the shared folder through the node: from a sender's body and back from the trash, and what
 * a death left of both.
 */
import { rm } from 'node:fs/promises';
import type { Logger } from 'pino';
import { FileHasher } from '../content/file-hasher.ts';
import type { HashedContent } from '../content/leaf-list.ts';
import { pieceCount } from '../content/profile.ts';
import { Problem } from '../problems/problem.ts';
import type { Catalog } from './catalog.ts';
import type { Put } from './catalog-changes.ts';
import type { CatalogWriter } from './catalog-orders.ts';
import type { FreeSpace } from './free-space.ts';
import { IgnoreRules } from './ignore-rules.ts';
import { type IncomingSource, writeIncoming } from './incoming-file.ts';
import { IncomingPlace } from './incoming-place.ts';
import { type IncomingFile, Placement } from './placement.ts';
import { type Recovered, Recovery } from './recovery.ts';
import { type ResumableParts, ResumableUploads } from './resumable-uploads.ts';
import { lstatOrNull, type SharedFolder, stampOf } from './shared-folder.ts';
import type { Trash } from './trash.ts';
import type { TrashEntry } from './trash-entry.ts';
import type { Versions } from './versions.ts';

export interface ReceiveRequest extends IncomingSource {
  /** Decoded; checked here. */
  readonly name: string;
  readonly tags?: readonly string[];
  /** Copies wanted on the network. */
  readonly copies?: number;
  /** Media type; by the name's ending when absent. */
  readonly type?: string;
}

export interface ArrivalsParts {
  readonly folder: SharedFolder;
  readonly catalog: Catalog;
  readonly writer: CatalogWriter;
  readonly versions: Versions;
  readonly trash: Trash;
  readonly space: FreeSpace;
  readonly log: Logger;
}

export class Arrivals {
  readonly #parts: ArrivalsParts;
  readonly #hasher = new FileHasher();
  readonly #incoming: IncomingPlace;
  readonly #placement: Placement;
  readonly #recovery: Recovery;
  /** What is being brought to its place, relative to `.anillo`. */
  readonly #underWay = new Set<string>();
  #recovered: Promise<Recovered> | null = null;

  constructor(parts: ArrivalsParts) {
    const { folder, catalog, writer, versions, log } = parts;
    this.#parts = parts;
    this.#incoming = new IncomingPlace(folder, catalog);
    this.#placement = new Placement(folder, catalog, writer, versions);
    this.#recovery = new Recovery({
      folder,
      catalog,
      writer,
      placement: this.#placement,
      incoming: this.#incoming,
      underWay: this.#underWay,
      log,
    });
  }

  /** Takes a file in under `path`, a checked name. On any failure nothing is left of it. @throws Problem; the system's error */
  async receive(path: string, request: ReceiveRequest): Promise<Put> {
    const { folder } = this.#parts;
    await this.#requirePlace(path); // Before the body is read; once more when it is placed.
    return this.#bringing(this.#incoming.next(), async (incoming) => {
      const { content, stamp } = await writeIncoming(folder.own(incoming), request, {
        space: this.#parts.space,
        hasher: this.#hasher,
      });
      const { tags, copies, type } = request;
      return this.#placeOrRemove(content, {
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
    });
  }

  /** Those that come in several steps. @param act gives what the system refuses a code */
  resumable(act: ResumableParts['act']): ResumableUploads {
    const { folder, catalog, space } = this.#parts;
    return new ResumableUploads({
      folder,
      catalog,
      space,
      act,
      incoming: this.#incoming,
      hasher: this.#hasher,
      requirePlace: (path) => this.#requirePlace(path),
      place: (incoming, { path, type, tags }, content, stamp) =>
        this.#bringing(incoming, async () => {
          await this.#stage(content);
          return this.#placement.place({
            path,
            disk: path,
            cid: content.cid,
            stamp,
            ...(type === undefined ? {} : { type }),
            ...(tags === undefined ? {} : { tags }),
            why: 'own',
            incoming,
          });
        }),
    });
  }

  /** Brings a file back from the trash, where it stays when that fails. @throws Problem; the system's error */
  async restore(id: string): Promise<Put> {
    const { folder, trash } = this.#parts;
    await folder.requirePresent();
    const entry = trash.entry(id);
    if (entry === null) throw new Problem('not_found', { what: id });
    const { path, disk, cid, type, tags, copies } = entry;
    return this.#bringing(`trash/${id}`, async (incoming) => {
      const stat = await lstatOrNull(folder.own(incoming));
      if (stat === null) return this.#restoreInPlace(entry);
      const content = await this.#hasher.hashFile(folder.own(incoming));
      if (content.cid !== cid) throw new Problem('changed', { what: path });
      await this.#stage(content);
      const stamp = stampOf(stat);
      return this.#placement.place({ path, disk, cid, stamp, type, tags, copies, why: 'own', incoming });
    });
  }

  /** Finishes or removes, once, uploads that were cut off. @throws Problem `suspended` */
  recover(): Promise<Recovered> {
    this.#recovered ??= this.#recoverUploads();
    return this.#recovered;
  }

  /** The next `recover` looks again. */
  recoverAgain(): void {
    this.#recovered = null;
  }

  async finishRestores(): Promise<void> {
    await this.#recovery.restores();
  }

  async close(): Promise<void> {
    await this.#hasher.close();
  }

  async #requirePlace(path: string): Promise<void> {
    const { folder } = this.#parts;
    await folder.requirePresent();
    await this.recover();
    if (new IgnoreRules(folder.path).ignoresFile(path)) {
      throw new Problem('bad_name', { name: path, reason: 'name.ignored' });
    }
    await this.#placement.requirePlace(path);
  }

  /** What was withdrawn and could not be moved to the trash stands in its place still. */
  async #restoreInPlace({ id, path }: TrashEntry): Promise<Put> {
    const { trash, catalog } = this.#parts;
    const file = (await trash.putBack(id)) ? catalog.file(path) : null;
    if (file === null) throw new Problem('not_found', { what: id });
    return { event: 'added', file };
  }

  /** Recovery leaves alone what is being brought to its place. */
  async #bringing<Result>(incoming: string, work: (incoming: string) => Promise<Result>): Promise<Result> {
    this.#underWay.add(incoming);
    try {
      return await work(incoming);
    } finally {
      this.#underWay.delete(incoming);
    }
  }

  async #recoverUploads(): Promise<Recovered> {
    const { folder, log } = this.#parts;
    try {
      await folder.requirePresent();
      await folder.makeOwnPlaces();
      const recovered = await this.#recovery.uploads();
      if (Object.values(recovered).some((count) => count > 0)) {
        log.info({ recovered }, 'finished or removed uploads that were cut off');
      }
      return recovered;
    } catch (error) {
      this.#recovered = null; // The folder may come back.
      throw error;
    }
  }

  /** Nothing is left of bytes that find no place. */
  async #placeOrRemove(content: HashedContent, file: IncomingFile): Promise<Put> {
    try {
      await this.#stage(content);
      return await this.#placement.place(file);
    } catch (error) {
      await rm(this.#parts.folder.own(file.incoming), { force: true });
      throw error;
    }
  }

  /** A file of one piece is its own block. */
  async #stage({ cid, size, leaves, nodes }: HashedContent): Promise<void> {
    if (pieceCount(size) > 1) await this.#parts.writer.write('stage', { cid, size, leaves, nodes });
  }
}
