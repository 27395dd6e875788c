/** What the hasher and its worker threads say to each other. */
import type { HashedContent } from './leaf-list.ts';

/** What `fstat` said of an open file; two that differ mean that the file was touched in between. */
export interface FileStamp {
  readonly dev: bigint;
  readonly inode: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  /** When the inode was made; 0 where the filesystem does not tell, or it was not asked. */
  readonly birthtimeNs: bigint;
}

export interface HashedFile extends HashedContent {
  /** Both taken on the descriptor that was read: before the first byte and after the last. */
  readonly before: FileStamp;
  readonly after: FileStamp;
}

/** One file's end. `failed` carries the system's code (`ENOENT`, `EACCES`, `ELOOP` for a symlink) or `not_a_file`. */
export type HashOutcome =
  | { readonly type: 'hashed'; readonly file: HashedFile }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  | { readonly type: 'cancelled' };

export interface HashBatch {
  readonly paths: readonly string[];
  /** One `Int32`, looked at before every piece: other than 0, the batch is to be given up. */
  readonly cancelled: SharedArrayBuffer;
}

export interface HashReply {
  readonly outcomes: readonly HashOutcome[];
}

/** Not the time of birth: not every stamp has one, and who has all these in common has that too. */
export function sameStamp(a: FileStamp, b: FileStamp): boolean {
  return (
    a.dev === b.dev &&
    a.inode === b.inode &&
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs
  );
}
