/**
 * Compares the shared folder with the catalog. Runs in a worker thread with synchronous calls, as generators: whoever
 * pulls decides how much is done at a time. A `null` stands for some entries in which nothing was found.
 */
import { isUtf8 } from 'node:buffer';
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FileStamp } from '../content/hash-message.ts';
import type { Catalog } from './catalog.ts';
import { type CatalogRow, FILE_COLUMNS, fileOfRow, toColumn } from './catalog-file.ts';
import { FileSet } from './file-set.ts';
import { IgnoreRules } from './ignore-rules.ts';
import { isHidden, nameFault } from './name.ts';
import { isAbsent, isSameFile, stampOf } from './shared-folder.ts';
import { type SkippedFile, type SkipReason, shownBytes } from './skipped-files.ts';
import type { Watcher } from './watcher.ts';

export type Finding =
  /** New, or not as it was when it was hashed. */
  | { readonly type: 'candidate'; readonly path: string; readonly disk: string; readonly stamp: FileStamp }
  /** The file of the row `from` under another path. */
  | {
      readonly type: 'moved';
      readonly from: string;
      readonly path: string;
      readonly disk: string;
      readonly stamp: FileStamp;
    }
  /** Catalogued and no longer there, or no longer to be listed. */
  | { readonly type: 'gone'; readonly path: string; readonly disk: string; readonly isAbsent: boolean }
  /** There, and cannot be listed. */
  | { readonly type: 'skipped'; readonly file: SkippedFile; readonly detail: string };

/** Entries looked at between two pulls when nothing is found. */
const ENTRIES_BREATH = 500;
/** The same where single paths are looked at. */
const PATHS_BREATH = 100;
const ROWS_BATCH = 1_000;

interface KnownRow {
  readonly id: bigint;
  readonly disk: string;
  readonly incoming: string | null;
}

export class Scanner {
  readonly #root: string;
  readonly #catalog: Catalog;
  readonly #watcher: Pick<Watcher, 'see' | 'keepBelow' | 'forget'>;

  constructor(root: string, catalog: Catalog, watcher: Pick<Watcher, 'see' | 'keepBelow' | 'forget'>) {
    this.#root = root;
    this.#catalog = catalog;
    this.#watcher = watcher;
  }

  /** The whole folder; what is gone comes last, so that a rename is seen as one. */
  *wholeFolder(): Generator<Finding | null> {
    const rules = new IgnoreRules(this.#root);
    const seen = new FileSet();
    yield* this.#walk('', rules, seen);
    let after = 0n;
    for (;;) {
      const rows = this.#catalog
        .statement('SELECT id FROM files WHERE id > ? ORDER BY id LIMIT ?')
        .all(after, ROWS_BATCH);
      if (rows.length === 0) return;
      for (const row of rows) {
        after = row.id as bigint;
        if (!seen.has(Number(after))) yield* this.#goneRow(after, rules);
      }
      yield null;
    }
  }

  /** Some paths (as on disk) and what is below them. */
  *paths(disks: readonly string[]): Generator<Finding | null> {
    const rules = new IgnoreRules(this.#root);
    const seen = new FileSet();
    const tops = topsOf(disks).filter((disk) => !disk.split('/').some(isHidden));
    for (const [index, disk] of tops.entries()) {
      if (index % PATHS_BREATH === 0) yield null;
      const kind = this.#kindOf(disk);
      const isFolder = kind === 'folder' && !ignoresFolder(rules, disk);
      if (isFolder) yield* this.#walk(disk, rules, seen);
      else this.#watcher.forget(disk);
      if (kind === 'file' && !rules.ignoresFile(disk)) yield* this.#compare(disk, seen);
    }
    for (const [index, disk] of tops.entries()) {
      if (index % PATHS_BREATH === 0) yield null;
      yield* this.#goneBelow(disk, rules, seen);
    }
  }

  *#walk(top: string, rules: IgnoreRules, seen: FileSet): Generator<Finding | null> {
    const folders = [top];
    let entriesSince = 0;
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      this.#watcher.see(folder);
      const entries = this.#entriesOf(folder);
      if (typeof entries === 'string') {
        yield skipped(folder, 'unreadable', entries);
        continue;
      }
      const below = new Set<string>();
      for (const entry of entries) {
        entriesSince += 1;
        if (entriesSince % ENTRIES_BREATH === 0) yield null;
        if (!isUtf8(entry.name)) {
          yield skipped(join(folder, shownBytes(entry.name)), 'not_utf8');
          continue;
        }
        const name = entry.name.toString('utf8');
        const disk = folder === '' ? name : `${folder}/${name}`;
        if (entry.isSymbolicLink() || rules.ignoresEntry(disk, entry.isDirectory())) continue;
        if (entry.isDirectory()) {
          folders.push(disk);
          below.add(name);
        } else yield* this.#compare(disk, seen);
      }
      this.#watcher.keepBelow(folder, below);
    }
  }

  /** Or the system's code when they cannot be read: what is below counts as unknown then, not as gone. */
  #entriesOf(folder: string) {
    try {
      return readdirSync(join(this.#root, folder), { withFileTypes: true, encoding: 'buffer' });
    } catch (error) {
      if (isAbsent(error)) return []; // Renamed or removed meanwhile: the folder above tells.
      return (error as NodeJS.ErrnoException).code ?? 'unknown';
    }
  }

  *#compare(disk: string, seen: FileSet): Generator<Finding> {
    const stat = this.#statOf(disk);
    if (typeof stat === 'string') {
      yield skipped(disk, 'unreadable', stat);
      return;
    }
    if (stat === null || !stat.isFile()) return;
    const path = disk.normalize('NFC');
    const stamp = stampOf(stat);
    const unchanged = this.#unchangedId(path, disk, stamp);
    if (unchanged !== null) {
      seen.add(unchanged);
      return;
    }
    const known = this.#rowOf(path);
    if (known !== null) {
      if (known.disk !== disk && disk !== path && this.#kindOf(known.disk) === 'file') {
        yield skipped(disk, 'same_name', `as ${known.disk}`);
        return;
      }
      seen.add(Number(known.id));
      if (known.incoming !== null) return; // An upload is bringing it.
    } else {
      const fault = nameFault(path);
      if (fault !== null) {
        yield skipped(disk, fault === 'name.control' ? 'control_character' : 'bad_name', fault);
        return;
      }
      if (this.#isBeingWithdrawn(path)) return;
    }
    const from = this.#movedFrom(path, stamp);
    yield from === null
      ? { type: 'candidate', path, disk, stamp }
      : { type: 'moved', from, path, disk, stamp };
  }

  *#goneBelow(disk: string, rules: IgnoreRules, seen: FileSet): Generator<Finding | null> {
    const path = disk.normalize('NFC');
    const own = this.#rowOf(path);
    if (own !== null && own.incoming === null && !seen.has(Number(own.id)))
      yield* this.#gone(path, own.disk, rules);
    // '0' follows '/': all that begins with `path/`.
    let after = disk === '' ? '' : `${path}/`;
    const end = disk === '' ? '\u{10ffff}' : `${path}0`;
    for (;;) {
      const rows = this.#catalog
        .statement(
          `SELECT id, path, disk FROM files WHERE path > ? AND path < ? AND incoming IS NULL AND why = 'own'
           ORDER BY path LIMIT ?`,
        )
        .all(after, end, ROWS_BATCH);
      if (rows.length === 0) return;
      for (const row of rows) {
        after = row.path as string;
        if (!seen.has(Number(row.id))) yield* this.#gone(after, row.disk as string, rules);
      }
      yield null;
    }
  }

  *#goneRow(id: bigint, rules: IgnoreRules): Generator<Finding> {
    const row = this.#catalog
      .statement(`SELECT path, disk FROM files WHERE id = ? AND incoming IS NULL AND why = 'own'`)
      .get(id);
    if (row !== undefined) yield* this.#gone(row.path as string, row.disk as string, rules);
  }

  *#gone(path: string, disk: string, rules: IgnoreRules): Generator<Finding> {
    const kind = this.#kindOf(disk);
    if (kind === 'unknown' || (kind === 'file' && !rules.ignoresFile(disk))) return;
    yield { type: 'gone', path, disk, isAbsent: kind !== 'file' };
  }

  /** What stands at `disk`, when no folder on the way is a symlink. */
  #kindOf(disk: string): 'file' | 'folder' | 'other' | 'absent' | 'unknown' {
    try {
      for (let slash = disk.indexOf('/'); slash !== -1; slash = disk.indexOf('/', slash + 1)) {
        const above = lstatOrNothing(join(this.#root, disk.slice(0, slash)));
        if (above === null || !above.isDirectory()) return 'absent';
      }
      const stat = lstatOrNothing(join(this.#root, disk));
      if (stat === null) return 'absent';
      return stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : 'other';
    } catch {
      return 'unknown';
    }
  }

  #statOf(disk: string) {
    try {
      return lstatOrNothing(join(this.#root, disk));
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'unknown';
    }
  }

  /** The number of the row that says just this: one cheap question for nearly every file of every scan. */
  #unchangedId(path: string, disk: string, stamp: FileStamp): number | null {
    const row = this.#catalog
      .statement(
        `SELECT id FROM files WHERE path = ? AND disk = ? AND inode = ? AND size = ? AND mtime_ns = ? AND ctime_ns = ?`,
      )
      .get(path, disk, toColumn(stamp.inode), stamp.size, stamp.mtimeNs, stamp.ctimeNs);
    return row === undefined ? null : Number(row.id);
  }

  #rowOf(path: string): KnownRow | null {
    const row = this.#catalog.statement('SELECT id, disk, incoming FROM files WHERE path = ?').get(path);
    return row === undefined ? null : (row as unknown as KnownRow);
  }

  #isBeingWithdrawn(path: string): boolean {
    return (
      this.#catalog.statement('SELECT 1 FROM trash WHERE path = ? AND moved = 0').get(path) !== undefined
    );
  }

  /** The path of a row whose file stands there no longer, and is this one. */
  #movedFrom(path: string, stamp: FileStamp): string | null {
    const rows = this.#catalog
      .statement(
        `SELECT ${FILE_COLUMNS} FROM files WHERE inode = ? AND size = ? AND mtime_ns = ? AND path <> ? AND incoming IS NULL`,
      )
      .all(toColumn(stamp.inode), stamp.size, stamp.mtimeNs, path) as CatalogRow[];
    for (const row of rows.map(fileOfRow)) {
      if (!isSameFile(row.stamp, stamp)) continue;
      const stat = this.#statOf(row.disk);
      if (stat === null || (typeof stat !== 'string' && stat.ino !== stamp.inode)) return row.path;
    }
    return null;
  }
}

function skipped(place: string, reason: SkipReason, detail = ''): Finding {
  return { type: 'skipped', file: { place, reason }, detail };
}

function ignoresFolder(rules: IgnoreRules, disk: string): boolean {
  return disk !== '' && rules.ignoresFile(`${disk}/x`);
}

/** Without those that lie below another one. */
function topsOf(disks: readonly string[]): string[] {
  const all = new Set(disks);
  return disks.filter((disk) => {
    for (let slash = disk.indexOf('/'); slash !== -1; slash = disk.indexOf('/', slash + 1))
      if (all.has(disk.slice(0, slash))) return false;
    return true;
  });
}

function lstatOrNothing(path: string) {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return null;
    throw error;
  }
}
