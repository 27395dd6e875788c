/**
 * The canonical encoding of a record: every field with its length before it (4 bytes, big-endian), in fixed order, so that
 * no two records share an encoding. What Protocol Buffers may encode in several ways is never hashed.
 */
import { concatBytes, fromHex, type Sha256, utf8 } from './bytes.ts';
import type { RecordDraft, RecordKind, SignedBatch } from './record.ts';

const LEAF_DOMAIN = utf8('anillo-record-v1\0');
const KIND_NUMBERS: Readonly<{ [kind in RecordKind]: number }> = {
  publication: 1,
  provider: 2,
  tombstone: 3,
  term: 4,
  split: 5,
};

/** What the batch contributes to each leaf. */
export type LeafContext = Pick<SignedBatch, 'networkId' | 'version' | 'signer' | 'credential'>;

/** The leaf of a record in its batch's tree. */
export function leafHash(sha256: Sha256, batch: LeafContext, record: RecordDraft): Uint8Array {
  return sha256(encodeLeaf(batch, record));
}

export function encodeLeaf(batch: LeafContext, record: RecordDraft): Uint8Array {
  return concatBytes(
    LEAF_DOMAIN,
    ...sized(fromHex(batch.networkId)),
    ...sized(uint64(BigInt(batch.version))),
    ...sized(uint64(BigInt(KIND_NUMBERS[record.kind]))),
    ...sized(fromHex(record.key)),
    ...sized(fromHex(record.publisher)),
    ...sized(fromHex(batch.signer)),
    ...sized(batch.credential),
    ...sized(uint64(record.seq)),
    ...sized(uint64(BigInt(record.issuedAtMs))),
    ...sized(record.body),
  );
}

/** @param value 0 to 2^64 - 1 */
export function uint64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}

function sized(field: Uint8Array): [Uint8Array, Uint8Array] {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, field.length);
  return [length, field];
}
