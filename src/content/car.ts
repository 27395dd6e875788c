/**
 * CAR version 1 (IPLD, "Content Addressable aRchives"): a header in DAG-CBOR that names a root, then blocks, each with its
 * CID; before the header and before each block stands a length as an unsigned LEB128 number.
 */
import { type Cid, toMultiformats } from './cid.ts';

/** DAG-CBOR of `{"roots": [CID], "version": 1}`: a map of 2; a text of 5; a list of 1; tag 42; bytes, of which the first is 0. */
const ROOTS = Buffer.from('\xa2\x65roots\x81\xd8\x2a', 'latin1');
/** Major type 2, bytes: up to 23 of them the length is in the same byte, then in the next. */
const BYTES = 0x40;
const BYTES_LENGTH_BELOW = 24;
const BYTES_WITH_LENGTH = 0x58;
const IDENTITY_BASE = 0x00;
const VERSION = Buffer.from('\x67version\x01', 'latin1');

/** The bytes that a CAR begins with. @param root as CIDs are in binary */
export function carHeader(root: Uint8Array): Uint8Array {
  const length = root.length + 1;
  const bytes = length < BYTES_LENGTH_BELOW ? [BYTES + length] : [BYTES_WITH_LENGTH, length];
  const header = [ROOTS, Uint8Array.of(...bytes, IDENTITY_BASE), root, VERSION];
  return withLength(Buffer.concat(header));
}

/** What stands before the bytes of a block. */
export function carSection(cid: Cid, blockBytes: number): Uint8Array {
  const name = cidBytes(cid);
  return Buffer.concat([varint(name.length + blockBytes), name]);
}

export function cidBytes({ codec, digest }: Cid): Uint8Array {
  return toMultiformats(codec, digest).bytes;
}

function withLength(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([varint(bytes.length), bytes]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) + 0x80);
  return Uint8Array.from([...bytes, left]);
}
