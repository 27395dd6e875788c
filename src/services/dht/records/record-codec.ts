/** Records between the wire and the rooms behind it. An encoded record is stored and passed on as it came. */
import {
  RecordBundle,
  type SignedBatch as WireBatch,
  RecordKind as WireKind,
  type Record as WireRecord,
  Record as WireRecordCodec,
} from '../../../generated/anillo/records/v1/records.ts';
import { Problem } from '../../../problems/problem.ts';
import type { Record, RecordKind, SignedBatch } from '../../../records/record.ts';

/** Envelope and path around a body of 16 KiB. */
const RECORD_MAX_BYTES = 20 * 1024;
export const BUNDLE_RECORDS_MAX = 4096;
const BUNDLE_MAX_BYTES = 1024 * 1024;
/** What senders fill a bundle to: a slice that neither end notices. */
export const BUNDLE_TARGET_BYTES = 256 * 1024;

const KINDS: readonly (RecordKind | null)[] = [null, 'publication', 'provider', 'tombstone', 'term', 'split'];
const WIRE_KINDS: Readonly<{ [kind in RecordKind]: WireKind }> = {
  publication: WireKind.RECORD_KIND_PUBLICATION,
  provider: WireKind.RECORD_KIND_PROVIDER,
  tombstone: WireKind.RECORD_KIND_TOMBSTONE,
  term: WireKind.RECORD_KIND_TERM,
  split: WireKind.RECORD_KIND_SPLIT,
};

export function kindNumber(kind: RecordKind): number {
  return WIRE_KINDS[kind];
}

export function encodeRecord(record: Record): Uint8Array {
  return WireRecordCodec.encode({
    kind: WIRE_KINDS[record.kind],
    key: Buffer.from(record.key, 'hex'),
    publisher: Buffer.from(record.publisher, 'hex'),
    seq: record.seq,
    issuedAtMs: BigInt(record.issuedAtMs),
    body: Buffer.from(record.body),
    batchRoot: Buffer.from(record.batch.root),
    batchPath: Buffer.from(record.batchPath),
    batchIndex: record.batchIndex,
  }).finish();
}

/** A record without its batch, of which it only tells the root. */
export type LooseRecord = Omit<Record, 'batch'> & { readonly root: string };

/** Null when malformed. */
export function decodeRecord(bytes: Uint8Array): LooseRecord | null {
  if (bytes.length > RECORD_MAX_BYTES) return null;
  const wire = decodeWire(bytes);
  const kind = wire === null ? null : (KINDS[wire.kind] ?? null);
  if (wire === null || kind === null || wire.key.length !== 32 || wire.publisher.length !== 32) return null;
  return {
    root: wire.batchRoot.toString('hex'),
    kind,
    key: wire.key.toString('hex'),
    publisher: wire.publisher.toString('hex'),
    seq: wire.seq,
    issuedAtMs: Number(wire.issuedAtMs),
    body: wire.body,
    batchPath: wire.batchPath,
    batchIndex: wire.batchIndex,
  };
}

function decodeWire(bytes: Uint8Array): WireRecord | null {
  try {
    return WireRecordCodec.decode(bytes);
  } catch {
    return null;
  }
}

export function batchToWire(batch: SignedBatch): WireBatch {
  return {
    networkId: Buffer.from(batch.networkId, 'hex'),
    version: batch.version,
    signer: Buffer.from(batch.signer, 'hex'),
    signerKey: Buffer.from(batch.signerKey),
    credential: Buffer.from(batch.credential),
    root: Buffer.from(batch.root),
    signature: Buffer.from(batch.signature),
  };
}

export function batchFromWire(wire: WireBatch): SignedBatch {
  return {
    networkId: wire.networkId.toString('hex'),
    version: wire.version,
    signer: wire.signer.toString('hex'),
    signerKey: wire.signerKey,
    credential: wire.credential,
    root: wire.root,
    signature: wire.signature,
  };
}

/** @throws Problem `too_large`, `bad_request` */
export function decodeBundle(bytes: Uint8Array): RecordBundle {
  if (bytes.length > BUNDLE_MAX_BYTES)
    throw new Problem('too_large', { what: 'the.bundle', limit: BUNDLE_MAX_BYTES });
  let bundle: RecordBundle;
  try {
    bundle = RecordBundle.decode(bytes);
  } catch (error) {
    throw new Problem('bad_request', { reason: 'the bundle cannot be decoded' }, error);
  }
  if (bundle.records.length > BUNDLE_RECORDS_MAX) {
    throw new Problem('too_large', { what: 'the.bundle', limit: `${BUNDLE_RECORDS_MAX} records` });
  }
  return bundle;
}
