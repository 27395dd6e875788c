/**
 * `Repr-Digest` (RFC 9530): SHA-256 of the whole file, also beside a range of it. Where it is not known it is computed for whoever
 * takes a small file whole, and of a large one for whoever asks for it (`Want-Repr-Digest`): that reads the file once more.
 */
import type { CatalogFile } from '../../library/catalog-file.ts';
import type { Library } from '../../library/library.ts';
import type { HttpRequest } from '../http/http-server.ts';

/** About 20 ms. */
const SMALL_BYTES = 16 * 1_048_576;

/** The header's value, or null. */
export async function reprDigestOf(
  library: Library,
  file: CatalogFile,
  request: HttpRequest,
): Promise<string | null> {
  const digest = library.digests.known(file.cid) ?? (await compute(library, file, request));
  return digest === null ? null : `sha-256=:${Buffer.from(digest).toString('base64')}:`;
}

async function compute(
  library: Library,
  file: CatalogFile,
  request: HttpRequest,
): Promise<Uint8Array | null> {
  const { 'want-repr-digest': wanted, range } = request.headers;
  const isSmall = file.size <= SMALL_BYTES && range === undefined;
  return isSmall || isWanted(wanted) ? library.digests.of(file) : null;
}

/** A dictionary of weights, of which 0 is "no" (section 4). */
function isWanted(header: string | string[] | undefined): boolean {
  const weight = /(?:^|,)\s*sha-256\s*(?:=\s*(\d+)\s*)?(?:$|[,;])/.exec(String(header ?? ''));
  return weight !== null && Number(weight[1] ?? 1) > 0;
}
