/**
 * Digests of ranges, kept as rows come and go: a range is read once, in parts by signer and number of copies, of which every
 * selection is a sum. So a comparison at rest reads nothing, whoever asks, and a write is one addition.
 */
import { isInRange, type KeyRange } from '../../../records/key-range.ts';
import { RangeDigest } from '../../../records/range-digest.ts';
import type { Selection } from './record-scan.ts';
import type { CountedRow, PlacementListener } from './record-table.ts';

/** Of all ranges together, 2 KiB each. */
const PARTS_MAX = 8192;

interface Part {
  readonly signer: number;
  readonly copies: number;
  readonly digest: RangeDigest;
}

interface Sums {
  readonly range: KeyRange;
  readonly parts: Map<string, Part>;
}

export class RangeSums implements PlacementListener {
  /** The one asked for last stands last. */
  readonly #ranges = new Map<string, Sums>();
  #endsAfter = 0;

  /** Rows with an end count only while it lies behind this, in milliseconds that the store has lived. */
  get endsAfter(): number {
    return this.#endsAfter;
  }

  /** @param isCrossed does a row end between the old time and this one? */
  setEndsAfter(endsAfter: number, isCrossed: boolean): void {
    this.#endsAfter = endsAfter;
    if (isCrossed) this.clear();
  }

  /** @param read all rows of the range that count */
  digest(range: KeyRange, selection: Selection, read: () => Iterable<CountedRow>): RangeDigest {
    const name = `${range.from} ${range.to}`;
    let sums = this.#ranges.get(name);
    this.#ranges.delete(name);
    if (sums === undefined) {
      sums = { range, parts: new Map() };
      for (const row of read()) partOf(sums, row).digest.add(row.key, row.tag);
      this.#makeRoom(sums.parts.size);
    }
    this.#ranges.set(name, sums);
    const digest = new RangeDigest(range);
    for (const part of sums.parts.values()) if (isSelected(part, selection)) digest.include(part.digest);
    return digest;
  }

  added(row: CountedRow): void {
    for (const sums of this.#rangesOf(row)) partOf(sums, row).digest.add(row.key, row.tag);
  }

  removed(row: CountedRow): void {
    for (const sums of this.#rangesOf(row)) partOf(sums, row).digest.remove(row.key, row.tag);
  }

  /** After rows came or went unseen. */
  clear(): void {
    this.#ranges.clear();
  }

  *#rangesOf({ key, expires }: CountedRow): Generator<Sums> {
    if (this.#ranges.size === 0 || (expires !== null && expires <= this.#endsAfter)) return;
    const at = Buffer.from(key).toString('hex');
    for (const sums of this.#ranges.values()) if (isInRange(at, sums.range)) yield sums;
  }

  #makeRoom(parts: number): void {
    let total = parts;
    for (const sums of this.#ranges.values()) total += sums.parts.size;
    for (const [name, sums] of this.#ranges) {
      if (total <= PARTS_MAX) return;
      this.#ranges.delete(name);
      total -= sums.parts.size;
    }
  }
}

function partOf({ range, parts }: Sums, { signer, copies }: CountedRow): Part {
  const name = `${signer} ${copies}`;
  let part = parts.get(name);
  if (part === undefined) {
    part = { signer, copies, digest: new RangeDigest(range) };
    parts.set(name, part);
  }
  return part;
}

function isSelected(part: Part, { minCopies, maxCopies, signer, by }: Selection): boolean {
  if (part.copies < minCopies || part.copies > (maxCopies ?? Number.POSITIVE_INFINITY)) return false;
  return by === undefined || (by === 'own') === (part.signer === signer);
}
