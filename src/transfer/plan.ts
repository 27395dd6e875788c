/**
 * Which pieces are asked of which source next. Pure: takes what happened, returns what should be done. Sources get runs of
 * pieces by the rate that was measured, the rarest first where some have only a part; towards the end, and when one is
 * slow or silent, work is taken back and given to those who are free. A piece is with one source at a time.
 */
import type { PieceSet } from './piece-set.ts';
import { PlanSource } from './plan-source.ts';

/** A run is what a source sends in so long: a request costs it a round trip, and what it has is slow to take back. */
const RUN_MS = 2_000;
const RUN_PIECES_MAX = 256;
/** For a source of which nothing is known yet. */
const RUN_PIECES_FIRST = 4;
/** The rest stays open for those who turn out to be faster. */
const SHARE = 0.75;
/** Near the end runs become shorter, but not shorter than what is sent in so long. */
const RUN_MS_MIN = 100;
/** Taking work back costs a connection and what is on its way: less time is not worth it. */
const TAKE_BACK_MS = 300;
/** The piece that is coming is only taken from one that needs so many times as long for its rest. */
const MUCH_SLOWER = 2;

export type PlanEvent =
  /** It can be asked, also again, from the next event on. `has`: null for all pieces. */
  | { readonly type: 'joined'; readonly source: number; readonly has: PieceSet | null }
  /** It cannot be asked any more; what it was given and did not send is to be had elsewhere. */
  | { readonly type: 'left'; readonly source: number }
  | { readonly type: 'bytes'; readonly source: number; readonly bytes: number }
  /** The piece that was coming is here, not yet verified. */
  | { readonly type: 'received'; readonly source: number }
  /** A piece that was received is not what it should be. */
  | { readonly type: 'lost'; readonly piece: number }
  /** Nothing comes, though it was asked and nobody keeps it waiting. */
  | { readonly type: 'silent'; readonly source: number }
  /** Pieces from `end` on are not wanted yet. */
  | { readonly type: 'window'; readonly end: number }
  /** Time passed. */
  | { readonly type: 'tick' };

export type PlanOrder =
  /** Ask it for the pieces from `from` to `to` (exclusive), in order. */
  | { readonly type: 'request'; readonly source: number; readonly from: number; readonly to: number }
  /** What it was asked for ends before `to`, which is after the piece that is coming. */
  | { readonly type: 'shorten'; readonly source: number; readonly to: number }
  /** Give up what it was asked for. It has left, until it joins again. */
  | { readonly type: 'cancel'; readonly source: number };

const NO_ORDERS: readonly PlanOrder[] = [];

export class Plan {
  /** Missing, and asked of nobody. */
  readonly #open: PieceSet;
  readonly #pieceBytes: number;
  readonly #random: () => number;
  readonly #sources = new Map<number, PlanSource>();
  readonly #gone = new Map<number, PlanSource>();
  #windowEnd: number;
  #orders: PlanOrder[] = [];

  /** @param missing pieces that are wanted (copied). @param random from 0 to 1, exclusive */
  constructor(missing: PieceSet, pieceBytes: number, random: () => number) {
    this.#open = missing.copy();
    this.#pieceBytes = pieceBytes;
    this.#random = random;
    this.#windowEnd = missing.pieces;
  }

  step(event: PlanEvent, nowMs: number): readonly PlanOrder[] {
    if (event.type === 'bytes') {
      this.#sources.get(event.source)?.bytes(event.bytes, nowMs);
      return NO_ORDERS;
    }
    if (!this.#note(event, nowMs)) return NO_ORDERS;
    this.#orders = [];
    for (const source of this.#idle(nowMs)) this.#employ(source, nowMs);
    return this.#orders;
  }

  /** False: nobody can have got free by it, and there is no new work. */
  #note(event: Exclude<PlanEvent, { type: 'bytes' }>, nowMs: number): boolean {
    switch (event.type) {
      case 'joined':
        this.#sources.set(
          event.source,
          new PlanSource(event.source, event.has, this.#gone.get(event.source) ?? null),
        );
        return false; // Others may join at the same time: it gets work with the next event.
      case 'left':
        this.#leave(event.source, nowMs);
        return true;
      case 'received':
        return this.#advance(event.source, nowMs);
      case 'lost':
        this.#open.add(event.piece);
        return true;
      case 'silent': {
        const source = this.#sources.get(event.source);
        if (source !== undefined) source.isSilent = true;
        return true;
      }
      case 'window':
        this.#windowEnd = event.end;
        return true;
      case 'tick':
        return true;
    }
  }

  #leave(id: number, nowMs: number): void {
    const source = this.#sources.get(id);
    if (source === undefined) return;
    if (source.run !== null) this.#reopen(source.run.next, source.run.end);
    source.finish(nowMs);
    this.#sources.delete(id);
    this.#gone.set(id, source);
  }

  #advance(id: number, nowMs: number): boolean {
    const source = this.#sources.get(id);
    if (source === undefined || source.run === null) return false;
    source.run.next += 1;
    source.run.got = 0;
    if (source.run.next < source.run.end) return false;
    source.finish(nowMs);
    return true;
  }

  /** The fastest first: what is left should be theirs. */
  #idle(nowMs: number): PlanSource[] {
    const idle = [...this.#sources.values()].filter(({ run }) => run === null);
    return idle.length < 2 ? idle : idle.sort((a, b) => rateOf(b, nowMs) - rateOf(a, nowMs));
  }

  #employ(source: PlanSource, nowMs: number): void {
    const from = this.#firstFor(source);
    if (from === null) this.#takeBackFor(source, nowMs);
    else this.#give(source, from, this.#endOfRun(source, from, nowMs), nowMs);
  }

  #give(source: PlanSource, from: number, to: number, nowMs: number): void {
    for (let piece = from; piece < to; piece += 1) this.#open.delete(piece);
    source.begin(from, to, nowMs);
    this.#orders.push({ type: 'request', source: source.id, from, to });
  }

  /** The rarest open piece that it has; where all have all, the first. */
  #firstFor(source: PlanSource): number | null {
    if (!this.#hasParts()) {
      const first = this.#open.next(0);
      return first !== null && first < this.#windowEnd ? first : null;
    }
    // From a random place on, so that those who fetch at the same time fetch different pieces, and have them for each other.
    const start = Math.floor(this.#random() * this.#windowEnd);
    let [best, least] = [null as number | null, Number.POSITIVE_INFINITY];
    for (let count = 0; count < this.#windowEnd; count += 1) {
      const piece = (start + count) % this.#windowEnd;
      if (!this.#open.has(piece) || !source.hasPiece(piece)) continue;
      const holders = this.#holdersOf(piece);
      if (holders < least) [best, least] = [piece, holders];
      if (least === 1) break;
    }
    return best;
  }

  #endOfRun(source: PlanSource, from: number, nowMs: number): number {
    const max = Math.min(this.#windowEnd, from + this.#runPieces(source, nowMs));
    const rarity = this.#hasParts() ? this.#holdersOf(from) : null;
    let end = from + 1;
    while (end < max && this.#open.has(end) && source.hasPiece(end)) {
      if (rarity !== null && this.#holdersOf(end) > rarity) break;
      end += 1;
    }
    return end;
  }

  /** Most of its fair share of what is open, so that all end together; at most what it sends in `RUN_MS`. */
  #runPieces(source: PlanSource, nowMs: number): number {
    if (this.#sources.size === 1) return RUN_PIECES_MAX;
    const rate = source.rateAt(nowMs);
    if (rate === null) return RUN_PIECES_FIRST;
    let sum = 0;
    for (const each of this.#sources.values()) sum += each.rateAt(nowMs) ?? rate;
    const piecesPerMs = rate / this.#pieceBytes;
    const share = sum === 0 ? 1 : (SHARE * this.#open.size * rate) / sum;
    const pieces = Math.max(Math.min(share, piecesPerMs * RUN_MS), piecesPerMs * RUN_MS_MIN, 1);
    return Math.min(Math.ceil(pieces), RUN_PIECES_MAX);
  }

  /** From the one that would be done last, if that gains time. */
  #takeBackFor(thief: PlanSource, nowMs: number): void {
    const victims = [...this.#sources.values()].flatMap((victim) => {
      const left = victim.msLeft(this.#pieceBytes, nowMs);
      return left === null || left.run < TAKE_BACK_MS ? [] : [{ victim, left }];
    });
    victims.sort((a, b) => b.left.run - a.left.run);
    for (const { victim, left } of victims) {
      if (this.#takeEnd(thief, victim, nowMs) || this.#takeAll(thief, victim, left.piece, nowMs)) return;
    }
  }

  /** Of what has not begun to come, so much that both are done at the same time. */
  #takeEnd(thief: PlanSource, victim: PlanSource, nowMs: number): boolean {
    const { run } = victim;
    if (run === null || victim.isSilent) return false;
    let first = run.end;
    while (first > run.next + 1 && thief.hasPiece(first - 1)) first -= 1;
    const slow = rateOf(victim, nowMs);
    const fast = thief.rateAt(nowMs) ?? slow;
    const count = Math.floor(((run.end - first) * fast) / (fast + slow));
    if (count < 1) return false;
    const to = run.end - count;
    this.#reopen(to, run.end);
    this.#give(thief, to, run.end, nowMs);
    run.end = to;
    this.#orders.push({ type: 'shorten', source: victim.id, to });
    return true;
  }

  /** Also the piece that is coming, from one that is silent or far slower. */
  #takeAll(thief: PlanSource, victim: PlanSource, pieceMs: number, nowMs: number): boolean {
    if (victim.run === null || !thief.hasPiece(victim.run.next)) return false;
    const rate = thief.rateAt(nowMs);
    const ownMs = rate === null ? 0 : this.#pieceBytes / rate;
    if (!victim.isSilent && (rate === null || pieceMs < TAKE_BACK_MS + MUCH_SLOWER * ownMs)) return false;
    this.#leave(victim.id, nowMs);
    this.#orders.push({ type: 'cancel', source: victim.id });
    this.#employ(thief, nowMs);
    return true;
  }

  #hasParts(): boolean {
    for (const { has } of this.#sources.values()) if (has !== null) return true;
    return false;
  }

  #holdersOf(piece: number): number {
    let holders = 0;
    for (const source of this.#sources.values()) if (source.hasPiece(piece)) holders += 1;
    return holders;
  }

  #reopen(from: number, to: number): void {
    for (let piece = from; piece < to; piece += 1) this.#open.add(piece);
  }
}

function rateOf(source: PlanSource, nowMs: number): number {
  return source.rateAt(nowMs) ?? 0;
}
