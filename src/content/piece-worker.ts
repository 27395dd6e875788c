/** The thread behind `PieceThread`: hashes the slot that it is told, out of shared memory. */
import { hash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import type { PieceReply, PieceRequest } from './piece-thread.ts';
import { PIECE_BYTES } from './profile.ts';

const memory = workerData as SharedArrayBuffer;

parentPort?.on('message', ({ index, length }: PieceRequest) => {
  const digest = hash('sha256', Buffer.from(memory, index * PIECE_BYTES, length), 'buffer');
  const reply: PieceReply = { index, digest: Uint8Array.from(digest) };
  parentPort?.postMessage(reply);
});
