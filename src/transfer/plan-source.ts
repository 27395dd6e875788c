/** What the plan knows of one source: what it has, what it was given, and how fast it has been lately. Times in ms. */
import type { PieceSet } from './piece-set.ts';

/** A sample shorter than this says more of the moment than of the source. */
const SAMPLE_MS = 100;
/** Samples of so long ago count a third. */
const MEMORY_MS = 1_000;

/** Pieces that a source was asked for, in order. */
interface Run {
  /** The piece that is coming. */
  next: number;
  /** Exclusive. */
  end: number;
  /** Bytes of the piece that is coming which came. */
  got: number;
}

export class PlanSource {
  readonly id: number;
  /** Null: all. */
  readonly has: PieceSet | null;
  run: Run | null = null;
  /** It has sent nothing for a while. */
  isSilent = false;
  /** Bytes a millisecond, or null before anything was measured. */
  #rate: number | null = null;
  #sampledFromMs = 0;
  #sampled = 0;

  constructor(id: number, has: PieceSet | null, before: PlanSource | null) {
    this.id = id;
    this.has = has;
    this.#rate = before === null ? null : before.#rate;
  }

  hasPiece(piece: number): boolean {
    return this.has === null || this.has.has(piece);
  }

  begin(next: number, end: number, nowMs: number): void {
    this.run = { next, end, got: 0 };
    this.isSilent = false;
    this.#sampledFromMs = nowMs;
    this.#sampled = 0;
  }

  bytes(bytes: number, nowMs: number): void {
    if (this.run !== null) this.run.got += bytes;
    this.isSilent = false;
    this.#sampled += bytes;
    if (nowMs - this.#sampledFromMs < SAMPLE_MS) return;
    this.#rate = this.rateAt(nowMs);
    this.#sampledFromMs = nowMs;
    this.#sampled = 0;
  }

  finish(nowMs: number): void {
    if (nowMs > this.#sampledFromMs) this.#rate = this.rateAt(nowMs);
    this.run = null;
  }

  /** Bytes a millisecond; what did not come since the last sample counts as well. */
  rateAt(nowMs: number): number | null {
    const elapsedMs = nowMs - this.#sampledFromMs;
    if (this.run === null || elapsedMs <= 0) return this.#rate;
    const sample = this.#sampled / elapsedMs;
    if (this.#rate === null) return this.#sampled === 0 ? null : sample;
    return this.#rate + (sample - this.#rate) * (1 - Math.exp(-elapsedMs / MEMORY_MS));
  }

  /** Until the run is done, or for the piece that is coming alone; null when nothing is known. */
  msLeft(pieceBytes: number, nowMs: number): { run: number; piece: number } | null {
    if (this.run === null) return null;
    if (this.isSilent) return { run: Number.POSITIVE_INFINITY, piece: Number.POSITIVE_INFINITY };
    const rate = this.rateAt(nowMs);
    if (rate === null) return null;
    const piece = Math.max(0, pieceBytes - this.run.got) / rate;
    return { run: piece + ((this.run.end - this.run.next - 1) * pieceBytes) / rate, piece };
  }
}
