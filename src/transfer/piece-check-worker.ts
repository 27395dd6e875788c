/** The threads behind `PieceChecker`: each checks the slots of shared memory that it is told. */
import { parentPort, workerData } from 'node:worker_threads';
import { PIECE_BYTES } from '../content/profile.ts';
import { checkPiece } from './check-piece.ts';
import type { CheckReply, CheckRequest } from './piece-checker.ts';

const memory = workerData as SharedArrayBuffer;

parentPort?.on('message', ({ slot, check }: CheckRequest) => {
  const verdict = checkPiece(Buffer.from(memory, slot * PIECE_BYTES, check.length), check);
  parentPort?.postMessage({ slot, verdict } satisfies CheckReply);
});
