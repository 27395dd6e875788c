/** Leases as they survive a restart: what was left of each when last written. Runs in the worker. */
import type { DatabaseSync } from 'node:sqlite';
import type { StoredLease } from './record-tasks.ts';

export function loadLeases(database: DatabaseSync): StoredLease[] {
  return database
    .prepare('SELECT node, remaining_ms, encoded FROM leases')
    .all()
    .map((row) => ({
      node: Buffer.from(row.node as Uint8Array).toString('hex'),
      remainingMs: Number(row.remaining_ms),
      lease: row.encoded as Uint8Array,
    }));
}

/** Inside the caller's transaction. */
export function saveLeases(
  database: DatabaseSync,
  leases: readonly StoredLease[],
  ended: readonly string[],
): void {
  const put = database.prepare('INSERT OR REPLACE INTO leases VALUES (?, ?, ?)');
  for (const { node, remainingMs, lease } of leases) {
    put.run(Buffer.from(node, 'hex'), Math.round(remainingMs), lease);
  }
  const remove = database.prepare('DELETE FROM leases WHERE node = ?');
  for (const node of ended) remove.run(Buffer.from(node, 'hex'));
}
