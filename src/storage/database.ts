/**
 * Opens a SQLite file: WAL, a busy timeout (its default of 0 loses writes between processes), and a schema that only
 * moves forward by `user_version`.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Problem } from '../problems/problem.ts';

const BUSY_TIMEOUT_MS = 10_000;

export interface DatabaseOptions {
  /**
   * `normal` survives the death of the process; `full` also the loss of power.
   * Choose `full` where the caller acknowledges what it commits to somebody outside.
   */
  readonly synchronous: 'normal' | 'full';
  /** A reader never waits for a writer, and cannot write. The file must exist. */
  readonly readOnly?: boolean;
}

/** Each entry brings the schema from version i to i + 1; never edited once released. */
export type Migrations = readonly string[];

/** Opens `file`, creating it and its folder, and migrates it. @throws Problem `newer_data` */
export function openDatabase(file: string, migrations: Migrations, options: DatabaseOptions): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS, readOnly: options.readOnly ?? false });
  if (options.readOnly) return database;
  try {
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${options.synchronous}; PRAGMA foreign_keys = ON;`,
    );
    migrate(database, file, migrations);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function migrate(database: DatabaseSync, file: string, migrations: Migrations): void {
  transact(database, () => {
    const found = schemaVersion(database);
    if (found > migrations.length) throw new Problem('newer_data', { file, found, known: migrations.length });
    for (const migration of migrations.slice(found)) database.exec(migration);
    if (found < migrations.length) database.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}

function schemaVersion(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
}

/** Runs `work` in one transaction that takes the write lock at once; rolls back when it throws. */
export function transact<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // A full disk may have rolled back already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
