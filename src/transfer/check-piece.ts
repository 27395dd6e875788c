/**
 * What happens to one piece, in whatever thread: its bytes are compared with the leaf, then written to their place, then
 * noted in the journal; in this order, so that the journal vouches for nothing that is not there.
 */
import { hash } from 'node:crypto';
import { readSync, writeSync } from 'node:fs';

/** Descriptors are of the process, and good in all its threads. */
export interface PieceCheck {
  readonly index: number;
  readonly length: number;
  /** SHA-256 of the leaf. */
  readonly digest: Uint8Array;
  /** From the start of the file. */
  readonly offset: number;
  /** A file that may have the piece at its place; null: the bytes are in memory already. */
  readonly readFrom: number | null;
  readonly writeTo: number | null;
  readonly journal: number | null;
}

export type PieceVerdict =
  | { readonly type: 'good' }
  /** It is not the leaf. */
  | { readonly type: 'bad' }
  /** The system refused to write. */
  | { readonly type: 'failed'; readonly code: string };

const GOOD: PieceVerdict = { type: 'good' };
const BAD: PieceVerdict = { type: 'bad' };
const ENTRY_BYTES = 4;

/** @param bytes as many as the piece has; filled when it is read from a file */
export function checkPiece(bytes: Buffer, check: PieceCheck): PieceVerdict {
  try {
    if (check.readFrom !== null && !readAll(check.readFrom, bytes, check.offset)) return BAD;
    if (Buffer.compare(hash('sha256', bytes, 'buffer'), check.digest) !== 0) return BAD;
    if (check.writeTo !== null) writeAll(check.writeTo, bytes, check.offset);
    if (check.journal !== null) writeSync(check.journal, journalEntry(check.index));
    return GOOD;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { type: 'failed', code: code ?? message };
  }
}

function journalEntry(index: number): Buffer {
  const entry = Buffer.allocUnsafe(ENTRY_BYTES);
  entry.writeUInt32LE(index);
  return entry;
}

/** False: they are not all there, or cannot be read, which for a piece is the same. */
function readAll(descriptor: number, bytes: Buffer, offset: number): boolean {
  try {
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(descriptor, bytes, done, bytes.length - done, offset + done);
      if (read === 0) return false;
      done += read;
    }
    return true;
  } catch {
    return false;
  }
}

function writeAll(descriptor: number, bytes: Buffer, offset: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(descriptor, bytes, done, bytes.length - done, offset + done);
  }
}
