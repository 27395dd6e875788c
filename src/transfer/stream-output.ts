/** Verified pieces into a stream, such as standard output: in file order, each as soon as the last has left. */
import type { Writable } from 'node:stream';
import { Problem } from '../problems/problem.ts';
import { SLOTS } from './piece-checker.ts';
import type { PieceOutput } from './piece-output.ts';

interface Waiting {
  readonly bytes: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

export class StreamOutput implements PieceOutput {
  readonly descriptor = null;
  readonly journalDescriptor = null;
  /** With a slot for each piece that may be under way, the next one to leave always finds one. */
  readonly windowPieces = SLOTS;
  readonly #stream: Writable;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #writing = false;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  put(index: number, bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(index, { bytes, resolve, reject });
      this.#writeNext();
    });
  }

  problem(code: string): Problem {
    return new Problem('internal', { reason: code });
  }

  #writeNext(): void {
    const waiting = this.#waiting.get(this.#next);
    if (this.#writing || waiting === undefined) return;
    this.#writing = true;
    this.#waiting.delete(this.#next);
    this.#next += 1;
    this.#stream.write(waiting.bytes, (error) => {
      this.#writing = false;
      if (error) waiting.reject(hasEnough(error) ? new Problem('interrupted', {}, error) : error);
      else waiting.resolve();
      this.#writeNext();
    });
  }
}

/** The reader of a pipe that has enough closes it. */
function hasEnough({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}
