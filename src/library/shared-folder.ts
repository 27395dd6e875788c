/**
 * The folder that people see, and `.anillo` inside it: the marker that says that this is the folder and not the empty
 * mount point where it should be, and the places for what is on its way in, replaced or withdrawn (on the same
 * filesystem, so that a rename is atomic).
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import {
  access,
  type FileHandle,
  lstat,
  mkdir,
  open,
  readFile,
  readlink,
  realpath,
  rm,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { FileStamp } from '../content/hash-message.ts';
import { Problem } from '../problems/problem.ts';
import { syncFolder } from '../storage/durable-file.ts';
import type { Catalog } from './catalog.ts';
import { nameAnew } from './link-or-move.ts';
import { systemProblem } from './system-problem.ts';

const OWN_FOLDER = '.anillo';
const MARKER = 'folder';
const OWN_PLACES = ['incoming', 'versions', 'trash'] as const;
/** In the catalog's state: the marker that this data directory has seen. */
const REMEMBERED = 'folder-marker';

/** Of a marker that another process is about to write. */
const MARKER_READS_MAX = 100;
const MARKER_PAUSE_MS = 20;

export type OwnPlace = (typeof OWN_PLACES)[number];

export class SharedFolder {
  /** Absolute; may be missing while a disk is not mounted. */
  readonly path: string;
  readonly #catalog: Catalog;

  private constructor(path: string, catalog: Catalog) {
    this.path = path;
    this.#catalog = catalog;
  }

  /** The first time, makes folder and marker; later it only looks, because a missing folder may be an unmounted disk. */
  static async open(shareDir: string, catalog: Catalog): Promise<SharedFolder> {
    const folder = new SharedFolder(resolve(shareDir), catalog);
    if (catalog.state(REMEMBERED) === null) {
      await mkdir(join(folder.path, OWN_FOLDER), { recursive: true });
      catalog.rememberState(REMEMBERED, await makeMarker(join(folder.path, OWN_FOLDER, MARKER)));
    }
    if ((await folder.absence()) === null) await folder.makeOwnPlaces();
    return folder;
  }

  /** Why this is not the folder that was shared, or null when it is. */
  async absence(): Promise<string | null> {
    try {
      const marker = (await readFile(this.own(MARKER), 'utf8')).trim();
      return marker === this.#catalog.state(REMEMBERED)
        ? null
        : 'its marker .anillo/folder is of another folder';
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTDIR')
        return `its marker .anillo/folder cannot be read (${code})`;
      return 'its marker .anillo/folder is missing';
    }
  }

  /** @throws Problem `suspended` */
  async requirePresent(): Promise<void> {
    if ((await this.absence()) !== null) throw new Problem('suspended', { folder: this.path });
  }

  async makeOwnPlaces(): Promise<void> {
    for (const place of OWN_PLACES) await mkdir(this.own(place), { recursive: true });
  }

  /** Absolute path of a file that is listed under `disk`. */
  at(disk: string): string {
    return join(this.path, disk);
  }

  /** Absolute path under `.anillo`. */
  own(relative: string): string {
    return join(this.path, OWN_FOLDER, relative);
  }

  /** Opens for reading, never through a symlink and never out of the folder. @throws the system's error */
  async openFile(disk: string): Promise<FileHandle> {
    const handle = await open(
      this.at(disk),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
    try {
      const expected = join(await realpath(this.path), disk);
      if ((await placeOf(handle, this.at(disk))) !== expected) {
        throw Object.assign(new Error('a folder on the way is a symlink'), { code: 'ELOOP' });
      }
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /**
   * Makes the folders above `disk`, durably.
   * @throws Problem `bad_name` when one of them is a file or a symlink
   */
  async makeParents(disk: string): Promise<void> {
    for await (const { folder, above, exists } of this.#foldersAbove(disk)) {
      if (!exists) await this.#makeFolder(folder, above);
    }
  }

  /** Whether the folders above `disk` are there or could be made. @throws Problem `bad_name` */
  async requireFolders(disk: string): Promise<void> {
    for await (const { exists } of this.#foldersAbove(disk)) if (!exists) return;
  }

  /**
   * Whether files can be moved between `.anillo` and `disk`, as far as can be told before. A folder that is not there
   * refuses nothing.
   * @throws Problem `cannot_write`
   */
  async requireMovable(disk: string): Promise<void> {
    const folder = dirname(this.at(disk));
    const stat = await lstatOrNull(folder);
    if (stat === null) return;
    try {
      const own = await lstat(this.own(''), { bigint: true });
      if (own.dev !== stat.dev)
        throw Object.assign(new Error(`${folder} is on another disk`), { code: 'EXDEV' });
      await access(folder, constants.W_OK | constants.X_OK);
    } catch (error) {
      throw systemProblem(error, disk);
    }
  }

  async *#foldersAbove(disk: string) {
    let above = '';
    for (const component of disk.split('/').slice(0, -1)) {
      const folder = above === '' ? component : `${above}/${component}`;
      const stat = await lstatOrNull(this.at(folder));
      if (stat !== null && !stat.isDirectory()) {
        throw new Problem('bad_name', {
          name: disk,
          reason: 'name.not-a-folder',
          folder,
        });
      }
      yield { folder, above, exists: stat !== null };
      above = folder;
    }
  }

  async #makeFolder(folder: string, above: string): Promise<void> {
    await mkdir(this.at(folder)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error; // Another upload made it in between.
    });
    await syncFolder(this.at(above));
  }
}

export function stampOf(stat: BigIntStats): FileStamp {
  const { dev, ino, size, mtimeNs, ctimeNs, birthtimeNs } = stat;
  return { dev, inode: ino, size, mtimeNs, ctimeNs, birthtimeNs };
}

/**
 * Whether this is one file under two names. Inodes are given to new files at once, and the files of an unpacked tree often
 * have one time of change; only the time of birth tells them apart, and where the filesystem has none, nothing does.
 */
export function isSameFile(a: FileStamp, b: FileStamp): boolean {
  return sameBytes(a, b) && a.birthtimeNs !== 0n && a.birthtimeNs === b.birthtimeNs;
}

/** The same bytes as far as the system tells: the change time is left out, since a rename or a link moves it. */
export function sameBytes(a: FileStamp, b: FileStamp): boolean {
  return a.inode === b.inode && a.size === b.size && a.mtimeNs === b.mtimeNs;
}

export async function lstatOrNull(path: string): Promise<BigIntStats | null> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

/** Whether the system said that there is no such file. */
export function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Where an open file really is. Linux tells by the descriptor, which nobody can swap meanwhile. */
async function placeOf(handle: FileHandle, path: string): Promise<string> {
  if (process.platform === 'linux') return readlink(`/proc/self/fd/${handle.fd}`);
  return join(await realpath(dirname(path)), path.slice(dirname(path).length + 1));
}

/** Several processes of a node may start at once: the first marker that takes the name is the marker. */
async function makeMarker(file: string): Promise<string> {
  const beside = `${file}.${randomUUID()}`;
  const handle = await open(beside, 'wx');
  try {
    await handle.writeFile(`${randomBytes(16).toString('hex')}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await nameAnew(beside, file);
    await syncFolder(dirname(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(beside, { force: true });
  }
  return readMarker(file);
}

/** Without hard links another process may have the name before it has the content. @throws Problem `cannot_write` */
async function readMarker(file: string): Promise<string> {
  for (let attempt = 0; attempt < MARKER_READS_MAX; attempt += 1) {
    const marker = (await readFile(file, 'utf8')).trim();
    if (marker !== '') return marker;
    await pause(MARKER_PAUSE_MS);
  }
  throw new Problem('cannot_write', { path: file, reason: 'why.empty-file' });
}
