/**
 * A run of pieces as one source sends it: the bytes go straight into slots, and each piece is handed on when it is full.
 * Its end may be drawn nearer while it runs.
 */
import { PIECE_BYTES, pieceLength } from '../content/profile.ts';
import type { BodySink } from './http-connection.ts';
import type { Extent } from './http-source.ts';
import type { PieceChecker, Slot } from './piece-checker.ts';

/** With a limit of rate, more at once would come in bursts. */
const PACED_BYTES = 65_536;

/** Holds all transfers that share it to a rate: waits until so many more bytes may come. */
export interface RateLimit {
  take(bytes: number): Promise<void>;
}

export interface ReadingEvents {
  onBytes(bytes: number): void;
  /** Called with each full piece; the slot is the receiver's. */
  onPiece(piece: number, slot: Slot): void;
}

export class PieceReading implements BodySink {
  readonly #size: number;
  readonly #checker: PieceChecker;
  readonly #limit: RateLimit | null;
  readonly #events: ReadingEvents;
  readonly #start: number;
  #piece: number;
  #end: number;
  #slot: Slot | null = null;
  #filled = 0;

  /** @param end exclusive. @param size bytes of the file */
  constructor(
    [start, end]: readonly [number, number],
    size: number,
    checker: PieceChecker,
    limit: RateLimit | null,
    events: ReadingEvents,
  ) {
    this.#start = start;
    this.#piece = start;
    this.#end = end;
    this.#size = size;
    this.#checker = checker;
    this.#limit = limit;
    this.#events = events;
  }

  /** What to ask the source for. */
  get extent(): Extent {
    const end = Math.min(this.#end * PIECE_BYTES, this.#size);
    return { start: this.#start * PIECE_BYTES, end, size: this.#size };
  }

  /** The piece that is coming, or the end of the run. */
  get piece(): number {
    return this.#piece;
  }

  get isDone(): boolean {
    return this.#piece >= this.#end;
  }

  /** @param end exclusive; after the piece that is coming */
  shorten(end: number): void {
    this.#end = Math.min(this.#end, end);
  }

  space(): Buffer | null | Promise<unknown> {
    if (this.isDone) return null;
    this.#slot ??= this.#checker.takeSlot();
    if (this.#slot === null) return this.#checker.slotFree();
    const end = pieceLength(this.#size, this.#piece);
    return this.#slot.bytes.subarray(
      this.#filled,
      this.#limit === null ? end : Math.min(end, this.#filled + PACED_BYTES),
    );
  }

  filled(bytes: number): Promise<unknown> | undefined {
    this.#filled += bytes;
    this.#events.onBytes(bytes);
    if (this.#slot !== null && this.#filled === pieceLength(this.#size, this.#piece)) {
      const [piece, slot] = [this.#piece, this.#slot];
      this.#slot = null;
      this.#filled = 0;
      this.#piece += 1;
      this.#events.onPiece(piece, slot);
    }
    return this.#limit?.take(bytes);
  }

  /** Gives back the memory of a piece that did not come to its end. Nothing is read after that. */
  drop(): void {
    if (this.#slot !== null) this.#checker.releaseSlot(this.#slot);
    this.#slot = null;
    this.#filled = 0;
    this.#end = this.#piece;
  }
}
