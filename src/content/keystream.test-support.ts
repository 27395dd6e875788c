/**
 * Content for tests of any size, made as it is read: the keystream of ChaCha20 (RFC 8439) under SHA-256 of a seed, nonce
 * and counter 0. The fixtures of IPIP-499 are made of it, so that their CIDs can be compared.
 */
import { createCipheriv, createHash } from 'node:crypto';

const CHUNK_BYTES = 1_048_576;

/** `size` bytes in chunks of `chunkBytes`; the chunks are not reused. */
export function* keystream(
  seed: string,
  size: number,
  chunkBytes = CHUNK_BYTES,
): Generator<Uint8Array<ArrayBuffer>> {
  const cipher = createCipheriv('chacha20', createHash('sha256').update(seed).digest(), Buffer.alloc(16));
  const zeros = Buffer.alloc(Math.min(chunkBytes, size));
  for (let left = size; left > 0; left -= Math.min(left, chunkBytes)) {
    yield new Uint8Array(cipher.update(left < zeros.length ? zeros.subarray(0, left) : zeros));
  }
}

export function keystreamBytes(seed: string, size: number): Uint8Array<ArrayBuffer> {
  const [bytes] = keystream(seed, size, size);
  return bytes ?? new Uint8Array(0);
}
