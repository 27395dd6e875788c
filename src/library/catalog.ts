/**
 * What a node knows of its own files: `DATA/catalog.db`, read and written by each of the node's processes over a
 * connection of its own. A file's row and what is to be done on the ring because of it are written in one transaction
 * (`catalog-changes.ts`), so that no publication is lost while the DHT service is down.
 */
import { join } from 'node:path';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { openDatabase, transact } from '../storage/database.ts';
import {
  type CatalogFile,
  type CatalogRow,
  FILE_COLUMNS,
  type FileSnapshot,
  fileOfRow,
  snapshotOfRow,
} from './catalog-file.ts';
import { CATALOG_FILE, CATALOG_MIGRATIONS } from './catalog-schema.ts';
import { actOf, isKeptPath, keptFile, requeueKept } from './replicas/kept-rows.ts';

/** Files read at once where all are gone through. */
const PAGE_FILES = 256;

export interface Pending {
  readonly id: number;
  /**
   * A version that was replaced is withdrawn just before the new one is published. `provide` and `unprovide` are about a content
   * that is kept for others; the path is `/` and its CID then.
   */
  readonly act: 'publish' | 'withdraw' | 'provide' | 'unprovide';
  readonly file: FileSnapshot;
  /** For `withdraw` and `unprovide`: nothing here holds the cid any more, so the node stops providing it. */
  readonly lastCopy: boolean;
}

/** `failing`: the folder is there and cannot be indexed. */
export type LibraryState = 'ready' | 'scanning' | 'suspended' | 'failing';

export interface LibraryTotals {
  readonly files: number;
  readonly bytes: number;
  readonly state: LibraryState;
  /** Why it is suspended or failing. */
  readonly reason?: string;
}

export interface CatalogOptions {
  /** `full` where a commit is acknowledged to somebody outside. */
  readonly synchronous: 'normal' | 'full';
  readonly readOnly?: boolean;
}

export class Catalog {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** @throws Problem `newer_data` */
  static open(dataDir: string, options: CatalogOptions): Catalog {
    return new Catalog(openDatabase(join(dataDir, CATALOG_FILE), CATALOG_MIGRATIONS, options));
  }

  file(path: string): CatalogFile | null {
    const row = this.statement(`SELECT ${FILE_COLUMNS} FROM files WHERE path = ?`).get(path);
    return row === undefined ? null : fileOfRow(row as CatalogRow);
  }

  /** Paths that hold this content, in path order, after the path `after`. */
  filesOf(cid: string, limit: number, after = ''): CatalogFile[] {
    return this.#files(
      `SELECT ${FILE_COLUMNS} FROM files WHERE cid = ? AND path > ? ORDER BY path LIMIT ?`,
      cid,
      after,
      limit,
    );
  }

  /** What holds this content whole: files in path order, then the copy that is kept for others. */
  copiesOf(cid: string, limit: number): CatalogFile[] {
    const files = this.filesOf(cid, limit);
    const kept = files.length < limit ? keptFile(this, cid) : null;
    return kept === null ? files : [...files, kept];
  }

  /** Every path that holds this content, in path order, read page by page. */
  *everyFileOf(cid: string): Generator<CatalogFile> {
    let after = '';
    for (;;) {
      const page = this.filesOf(cid, PAGE_FILES, after);
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE_FILES) return;
      after = last.path;
    }
  }

  /** In path order (by UTF-8 bytes), after the path `after`. */
  list({ after = '', limit }: { readonly after?: string; readonly limit: number }): CatalogFile[] {
    return this.#files(
      `SELECT ${FILE_COLUMNS} FROM files WHERE path > ? ORDER BY path LIMIT ?`,
      after,
      limit,
    );
  }

  /** Files whose path or tags hold `query`, ASCII letters without regard to case. */
  searchLocal(query: string, limit: number): CatalogFile[] {
    const pattern = `%${query.normalize('NFC').replaceAll(/[\\%_]/g, '\\$&')}%`;
    return this.#files(
      `SELECT ${FILE_COLUMNS} FROM files WHERE path LIKE ?1 ESCAPE '\\' OR tags LIKE ?1 ESCAPE '\\'
       ORDER BY path LIMIT ?2`,
      pattern,
      limit,
    );
  }

  /** The size of a content that this node has whole. */
  root(cid: string): { readonly size: number } | null {
    const file = this.#firstFileOf(cid);
    return file === null ? null : { size: file.size };
  }

  totals(): LibraryTotals {
    const counts = this.statement('SELECT files, bytes FROM counts').get();
    const state = (this.state('library') ?? 'scanning') as LibraryState;
    const reason = this.state('reason');
    return {
      files: Number(counts?.files ?? 0),
      bytes: Number(counts?.bytes ?? 0),
      state,
      ...((state === 'suspended' || state === 'failing') && reason !== null ? { reason } : {}),
    };
  }

  /** What waits to be done on the ring, oldest first. Settle in this order: later rows build on earlier ones. */
  pending(limit: number, afterId = 0): Pending[] {
    const rows = this.statement(
      `SELECT *, act = 'withdraw' AND NOT EXISTS (SELECT 1 FROM held WHERE held.cid = pending.cid) AS last
       FROM pending WHERE id > ? ORDER BY id LIMIT ?`,
    ).all(afterId, limit) as CatalogRow[];
    return rows.map((row) => ({
      id: Number(row.id),
      act: actOf(row),
      file: snapshotOfRow(row),
      lastCopy: Number(row.last) === 1,
    }));
  }

  pendingCount(): number {
    return Number(this.statement('SELECT pending FROM counts').get()?.pending ?? 0);
  }

  /** Whether the ring is still to learn something of `path`. */
  isPending(path: string): boolean {
    return this.statement('SELECT 1 FROM pending WHERE path = ? LIMIT 1').get(path) !== undefined;
  }

  /** Strikes out what stands on the ring. */
  settle(ids: readonly number[]): void {
    if (ids.length === 0) return;
    const statement = this.statement('DELETE FROM pending WHERE id = ?');
    this.transact(() => {
      for (const id of ids) statement.run(id);
    });
  }

  /** The newest change that waits, of `path` where one is given; null when none does. */
  lastPending(path?: string): number | null {
    const row =
      path === undefined
        ? this.statement('SELECT max(id) AS id FROM pending').get()
        : this.statement('SELECT max(id) AS id FROM pending WHERE path = ?').get(path);
    return typeof row?.id === 'bigint' ? Number(row.id) : null;
  }

  /** These the ring will never take: they wait no more, and are counted until their paths change. */
  refuse(changes: readonly { readonly id: number; readonly reason: string }[]): void {
    const find = this.statement('SELECT path, cid FROM pending WHERE id = ?');
    const remove = this.statement('DELETE FROM pending WHERE id = ?');
    const insert = this.statement('INSERT OR REPLACE INTO refused VALUES (?, ?, ?)');
    this.transact(() => {
      for (const { id, reason } of changes) {
        const row = find.get(id);
        remove.run(id);
        if (row !== undefined) insert.run(row.path as string, row.cid as string, reason);
      }
    });
  }

  refusedCount(): number {
    return Number(this.statement('SELECT count(*) AS count FROM refused').get()?.count ?? 0);
  }

  /** Paths and contents of files and directories in path order, after `afterPath`; what is kept for others under `/` and its CID. */
  files(afterPath: string, limit: number): { path: string; cid: string }[] {
    const rows = this.statement(
      `SELECT path, cid FROM published WHERE path > ?1
       UNION ALL SELECT '/' || cid AS path, cid FROM kept WHERE whole = 1 AND '/' || cid > ?1
       ORDER BY path LIMIT ?2`,
    ).all(afterPath, limit);
    return rows.map(({ path, cid }) => ({ path: path as string, cid: cid as string }));
  }

  /** Has these files published again, but for those that changed, of whose path a change waits or was refused; how many. */
  requeue(files: readonly { readonly path: string; readonly cid: string }[]): number {
    const insert = this.statement(
      `INSERT INTO pending (act, path, cid, size, modified_ms, type, tags, copies, previous)
       SELECT 'publish', path, cid, size, modified_ms, type, tags, copies, previous FROM published
       WHERE path = ?1 AND cid = ?2 AND NOT EXISTS (SELECT 1 FROM pending WHERE pending.path = ?1)
         AND NOT EXISTS (SELECT 1 FROM refused WHERE refused.path = ?1)`,
    );
    return this.transact(() =>
      files.reduce((queued, { path, cid }) => {
        if (isKeptPath(path)) return queued + requeueKept(this, cid);
        return queued + Number(insert.run(path, cid).changes);
      }, 0),
    );
  }

  /** Changes when another connection has written: cheap to poll. */
  dataVersion(): number {
    return Number(this.statement('PRAGMA data_version').get()?.data_version ?? 0);
  }

  state(name: string): string | null {
    const row = this.statement('SELECT value FROM state WHERE name = ?').get(name);
    return row === undefined ? null : (row.value as string);
  }

  setState(name: string, value: string): void {
    this.statement(
      'INSERT INTO state VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    ).run(name, value);
  }

  /** Keeps the first value that any process gives, and returns it. */
  rememberState(name: string, value: string): string {
    this.statement('INSERT INTO state VALUES (?, ?) ON CONFLICT (name) DO NOTHING').run(name, value);
    return this.state(name) ?? value;
  }

  /** For the rest of this room: a prepared statement that reads integers as `bigint` (times in ns need them). */
  statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      statement.setReadBigInts(true);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** For the rest of this room: one transaction that holds the write lock. */
  transact<Result>(work: () => Result): Result {
    return transact(this.#database, work);
  }

  /** For the rest of this room: savepoints and the like. */
  execute(sql: string): void {
    this.#database.exec(sql);
  }

  close(): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  #firstFileOf(cid: string): CatalogFile | null {
    return this.#files(`SELECT ${FILE_COLUMNS} FROM files WHERE cid = ? LIMIT 1`, cid)[0] ?? null;
  }

  #files(sql: string, ...parameters: SQLInputValue[]): CatalogFile[] {
    return (this.statement(sql).all(...parameters) as CatalogRow[]).map(fileOfRow);
  }
}
