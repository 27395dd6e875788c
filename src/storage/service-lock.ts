/**
 * One process for each service over a data directory. The lock is SQLite's own on a small file: the system lets it go
 * when the process dies, however it dies, so no stale lock is ever left.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Problem } from '../problems/problem.ts';

/** Result codes of SQLite (sqlite.org/rescode.html), and what the system calls the others. */
const SQLITE_BUSY = 5;
const ERRNO_OF_SQLITE: Readonly<Record<number, string>> = {
  8: 'EROFS',
  10: 'EIO',
  13: 'ENOSPC',
  14: 'EACCES',
};

export class ServiceLock {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** @throws Problem `data_in_use` where another process holds it, `cannot_write` */
  static take(dataDir: string, service: string): ServiceLock {
    const folder = join(dataDir, 'locks');
    const holder = join(folder, `${service}.pid`);
    let database: DatabaseSync | null = null;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      database = new DatabaseSync(join(folder, `${service}.sqlite`), { timeout: 0 });
      database.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
      writeFileSync(holder, `${process.pid}\n`);
      return new ServiceLock(database);
    } catch (error) {
      database?.close();
      const { code, errcode, message } = error as NodeJS.ErrnoException & { readonly errcode?: number };
      if (errcode === SQLITE_BUSY)
        throw new Problem('data_in_use', { service, dataDir, who: describeHolder(holder) }, error);
      const reason = errcode === undefined ? (code ?? message) : (ERRNO_OF_SQLITE[errcode] ?? message);
      throw new Problem('cannot_write', { path: folder, reason }, error);
    }
  }

  release(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

/** Whoever holds the lock wrote its process id; empty where that cannot be read. */
function describeHolder(file: string): string {
  try {
    return ` (PID ${Number.parseInt(readFileSync(file, 'utf8'), 10)})`;
  } catch {
    return '';
  }
}
