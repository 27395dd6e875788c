/** What the catalog keeps of a withdrawn file, and how its row is read. */
import type { FileStamp } from '../content/hash-message.ts';
import { type CatalogRow, modifiedMsOf } from './catalog-file.ts';

export interface TrashEntry {
  readonly id: string;
  readonly path: string;
  readonly cid: string;
  /** Bytes. */
  readonly size: number;
  readonly modifiedMs: number;
  readonly deletedMs: number;
  readonly type: string;
  readonly tags: readonly string[];
  readonly copies: number;
  /** As the folder spelt the path. */
  readonly disk: string;
  readonly stamp: FileStamp;
}

export function trashEntryOfRow(row: CatalogRow): TrashEntry {
  const mtimeNs = row.mtime_ns as bigint;
  const stamp: FileStamp = {
    dev: BigInt.asUintN(64, row.dev as bigint),
    inode: BigInt.asUintN(64, row.inode as bigint),
    size: row.size as bigint,
    mtimeNs,
    ctimeNs: 0n, // Moves with the rename; nothing compares it.
    birthtimeNs: 0n,
  };
  return {
    id: row.id as string,
    path: row.path as string,
    cid: row.cid as string,
    size: Number(stamp.size),
    modifiedMs: modifiedMsOf(stamp),
    deletedMs: Number(row.deleted_ms),
    type: row.type as string,
    tags: JSON.parse(row.tags as string) as string[],
    copies: Number(row.copies),
    disk: row.disk as string,
    stamp,
  };
}
