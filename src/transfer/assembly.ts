/**
 * A file as it comes together, in whatever order its pieces come: each is compared with its leaf before it counts, and
 * stands in its place, or leaves in order, before it is told.
 */
import type { LeafMap } from '../content/leaf-map.ts';
import { pieceLength } from '../content/profile.ts';
import type { PieceVerdict } from './check-piece.ts';
import type { PieceChecker, Slot } from './piece-checker.ts';
import type { Found, PieceOutput } from './piece-output.ts';
import { PieceSet } from './piece-set.ts';

/** Pieces of a file on disk that are looked at at once: enough for every thread. */
const LOOK_AT_ONCE = 4;

export class Assembly {
  /** Pieces that are not there yet, those under way included. */
  readonly missing: PieceSet;
  readonly output: PieceOutput;
  readonly #map: LeafMap;
  readonly #checker: PieceChecker;
  readonly #onVerified: (bytes: number) => void;
  readonly #checks = new Set<Promise<PieceVerdict>>();

  /** @param onVerified told the bytes of each piece that is there */
  constructor(
    map: LeafMap,
    output: PieceOutput,
    checker: PieceChecker,
    onVerified: (bytes: number) => void = () => {},
  ) {
    this.#map = map;
    this.output = output;
    this.#checker = checker;
    this.#onVerified = onVerified;
    this.missing = PieceSet.all(map.pieces);
  }

  /**
   * Takes what an earlier run left: at once where it is vouched for, else what matches its leaf. Returns the bytes.
   * @throws Problem; what reading the tree throws
   */
  async adopt(found: Found): Promise<number> {
    if (found.type === 'nothing') return 0;
    if (found.type === 'unknown') return this.adoptFrom(found.descriptor);
    let bytes = 0;
    for (const piece of found.pieces) if (this.missing.delete(piece)) bytes += this.#lengthOf(piece);
    if (bytes > 0) this.#onVerified(bytes);
    return bytes;
  }

  /**
   * Looks for missing pieces at their places in a file, and takes those that match. Returns their bytes.
   * @param descriptor of the output itself, or of another file, from which they are copied
   * @throws Problem; what reading the tree throws
   */
  async adoptFrom(descriptor: number): Promise<number> {
    let bytes = 0;
    const pieces = this.missing.copy()[Symbol.iterator]();
    const work = async (): Promise<void> => {
      for (const piece of pieces) {
        const slot = await this.#checker.waitForSlot();
        if (await this.#settle(piece, slot, descriptor)) bytes += this.#lengthOf(piece);
      }
    };
    await Promise.all(Array.from({ length: LOOK_AT_ONCE }, work));
    return bytes;
  }

  /**
   * Takes a piece that arrived, in a slot, which is given back in any case. False: it does not match its leaf.
   * @throws Problem; what reading the tree throws
   */
  accept(piece: number, slot: Slot): Promise<boolean> {
    return this.#settle(piece, slot, null);
  }

  /** A file of one piece. @throws Problem */
  async acceptBytes(bytes: Uint8Array): Promise<void> {
    const slot = await this.#checker.waitForSlot();
    slot.bytes.set(bytes);
    if (!(await this.accept(0, slot))) throw new Error('the bytes were verified before');
  }

  /** Kept when no thread writes any more. */
  async quiet(): Promise<void> {
    await Promise.allSettled(this.#checks);
  }

  async #settle(piece: number, slot: Slot, readFrom: number | null): Promise<boolean> {
    try {
      const verdict = await this.#check(piece, slot, readFrom);
      if (verdict.type === 'failed') throw this.output.problem(verdict.code);
      if (verdict.type === 'bad') return false;
      const length = this.#lengthOf(piece);
      await this.output.put(piece, slot.bytes.subarray(0, length));
      if (this.missing.delete(piece)) this.#onVerified(length);
      return true;
    } finally {
      this.#checker.releaseSlot(slot);
    }
  }

  async #check(index: number, slot: Slot, readFrom: number | null): Promise<PieceVerdict> {
    const check = this.#begin(index, slot, readFrom);
    this.#checks.add(check);
    return check.finally(() => this.#checks.delete(check));
  }

  async #begin(index: number, slot: Slot, readFrom: number | null): Promise<PieceVerdict> {
    const { digest, offset, length } = this.#map.knownLeaf(index) ?? (await this.#map.leaf(index));
    const { descriptor, journalDescriptor } = this.output;
    const writeTo = readFrom === descriptor ? null : descriptor;
    return this.#checker.check(slot, {
      index,
      digest,
      offset,
      length,
      readFrom,
      writeTo,
      journal: journalDescriptor,
    });
  }

  #lengthOf(piece: number): number {
    return pieceLength(this.#map.size, piece);
  }
}
