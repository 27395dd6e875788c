/** Fills bundles: each batch named once, each bundle of a size that no event loop notices. */
import { RecordBundle, SignedBatch as WireBatchCodec } from '../../../generated/anillo/records/v1/records.ts';
import { BUNDLE_RECORDS_MAX, BUNDLE_TARGET_BYTES } from './record-codec.ts';

export interface BundleItem {
  readonly placementKey: Uint8Array;
  readonly root: Uint8Array;
  /** The encoded record. */
  readonly record: Uint8Array;
  readonly remainingMs: number;
}

/** Key, lengths and tags around a record. */
const ITEM_OVERHEAD_BYTES = 64;
const BATCH_BYTES = 256;

export class BundleWriter {
  readonly #batches = new Map<string, Uint8Array>();
  readonly #items: BundleItem[] = [];
  #bytes = 0;

  get length(): number {
    return this.#items.length;
  }

  /** False when the bundle is full and the item belongs in the next. @param batch the encoded SignedBatch of `item.root` */
  add(item: BundleItem, batch: Uint8Array): boolean {
    const root = Buffer.from(item.root).toString('hex');
    const isNewBatch = !this.#batches.has(root);
    const bytes = item.record.length + ITEM_OVERHEAD_BYTES + (isNewBatch ? BATCH_BYTES : 0);
    const isFull = this.#bytes + bytes > BUNDLE_TARGET_BYTES || this.#items.length >= BUNDLE_RECORDS_MAX / 4;
    if (isFull && this.#items.length > 0) return false;
    this.#bytes += bytes;
    if (isNewBatch) this.#batches.set(root, batch);
    this.#items.push(item);
    return true;
  }

  /** The encoded RecordBundle. */
  finish(): Uint8Array {
    return RecordBundle.encode({
      batches: [...this.#batches.values()].map((encoded) => WireBatchCodec.decode(encoded)),
      records: this.#items.map((item) => ({
        placementKey: asBuffer(item.placementKey),
        record: asBuffer(item.record),
        remainingMs: BigInt(Math.max(0, Math.floor(item.remainingMs))),
      })),
    }).finish();
  }
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
