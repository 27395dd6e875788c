/** A file as the catalog has it, and how its row is read. */
import type { SQLOutputValue } from 'node:sqlite';
import type { FileStamp } from '../content/hash-message.ts';

/** Why a node keeps a content (contract, "Names and files"). */
export type Why = 'own' | 'replica' | 'custody';

/** What of a file is published. */
export interface FileSnapshot {
  /** In NFC, `/` between components. */
  readonly path: string;
  readonly cid: string;
  /** Bytes. */
  readonly size: number;
  /** Unix milliseconds. */
  readonly modifiedMs: number;
  readonly type: string;
  readonly tags: readonly string[];
  /** Copies wanted on the network. */
  readonly copies: number;
  /** The CID that this one replaced under the path. */
  readonly previous: string | null;
}

export interface CatalogFile extends FileSnapshot {
  readonly why: Why;
  /** The path as the folder spells it: not always NFC. */
  readonly disk: string;
  /** Of the bytes that were hashed. */
  readonly stamp: FileStamp;
  /** Where under `.anillo` the bytes stand, until their rename is known to be done. */
  readonly incoming: string | null;
}

export type CatalogRow = { readonly [column: string]: SQLOutputValue };

export const FILE_COLUMNS =
  'path, disk, cid, dev, inode, size, mtime_ns, ctime_ns, birth_ns, type, tags, copies, previous, why, incoming';

const NS_PER_MS = 1_000_000n;

export function modifiedMsOf(stamp: FileStamp): number {
  return Number(stamp.mtimeNs / NS_PER_MS);
}

export function fileOfRow(row: CatalogRow): CatalogFile {
  const mtimeNs = row.mtime_ns as bigint;
  return {
    path: row.path as string,
    cid: row.cid as string,
    size: Number(row.size),
    modifiedMs: Number(mtimeNs / NS_PER_MS),
    type: row.type as string,
    tags: tagsOfColumn(row.tags as string),
    copies: Number(row.copies),
    previous: row.previous as string | null,
    why: row.why as Why,
    disk: row.disk as string,
    stamp: {
      dev: BigInt.asUintN(64, row.dev as bigint),
      inode: BigInt.asUintN(64, row.inode as bigint),
      size: row.size as bigint,
      mtimeNs,
      ctimeNs: row.ctime_ns as bigint,
      birthtimeNs: row.birth_ns as bigint,
    },
    incoming: row.incoming as string | null,
  };
}

export function snapshotOfRow(row: CatalogRow): FileSnapshot {
  return {
    path: row.path as string,
    cid: row.cid as string,
    size: Number(row.size),
    modifiedMs: Number(row.modified_ms),
    type: row.type as string,
    tags: tagsOfColumn(row.tags as string),
    copies: Number(row.copies),
    previous: row.previous as string | null,
  };
}

function tagsOfColumn(text: string): readonly string[] {
  return text === '[]' ? [] : (JSON.parse(text) as string[]);
}

/** Identifiers of devices and inodes are unsigned, SQLite's integers are not. */
export function toColumn(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}
