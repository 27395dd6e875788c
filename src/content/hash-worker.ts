/** A worker thread that hashes files by path: reads of 1 MiB into one buffer, which SHA-256 then takes whole. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { FileStamp, HashBatch, HashedFile, HashOutcome, HashReply } from './hash-message.ts';
import { PieceHasher } from './piece-hasher.ts';
import { PIECE_BYTES } from './profile.ts';

// A symlink could lead out of the shared folder, and opening a pipe would wait for its writer.
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);

function hashFile(path: string, cancelled: Int32Array): HashOutcome {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(path, OPEN_FLAGS);
    const before = fstatSync(descriptor, { bigint: true });
    if (!before.isFile())
      return { type: 'failed', code: 'not_a_file', message: `${path} is not a regular file` };
    const stamp = stampOf(before);
    const hasher = readPieces(descriptor, Number(stamp.size), cancelled);
    if (hasher === null) return { type: 'cancelled' };
    const after = stampOf(fstatSync(descriptor, { bigint: true }));
    const file: HashedFile = { ...hasher.finish(), before: stamp, after };
    return { type: 'hashed', file };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { type: 'failed', code: code ?? 'unknown', message };
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

/** Reads as many bytes as the file had when it was opened; one that grows meanwhile shows it in its second stamp. */
function readPieces(descriptor: number, size: number, cancelled: Int32Array): PieceHasher | null {
  const hasher = new PieceHasher();
  for (let position = 0; position < size; ) {
    if (Atomics.load(cancelled, 0) !== 0) return null;
    const read = readSync(descriptor, piece, 0, Math.min(PIECE_BYTES, size - position), position);
    if (read === 0) break;
    hasher.update(piece.subarray(0, read));
    position += read;
  }
  return hasher;
}

function stampOf(stat: {
  dev: bigint;
  ino: bigint;
  size: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
}): FileStamp {
  const { dev, ino, size, mtimeNs, ctimeNs } = stat;
  return { dev, inode: ino, size, mtimeNs, ctimeNs };
}

parentPort?.on('message', ({ paths, cancelled }: HashBatch) => {
  const flag = new Int32Array(cancelled);
  const outcomes = paths.map((path) =>
    Atomics.load(flag, 0) === 0 ? hashFile(path, flag) : { type: 'cancelled' },
  );
  parentPort?.postMessage({ outcomes } as HashReply);
});
