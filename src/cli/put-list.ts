/** The files that `put` was asked for, with the names that they get. */
import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { IgnoreRules } from '../library/ignore-rules.ts';
import { Problem } from '../problems/problem.ts';

export interface FileOnDisk {
  readonly path: string;
  readonly name: string;
  /** In bytes. */
  readonly size: number;
}

export interface PutList {
  readonly files: readonly FileOnDisk[];
  /** What a shared folder would not list either: hidden, temporary or ignored; and neither files nor folders, such as symlinks. */
  readonly skipped: readonly string[];
}

/**
 * A file gets its own name; what lies below a folder keeps its path from that folder on.
 * @throws Problem `not_found`, `usage`
 */
export async function listFiles(paths: readonly string[]): Promise<PutList> {
  const files: FileOnDisk[] = [];
  const skipped: string[] = [];
  for (const path of paths) {
    const entry = await statOrNull(path);
    if (entry === null) throw new Problem('no_such_path', { path });
    const name = basename(resolve(path));
    if (entry.isDirectory()) await new FolderWalk(path, name, files, skipped).enter('');
    else if (entry.isFile()) files.push({ path, name, size: entry.size });
    else throw new Problem('not_a_file', { path });
  }
  return { files, skipped };
}

class FolderWalk {
  readonly #root: string;
  readonly #prefix: string;
  readonly #rules: IgnoreRules;
  readonly #files: FileOnDisk[];
  readonly #skipped: string[];

  constructor(root: string, prefix: string, files: FileOnDisk[], skipped: string[]) {
    this.#root = root;
    this.#prefix = prefix;
    this.#rules = new IgnoreRules(root);
    this.#files = files;
    this.#skipped = skipped;
  }

  /** @param folder below the root, '' for the root itself */
  async enter(folder: string): Promise<void> {
    const entries = await readdir(join(this.#root, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const below = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (this.#rules.ignoresEntry(below, entry.isDirectory())) this.#skipped.push(join(this.#root, below));
      else if (entry.isDirectory()) await this.enter(below);
      else await this.#add(below, entry.isFile());
    }
  }

  async #add(below: string, isFile: boolean): Promise<void> {
    const path = join(this.#root, below);
    const found = isFile ? await statOrNull(path) : null;
    if (found === null) this.#skipped.push(path);
    else this.#files.push({ path, name: `${this.#prefix}/${below}`, size: found.size });
  }
}

async function statOrNull(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return null;
    throw error;
  }
}
