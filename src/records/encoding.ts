/**
 * The canonical encoding of a record: every field with its length before it (4 bytes, big-endian), in fixed order, so that
 * no two records share an encoding. What Protocol Buffers may encode in several ways is never hashed.
 */
import { type Sha256, utf8, writeHex } from './bytes.ts';
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
  const variable = batch.credential.length + record.body.length;
  const writer = new FieldWriter(LEAF_DOMAIN.length + FIELDS * 4 + IDENTIFIERS * 32 + NUMBERS * 8 + variable);
  writer.hex(batch.networkId);
  writer.uint64(BigInt(batch.version));
  writer.uint64(BigInt(KIND_NUMBERS[record.kind]));
  writer.hex(record.key);
  writer.hex(record.publisher);
  writer.hex(batch.signer);
  writer.bytes(batch.credential);
  writer.uint64(record.seq);
  writer.uint64(BigInt(record.issuedAtMs));
  writer.bytes(record.body);
  return writer.whole;
}

const [FIELDS, IDENTIFIERS, NUMBERS] = [10, 4, 4];

class FieldWriter {
  readonly whole: Uint8Array;
  readonly #view: DataView;
  #offset = LEAF_DOMAIN.length;

  constructor(length: number) {
    this.whole = new Uint8Array(length);
    this.whole.set(LEAF_DOMAIN);
    this.#view = new DataView(this.whole.buffer);
  }

  hex(text: string): void {
    this.#size(text.length / 2);
    writeHex(this.whole, this.#offset, text);
    this.#offset += text.length / 2;
  }

  uint64(value: bigint): void {
    this.#size(8);
    this.#view.setBigUint64(this.#offset, value);
    this.#offset += 8;
  }

  bytes(field: Uint8Array): void {
    this.#size(field.length);
    this.whole.set(field, this.#offset);
    this.#offset += field.length;
  }

  #size(length: number): void {
    this.#view.setUint32(this.#offset, length);
    this.#offset += 4;
  }
}
