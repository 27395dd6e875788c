/** A worker thread that hashes files by path: reads of 1 MiB into one buffer, which SHA-256 then takes whole. */
import { hash } from 'node:crypto';
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { FileStamp, HashBatch, HashedFile, HashOutcome, HashReply } from './hash-message.ts';
import { LeafList } from './leaf-list.ts';
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
    const leaves = readLeaves(descriptor, Number(stamp.size), cancelled);
    if (leaves === null) return { type: 'cancelled' };
    const after = stampOf(fstatSync(descriptor, { bigint: true }));
    const file: HashedFile = { ...leaves.finish(), before: stamp, after };
    return { type: 'hashed', file };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { type: 'failed', code: code ?? 'unknown', message };
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

/** Reads as many bytes as the file had when it was opened; one that grows meanwhile shows it in its second stamp. */
function readLeaves(descriptor: number, size: number, cancelled: Int32Array): LeafList | null {
  const leaves = new LeafList();
  for (let position = 0; position < size; ) {
    if (Atomics.load(cancelled, 0) !== 0) return null;
    const filled = fillPiece(descriptor, position, Math.min(PIECE_BYTES, size - position));
    if (filled === 0) break;
    leaves.add(hash('sha256', piece.subarray(0, filled), 'buffer'), filled);
    position += filled;
    if (filled < PIECE_BYTES) break; // The last piece, or a file that was cut: the stamps tell which.
  }
  return leaves;
}

function fillPiece(descriptor: number, position: number, wanted: number): number {
  let filled = 0;
  while (filled < wanted) {
    const read = readSync(descriptor, piece, filled, wanted - filled, position + filled);
    if (read === 0) break;
    filled += read;
  }
  return filled;
}

function stampOf(stat: BigIntStats): FileStamp {
  const { dev, ino, size, mtimeNs, ctimeNs, birthtimeNs } = stat;
  return { dev, inode: ino, size, mtimeNs, ctimeNs, birthtimeNs };
}

parentPort?.on('message', ({ paths, cancelled }: HashBatch) => {
  const flag = new Int32Array(cancelled);
  const outcomes = paths.map((path) =>
    Atomics.load(flag, 0) === 0 ? hashFile(path, flag) : { type: 'cancelled' },
  );
  parentPort?.postMessage({ outcomes } as HashReply);
});
