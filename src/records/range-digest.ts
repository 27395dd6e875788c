/**
 * A digest of what stands in a range: 256 buckets by position, each the sum of its records' version tags modulo 2^64, so
 * that two nodes find by a few hundred bytes whether, and where, they differ. A sum, because a pair that cancels out
 * under XOR does not under addition.
 */
import type { Identifier } from '../ring/identifier.ts';
import type { KeyRange } from './key-range.ts';

const BUCKETS = 256;
const BUCKET_BYTES = 8;
const POSITION_DIGITS = 12;
const KEY_DIGITS = 64;
const RING = 16 ** POSITION_DIGITS;
/** Of 48 bits: more than the error of any product below. */
const ROUNDING = 64;

export class RangeDigest {
  readonly #start: number;
  readonly #width: number;
  readonly #sums = new Uint32Array(BUCKETS * 2);
  #count = 0;

  constructor(range: KeyRange) {
    this.#start = position(range.from);
    this.#width = widthOf(range);
  }

  get count(): number {
    return this.#count;
  }

  /** @param key placement key within the range, 32 bytes @param tag first 8 bytes of the record's leaf hash */
  add(key: Uint8Array, tag: Uint8Array): void {
    this.#addTo(this.bucketOf(key) * 2, readUint32(tag, 0), readUint32(tag, 4));
    this.#count++;
  }

  /** Takes back what `add` did. */
  remove(key: Uint8Array, tag: Uint8Array): void {
    const bucket = this.bucketOf(key) * 2;
    const low = (this.#sums[bucket + 1] ?? 0) - readUint32(tag, 4);
    const high = (this.#sums[bucket] ?? 0) - readUint32(tag, 0) - (low < 0 ? 1 : 0);
    this.#sums[bucket + 1] = low;
    this.#sums[bucket] = high;
    this.#count--;
  }

  /** Adds all that stands in another digest of the same range. */
  include(other: RangeDigest): void {
    for (let bucket = 0; bucket < BUCKETS * 2; bucket += 2) {
      this.#addTo(bucket, other.#sums[bucket] ?? 0, other.#sums[bucket + 1] ?? 0);
    }
    this.#count += other.#count;
  }

  /** The sums are cut to 32 bits as they are stored, so both halves wrap round. */
  #addTo(bucket: number, highPart: number, lowPart: number): void {
    const low = (this.#sums[bucket + 1] ?? 0) + lowPart;
    const high = (this.#sums[bucket] ?? 0) + highPart + (low > 0xffffffff ? 1 : 0);
    this.#sums[bucket + 1] = low;
    this.#sums[bucket] = high;
  }

  /** Which part of the range a key lies in. Both sides compute it alike, to the bit. */
  bucketOf(key: Uint8Array): number {
    return Math.min(
      BUCKETS - 1,
      Math.floor((distance(this.#start, positionOf(key)) / this.#width) * BUCKETS),
    );
  }

  /** 256 sums of 8 bytes, concatenated. */
  buckets(): Uint8Array {
    const bytes = new Uint8Array(BUCKETS * BUCKET_BYTES);
    const view = new DataView(bytes.buffer);
    for (let index = 0; index < BUCKETS * 2; index++) view.setUint32(index * 4, this.#sums[index] ?? 0);
    return bytes;
  }

  /** The whole in 20 bytes: the count, the sum of the buckets, and the sum weighted by their place. */
  summary(): Uint8Array {
    const view = new DataView(new ArrayBuffer(20));
    const buckets = new DataView(this.buckets().buffer);
    let sum = 0n;
    let weighted = 0n;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const value = buckets.getBigUint64(bucket * BUCKET_BYTES);
      sum += value;
      weighted += value * BigInt(bucket + 1);
    }
    view.setUint32(0, this.#count);
    view.setBigUint64(4, BigInt.asUintN(64, sum));
    view.setBigUint64(12, BigInt.asUintN(64, weighted));
    return new Uint8Array(view.buffer);
  }
}

/** Which buckets differ; all of them when either side is malformed. */
export function differingBuckets(mine: Uint8Array, theirs: Uint8Array): number[] {
  const differing: number[] = [];
  const comparable = mine.length === theirs.length && mine.length === BUCKETS * BUCKET_BYTES;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const offset = bucket * BUCKET_BYTES;
    const same =
      comparable && [0, 4].every((at) => readUint32(mine, offset + at) === readUint32(theirs, offset + at));
    if (!same) differing.push(bucket);
  }
  return differing;
}

/** Does anything stand in the bucket? (Or in all together what adds up to nothing, once in 2^64.) */
export function holdsAny(buckets: Uint8Array, bucket: number): boolean {
  const offset = bucket * BUCKET_BYTES;
  return readUint32(buckets, offset) !== 0 || readUint32(buckets, offset + 4) !== 0;
}

/**
 * The parts of the range that these buckets cover, neighbouring ones joined. A little wider than the buckets, because their
 * bounds are rounded: whoever compares entries compares the same part on both sides.
 */
export function bucketRanges(range: KeyRange, buckets: readonly number[]): KeyRange[] {
  const parts: { first: number; last: number }[] = [];
  for (const bucket of buckets) {
    const part = parts.at(-1);
    if (part !== undefined && part.last + 1 === bucket) part.last = bucket;
    else parts.push({ first: bucket, last: bucket });
  }
  const start = position(range.from);
  const width = widthOf(range);
  return parts.map(({ first, last }) => ({
    from: first === 0 ? range.from : keyAt(start + (first / BUCKETS) * width - ROUNDING, '0'),
    to: last === BUCKETS - 1 ? range.to : keyAt(start + ((last + 1) / BUCKETS) * width + ROUNDING, 'f'),
  }));
}

function widthOf(range: KeyRange): number {
  return range.from === range.to ? RING : Math.max(1, distance(position(range.from), position(range.to)));
}

/** The key at a position of 48 bits, its further digits all `fill`. */
function keyAt(at: number, fill: string): Identifier {
  const digits = ((Math.floor(at) % RING) + RING) % RING;
  return digits.toString(16).padStart(POSITION_DIGITS, '0').padEnd(KEY_DIGITS, fill);
}

function position(key: Identifier): number {
  return Number.parseInt(key.slice(0, POSITION_DIGITS).padEnd(POSITION_DIGITS, '0'), 16);
}

/** The same for a key's bytes: what digests of many rows spend their time on. */
function positionOf(key: Uint8Array): number {
  return readUint32(key, 0) * 0x10000 + (key[4] ?? 0) * 0x100 + (key[5] ?? 0);
}

function distance(from: number, to: number): number {
  return to >= from ? to - from : to - from + RING;
}

function readUint32(bytes: Uint8Array, offset: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = [
    bytes[offset],
    bytes[offset + 1],
    bytes[offset + 2],
    bytes[offset + 3],
  ];
  return a * 0x1000000 + ((b << 16) | (c << 8) | d);
}
