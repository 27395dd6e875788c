/**
 * Metalink 4 (RFC 5854): one file, where it is, and SHA-256 of it whole and of each 1 MiB. Every place has the same
 * priority: a client takes from all of them at once.
 */
import { PIECE_BYTES } from '../../content/profile.ts';

export const METALINK = 'application/metalink4+xml';

export interface MetalinkFile {
  /** The name to save under, without a folder. */
  readonly name: string;
  readonly cid: string;
  readonly size: number;
  /** SHA-256 of all bytes; null when nobody knows it. */
  readonly digest: Uint8Array | null;
  /** SHA-256 of each piece, in order. */
  readonly pieces: AsyncIterable<Uint8Array>;
  /** `host:port` of download services. */
  readonly endpoints: readonly string[];
}

/** The document, a line or more at a time. @throws what `pieces` throws */
export async function* metalinkOf(file: MetalinkFile): AsyncGenerator<string> {
  const { name, cid, size, digest, pieces, endpoints } = file;
  yield '<?xml version="1.0" encoding="UTF-8"?>\n<metalink xmlns="urn:ietf:params:xml:ns:metalink">\n';
  yield ` <file name="${escaped(name)}">\n  <identity>${cid}</identity>\n  <size>${size}</size>\n`;
  if (digest !== null) yield `  <hash type="sha-256">${hex(digest)}</hash>\n`;
  // No bytes have no pieces that a client would check.
  if (size > 0) {
    yield `  <pieces length="${PIECE_BYTES}" type="sha-256">\n`;
    for await (const piece of pieces) yield `   <hash>${hex(piece)}</hash>\n`;
    yield '  </pieces>\n';
  }
  for (const endpoint of endpoints)
    yield `  <url priority="1">http://${escaped(endpoint)}/ipfs/${cid}</url>\n`;
  yield ' </file>\n</metalink>\n';
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** What XML 1.0 cannot hold even as a reference (section 2.2). */
const UNFIT = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

function escaped(text: string): string {
  return text.replace(UNFIT, '_').replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
