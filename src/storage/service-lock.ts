/**
 * One process for each service over a data directory. The lock is SQLite's own on a small file: the system lets it go
 * when the process dies, however it dies, so no stale lock is ever left.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Problem } from '../problems/problem.ts';

export class ServiceLock {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** @throws Problem `data_in_use` */
  static take(dataDir: string, service: string): ServiceLock {
    const folder = join(dataDir, 'locks');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const database = new DatabaseSync(join(folder, `${service}.sqlite`), { timeout: 0 });
    try {
      database.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
    } catch (error) {
      database.close();
      throw new Problem('data_in_use', { service, dataDir, who: '' }, error);
    }
    return new ServiceLock(database);
  }

  release(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}
