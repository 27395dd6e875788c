/** A set of the pieces of one file, a bit for each. Imports nothing, so that the plan may use it. */

const WORD_BITS = 32;

export class PieceSet {
  /** Pieces of the file: members are below it. */
  readonly pieces: number;
  readonly #words: Uint32Array;
  #size = 0;

  constructor(pieces: number) {
    this.pieces = pieces;
    this.#words = new Uint32Array(Math.ceil(pieces / WORD_BITS));
  }

  static all(pieces: number): PieceSet {
    const set = new PieceSet(pieces);
    for (let piece = 0; piece < pieces; piece += 1) set.add(piece);
    return set;
  }

  /** Members. */
  get size(): number {
    return this.#size;
  }

  has(piece: number): boolean {
    return ((this.#words[piece >>> 5] ?? 0) & (1 << (piece & 31))) !== 0;
  }

  /** False: it was there already. */
  add(piece: number): boolean {
    if (piece < 0 || piece >= this.pieces) throw new RangeError(`no piece ${piece}`);
    if (this.has(piece)) return false;
    this.#words[piece >>> 5] = (this.#words[piece >>> 5] ?? 0) | (1 << (piece & 31));
    this.#size += 1;
    return true;
  }

  /** False: it was not there. */
  delete(piece: number): boolean {
    if (!this.has(piece)) return false;
    this.#words[piece >>> 5] = (this.#words[piece >>> 5] ?? 0) & ~(1 << (piece & 31));
    this.#size -= 1;
    return true;
  }

  /** The first member at or after `from`, or null. */
  next(from: number): number | null {
    for (let piece = from; piece < this.pieces; ) {
      const rest = (this.#words[piece >>> 5] ?? 0) >>> (piece & 31);
      if (rest !== 0) return piece + 31 - Math.clz32(rest & -rest);
      piece = ((piece >>> 5) + 1) * WORD_BITS;
    }
    return null;
  }

  /** The end (exclusive) of the run of members that starts at `from`, at most `end`. */
  runEnd(from: number, end: number): number {
    let piece = from;
    while (piece < end && this.has(piece)) piece += 1;
    return piece;
  }

  *[Symbol.iterator](): Generator<number> {
    for (let piece = this.next(0); piece !== null; piece = this.next(piece + 1)) yield piece;
  }

  copy(): PieceSet {
    const set = new PieceSet(this.pieces);
    set.#words.set(this.#words);
    set.#size = this.#size;
    return set;
  }
}
