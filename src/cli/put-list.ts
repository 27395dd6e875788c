/** The files that `put` was asked for, with the names that they get. */
import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { Problem } from '../problems/problem.ts';

export interface FileOnDisk {
  readonly path: string;
  readonly name: string;
  /** In bytes. */
  readonly size: number;
}

export interface PutList {
  readonly files: readonly FileOnDisk[];
  /** Neither files nor folders, such as symlinks: they are not followed. */
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
    if (entry === null) throw new Problem('not_found', { what: `"${path}"` });
    const name = basename(resolve(path));
    if (entry.isDirectory()) await walk(path, name, files, skipped);
    else if (entry.isFile()) files.push({ path, name, size: entry.size });
    else throw new Problem('not_a_file', { path });
  }
  return { files, skipped };
}

async function walk(folder: string, prefix: string, files: FileOnDisk[], skipped: string[]): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    const name = `${prefix}/${entry.name}`;
    // The bookkeeping of a shared folder is nobody's content.
    if (entry.isDirectory() && entry.name !== '.anillo') await walk(path, name, files, skipped);
    else if (entry.isFile()) {
      const found = await statOrNull(path);
      if (found === null) skipped.push(path);
      else files.push({ path, name, size: found.size });
    } else if (!entry.isDirectory()) skipped.push(path);
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
