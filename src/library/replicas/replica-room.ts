/** How much a node may keep for others: a quota, never the reserve, and no more than its owner's files could take. */
import { mkdirSync, statfsSync } from 'node:fs';

/** Of what would be free without what is kept for others, so much may be kept: the disk is its owner's first. */
const SHARE = 0.5;

export interface RoomUse {
  /** Of whole copies and of parts, as they will be. */
  readonly keptBytes: number;
  /** Of parts, as they will be: some of it may be written already. */
  readonly promisedBytes: number;
}

export interface RoomBounds {
  readonly replicasMaxBytes: number;
  readonly reserveBytes: number;
}

/** Bytes that may be promised beyond `use`, by what is free on the disk. */
export function roomBytes(freeBytes: number, use: RoomUse, bounds: RoomBounds): number {
  const open = freeBytes - use.promisedBytes;
  const share = (freeBytes + use.keptBytes - use.promisedBytes) * SHARE - use.keptBytes;
  const room = Math.min(bounds.replicasMaxBytes - use.keptBytes, open - bounds.reserveBytes, share);
  return Math.max(0, Math.floor(room));
}

/** Of the disk that `folder` is on. */
export function freeBytesAt(folder: string): number {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
