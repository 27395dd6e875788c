/** The rows of `kept` in the catalog, and what the ring is told of them, each change in the caller's transaction. */
import type { StatementSync } from 'node:sqlite';
import type { FileStamp } from '../../content/hash-message.ts';
import { type CatalogFile, type CatalogRow, modifiedMsOf, toColumn } from '../catalog-file.ts';
import type { KeptContent, Reason, ReplicaTotals, WantedContent } from './replica-store.ts';

export const KEPT_COLUMNS = 'cid, size, why, whole, name, type, dev, inode, mtime_ns, ctime_ns, birth_ns';

/** What these need of the catalog. */
interface Statements {
  statement(sql: string): StatementSync;
}

/** A copy as whatever gives out files wants it; `disk` is the CID. */
export function fileOfKeptRow(row: CatalogRow): CatalogFile {
  const stamp: FileStamp = {
    dev: BigInt.asUintN(64, row.dev as bigint),
    inode: BigInt.asUintN(64, row.inode as bigint),
    size: row.size as bigint,
    mtimeNs: row.mtime_ns as bigint,
    ctimeNs: row.ctime_ns as bigint,
    birthtimeNs: row.birth_ns as bigint,
  };
  return {
    path: row.name as string,
    cid: row.cid as string,
    size: Number(row.size),
    modifiedMs: modifiedMsOf(stamp),
    type: row.type as string,
    tags: [],
    copies: 1,
    previous: null,
    why: row.why as Reason,
    disk: row.cid as string,
    stamp,
    incoming: null,
  };
}

/** The whole copy of a content, or null. */
export function keptFile(catalog: Statements, cid: string): CatalogFile | null {
  const row = catalog.statement(`SELECT ${KEPT_COLUMNS} FROM kept WHERE cid = ? AND whole = 1`).get(cid);
  return row === undefined ? null : fileOfKeptRow(row as CatalogRow);
}

/** A whole copy or a part, or null. */
export function keptRow(catalog: Statements, cid: string): KeptContent | null {
  const row = catalog.statement(`SELECT ${KEPT_COLUMNS} FROM kept WHERE cid = ?`).get(cid);
  return row === undefined ? null : contentOfRow(row as CatalogRow);
}

export function keptRows(catalog: Statements, afterCid: string, limit: number): KeptContent[] {
  const rows = catalog
    .statement(`SELECT ${KEPT_COLUMNS} FROM kept WHERE cid > ? ORDER BY cid LIMIT ?`)
    .all(afterCid, limit);
  return (rows as CatalogRow[]).map(contentOfRow);
}

/** Whole copies and parts; of parts what they will be. */
export function keptTotals(catalog: Statements): ReplicaTotals {
  const row = catalog
    .statement('SELECT count(*) AS contents, coalesce(sum(size), 0) AS bytes FROM kept')
    .get();
  return { contents: Number(row?.contents), bytes: Number(row?.bytes) };
}

/** What parts may still need. */
export function promisedBytes(catalog: Statements): number {
  const row = catalog.statement('SELECT coalesce(sum(size), 0) AS bytes FROM kept WHERE whole = 0').get();
  return Number(row?.bytes);
}

/** A part from now on; what is there already stays as it is. */
export function beginKept(catalog: Statements, { cid, size, reason, name, type }: WantedContent): void {
  catalog
    .statement(
      `INSERT INTO kept (${KEPT_COLUMNS}) VALUES (?, ?, ?, 0, ?, ?, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING`,
    )
    .run(cid, size, reason, name, type);
}

/** Whole from now on: the ring is told. */
export function finishKept(catalog: Statements, cid: string, stamp: FileStamp): void {
  const { changes } = catalog.statement('UPDATE kept SET whole = 1 WHERE cid = ? AND whole = 0').run(cid);
  if (Number(changes) === 0) return;
  restampKept(catalog, cid, stamp);
  tell(catalog, 'publish', cid);
}

/** The bytes that `stamp` is of are those of the content. */
export function restampKept(catalog: Statements, cid: string, stamp: FileStamp): void {
  const { dev, inode, mtimeNs, ctimeNs, birthtimeNs } = stamp;
  catalog
    .statement('UPDATE kept SET dev = ?, inode = ?, mtime_ns = ?, ctime_ns = ?, birth_ns = ? WHERE cid = ?')
    .run(toColumn(dev), toColumn(inode), mtimeNs, ctimeNs, birthtimeNs, cid);
}

/** Returns false when there was no row. */
export function dropKept(catalog: Statements, cid: string): boolean {
  const row = catalog.statement('DELETE FROM kept WHERE cid = ? RETURNING whole').get(cid);
  if (row?.whole === 1n) tell(catalog, 'withdraw', cid);
  return row !== undefined;
}

/** The ring is told again that the node provides it; returns 0 when it is not kept, or a change of it waits. */
export function requeueKept(catalog: Statements, cid: string): number {
  const waits = catalog.statement('SELECT 1 FROM pending WHERE path = ?').get(keptPath(cid)) !== undefined;
  if (waits || keptFile(catalog, cid) === null) return 0;
  tell(catalog, 'publish', cid);
  return 1;
}

export function isKeptPath(path: string): boolean {
  return path.startsWith('/');
}

export function actOf({ act, kept }: CatalogRow): 'publish' | 'withdraw' | 'provide' | 'unprovide' {
  if (kept === 0n) return act as 'publish' | 'withdraw';
  return act === 'publish' ? 'provide' : 'unprovide';
}

function keptPath(cid: string): string {
  return `/${cid}`;
}

function tell(catalog: Statements, act: 'publish' | 'withdraw', cid: string): void {
  catalog
    .statement(
      `INSERT INTO pending (act, path, cid, size, modified_ms, type, tags, copies, previous, kept)
       VALUES (?, ?, ?, 0, 0, '', '[]', 1, NULL, 1)`,
    )
    .run(act, keptPath(cid), cid);
}

function contentOfRow(row: CatalogRow): KeptContent {
  return {
    cid: row.cid as string,
    size: Number(row.size),
    reason: row.why as Reason,
    name: row.name as string,
    type: row.type as string,
    isWhole: row.whole === 1n,
  };
}
