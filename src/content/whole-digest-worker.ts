/** The thread behind `WholeDigester`: reads 1 MiB at a time. Descriptors are the process's, so that no name is opened twice. */
import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { PIECE_BYTES } from './profile.ts';
import type { DigestReply, DigestRequest } from './whole-digest.ts';

const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);

function digestOf({ descriptor, size }: DigestRequest): DigestReply {
  const hash = createHash('sha256');
  try {
    for (let position = 0; position < size; ) {
      const read = readSync(descriptor, buffer, 0, Math.min(buffer.length, size - position), position);
      if (read === 0) break; // It was cut: whoever asked sees that by its stamp.
      hash.update(buffer.subarray(0, read));
      position += read;
    }
    return { digest: hash.digest() };
  } catch (error) {
    return { failed: (error as Error).message };
  }
}

parentPort?.on('message', (request: DigestRequest) => parentPort?.postMessage(digestOf(request)));
