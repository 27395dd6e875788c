/**
 * The names of blocks and files: CIDv1 of sha2-256 with codec raw (a leaf) or dag-pb (a node), written in base32.
 * Other bases are read and turned into base32, so that one content has one text everywhere inside.
 */
import { base16, base16upper } from 'multiformats/bases/base16';
import { base32, base32upper } from 'multiformats/bases/base32';
import { base36, base36upper } from 'multiformats/bases/base36';
import { base58btc } from 'multiformats/bases/base58';
import { base64, base64pad, base64url, base64urlpad } from 'multiformats/bases/base64';
import { CID } from 'multiformats/cid';
import { create as createDigest } from 'multiformats/hashes/digest';
import { Problem } from '../problems/problem.ts';
import { DIGEST_BYTES } from './profile.ts';

export type Codec = 'raw' | 'dag-pb';

export interface Cid {
  /** Canonical: CIDv1 in lower-case base32. */
  readonly text: string;
  readonly codec: Codec;
  /** SHA-256 of the block. */
  readonly digest: Uint8Array;
}

/** Codes of the multicodec table. */
const CODEC_CODES: Readonly<Record<Codec, number>> = { raw: 0x55, 'dag-pb': 0x70 };
const SHA2_256 = 0x12;

/** Base16, the longest base accepted, needs 73 characters for these 36 bytes. */
const TEXT_MAX = 80;

const anyBase = base32.decoder
  .or(base32upper.decoder)
  .or(base36.decoder)
  .or(base36upper.decoder)
  .or(base58btc.decoder)
  .or(base64.decoder)
  .or(base64pad.decoder)
  .or(base64url.decoder)
  .or(base64urlpad.decoder)
  .or(base16.decoder)
  .or(base16upper.decoder);

/**
 * Reads a CIDv1 in any usual base. CIDv0 (`Qm…`) names trees of another profile and is refused.
 * @throws Problem `bad_cid`
 */
export function parseCid(text: string): Cid {
  const cid = text.length <= TEXT_MAX ? readCid(text) : null;
  if (cid === null) throw new Problem('bad_cid', { cid: text.slice(0, TEXT_MAX) });
  return cid;
}

function readCid(text: string): Cid | null {
  let decoded: CID;
  try {
    decoded = CID.decode(anyBase.decode(text));
  } catch {
    return null;
  }
  const codec = codecOf(decoded.code);
  const { code, digest } = decoded.multihash;
  if (decoded.version !== 1 || codec === null || code !== SHA2_256 || digest.length !== DIGEST_BYTES)
    return null;
  return makeCid(codec, digest);
}

export function makeCid(codec: Codec, digest: Uint8Array): Cid {
  return { text: formatCid(codec, digest), codec, digest };
}

/** The canonical text of the block with this SHA-256. */
export function formatCid(codec: Codec, digest: Uint8Array): string {
  return toMultiformats(codec, digest).toString(base32.encoder);
}

/** The canonical text of a leaf, which for a file of one piece is the file's CID. */
export function rawCid(digest: Uint8Array): string {
  return formatCid('raw', digest);
}

/** As the dag-pb codec wants its links. */
export function toMultiformats(codec: Codec, digest: Uint8Array): CID {
  return CID.createV1(CODEC_CODES[codec], createDigest(SHA2_256, digest));
}

/** Reads a link of a dag-pb node; null when it names a kind of block that no file of the profile has. */
export function fromMultiformats(cid: CID): { codec: Codec; digest: Uint8Array } | null {
  const codec = codecOf(cid.code);
  const { code, digest } = cid.multihash;
  if (cid.version !== 1 || codec === null || code !== SHA2_256 || digest.length !== DIGEST_BYTES) return null;
  return { codec, digest };
}

function codecOf(code: number): Codec | null {
  if (code === CODEC_CODES.raw) return 'raw';
  if (code === CODEC_CODES['dag-pb']) return 'dag-pb';
  return null;
}
