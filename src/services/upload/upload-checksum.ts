/** `Upload-Checksum` (tus 1.0, checksum extension): the body of one request is kept when it has this digest, else none of it. */
import { createHash } from 'node:crypto';
import type { UploadBody } from '../../library/pouring.ts';
import { Problem } from '../../problems/problem.ts';

/** The extension requires sha1; md5 is left out, because browsers have none. */
export const CHECKSUM_ALGORITHMS = ['sha1', 'sha256', 'sha512'];
const CHECKSUM = /^(\S+) ([A-Za-z0-9+/]+={0,2})$/;

/** Undefined without a header. @throws Problem `bad_request` for an algorithm that is not offered, or what is no checksum */
export function checksumOf(header: string | null): UploadBody['check'] {
  if (header === null) return undefined;
  const [, algorithm = '', text = ''] = CHECKSUM.exec(header) ?? [];
  if (!CHECKSUM_ALGORITHMS.includes(algorithm))
    throw new Problem('bad_request', {
      reason: `Upload-Checksum is an algorithm of ${CHECKSUM_ALGORITHMS.join(', ')}, a space, and a digest in base64`,
    });
  const expected = Buffer.from(text, 'base64');
  const hash = createHash(algorithm);
  return {
    see: (chunk) => hash.update(chunk),
    confirm: () => {
      if (!hash.digest().equals(expected)) throw new Problem('checksum_mismatch');
    },
  };
}
