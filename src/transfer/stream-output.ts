/** Verified pieces into a stream, such as standard output: in order, each as soon as the last has left. */
import type { Writable } from 'node:stream';
import { Problem } from '../problems/problem.ts';
import type { PieceOutput } from './piece-receiver.ts';

export class StreamOutput implements PieceOutput {
  readonly #stream: Writable;
  #last: Promise<void> = Promise.resolve();

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  write(bytes: Uint8Array): Promise<void> {
    this.#last = this.#last.then(
      () =>
        new Promise((resolve, reject) => {
          this.#stream.write(bytes, (error) => {
            if (error) reject(hasEnough(error) ? new Problem('interrupted', {}, error) : error);
            else resolve();
          });
        }),
    );
    return this.#last;
  }
}

/** The reader of a pipe that has enough closes it. */
function hasEnough({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}
