/**
 * Where what is on its way in stands: `.anillo/incoming`, under names that begin with a mark of the data directory. Several
 * nodes may share one folder, and each clears away only what it brought itself.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import type { Catalog } from './catalog.ts';
import type { SharedFolder } from './shared-folder.ts';

const MARK_BYTES = 8;
/** In the catalog's state, so that all processes of a node have the same. */
const REMEMBERED = 'incoming-mark';

export class IncomingPlace {
  readonly #folder: SharedFolder;
  readonly #mark: string;

  constructor(folder: SharedFolder, catalog: Catalog) {
    this.#folder = folder;
    this.#mark =
      catalog.state(REMEMBERED) ?? catalog.rememberState(REMEMBERED, randomBytes(MARK_BYTES).toString('hex'));
  }

  /** A new one, relative to `.anillo`. */
  next(): string {
    return `incoming/${this.#mark}.${randomUUID()}`;
  }

  /** Where an upload that may be resumed stands; recovery leaves it alone, since it may go on for days. */
  resumable(id: string): string {
    return `incoming/${this.#resumableMark}${id}`;
  }

  /** File names of this node's uploads that may be resumed, without what they begin with. */
  async resumables(): Promise<string[]> {
    const names = await readdir(this.#folder.own('incoming'));
    const mark = this.#resumableMark;
    return names.filter((name) => name.startsWith(mark)).map((name) => name.slice(mark.length));
  }

  get #resumableMark(): string {
    return `resumable-${this.#mark}.`;
  }

  /** What stands there of this node, relative to `.anillo`. */
  async list(): Promise<string[]> {
    const names = await readdir(this.#folder.own('incoming'));
    return names.filter((name) => name.startsWith(`${this.#mark}.`)).map((name) => `incoming/${name}`);
  }
}
