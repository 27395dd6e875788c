/** The plan in virtual time: sources that send at their rates, fall silent, die and join, as a test tells them. */
import assert from 'node:assert/strict';
import { PieceSet } from './piece-set.ts';
import { Plan, type PlanEvent, type PlanOrder } from './plan.ts';

export const PIECE = 1_048_576;
const CHUNKS_A_PIECE = 4;
const SILENT_MS = 1_000;
const TICK_MS = 100;
const REJOIN_MS = 1_000;

export interface WorldSource {
  /** Bytes a millisecond, at a time. */
  rate: (nowMs: number) => number;
  has?: PieceSet | null;
  /** Between a request and its first byte. */
  latencyMs?: number;
  joinsAtMs?: number;
  diesAtMs?: number;
}

interface Sending {
  piece: number;
  end: number;
  chunk: number;
}

export class PlanWorld {
  readonly received = new Map<number, number>();
  /** Pieces in the order in which they came. */
  readonly order: number[] = [];
  readonly asked: PlanOrder[] = [];
  cancels = 0;
  nowMs = 0;
  readonly #pieces: number;
  readonly #sources: readonly WorldSource[];
  readonly #plan: Plan;
  readonly #sending = new Map<number, Sending>();
  readonly #lastByteMs = new Map<number, number>();
  readonly #queue: { atMs: number; run: () => void }[] = [];

  constructor(pieces: number, sources: readonly WorldSource[], random: () => number) {
    this.#pieces = pieces;
    this.#sources = sources;
    this.#plan = new Plan(PieceSet.all(pieces), PIECE, random);
    for (const [source, { joinsAtMs = 0, diesAtMs }] of sources.entries()) {
      if (joinsAtMs === 0) this.#join(source);
      else this.#at(joinsAtMs, () => this.#join(source));
      if (diesAtMs !== undefined) this.#at(diesAtMs, () => this.#die(source));
    }
    this.#at(0, () => this.#tick());
  }

  /** Runs until all pieces are there. @returns the time that it took */
  run(limitMs = 10_000_000): number {
    while (this.received.size < this.#pieces) {
      this.#queue.sort((a, b) => b.atMs - a.atMs);
      const next = this.#queue.pop();
      assert.ok(
        next !== undefined && next.atMs < limitMs,
        `${this.received.size} pieces after ${this.nowMs} ms`,
      );
      this.nowMs = next.atMs;
      next.run();
    }
    return this.nowMs;
  }

  step(event: PlanEvent): void {
    for (const order of this.#plan.step(event, this.nowMs)) this.#obey(order);
  }

  #at(atMs: number, run: () => void): void {
    this.#queue.push({ atMs, run });
  }

  #join(source: number): void {
    const { diesAtMs = Number.POSITIVE_INFINITY, has = null } = this.#of(source);
    if (this.nowMs < diesAtMs) this.step({ type: 'joined', source, has });
  }

  #die(source: number): void {
    this.#sending.delete(source);
    this.step({ type: 'left', source });
  }

  #obey(order: PlanOrder): void {
    this.asked.push(order);
    const sending = this.#sending.get(order.source);
    if (order.type === 'request') {
      assert.equal(sending, undefined, 'one run at a time');
      assert.ok(order.from < order.to && order.to <= this.#pieces);
      for (let piece = order.from; piece < order.to; piece += 1) this.#mayBeAsked(order.source, piece);
      this.#begin(order.source, { piece: order.from, end: order.to, chunk: 0 });
    } else if (order.type === 'shorten') {
      assert.ok(sending !== undefined && order.to > sending.piece && order.to < sending.end);
      sending.end = order.to;
    } else {
      assert.ok(sending !== undefined);
      this.cancels += 1;
      this.#sending.delete(order.source);
      this.#at(this.nowMs + REJOIN_MS, () => this.#join(order.source));
    }
  }

  #mayBeAsked(source: number, piece: number): void {
    const { has = null } = this.#of(source);
    assert.ok(has === null || has.has(piece), `${source} does not have ${piece}`);
    assert.ok(!this.received.has(piece), `${piece} is here already`);
  }

  #begin(source: number, sending: Sending): void {
    this.#sending.set(source, sending);
    this.#lastByteMs.set(source, this.nowMs);
    this.#send(source, sending, this.nowMs + (this.#of(source).latencyMs ?? 1));
  }

  #send(source: number, sending: Sending, fromMs: number): void {
    const rate = this.#of(source).rate(this.nowMs);
    // One that sends nothing is looked at again: it may have woken up.
    const atMs = rate > 0 ? fromMs + PIECE / CHUNKS_A_PIECE / rate : fromMs + TICK_MS;
    this.#at(atMs, () => {
      if (this.#sending.get(source) !== sending) return;
      if (rate > 0) this.#take(source, sending);
      if (this.#sending.get(source) === sending) this.#send(source, sending, this.nowMs);
    });
  }

  #take(source: number, sending: Sending): void {
    this.#lastByteMs.set(source, this.nowMs);
    this.step({ type: 'bytes', source, bytes: PIECE / CHUNKS_A_PIECE });
    if (this.#sending.get(source) !== sending) return;
    sending.chunk += 1;
    if (sending.chunk < CHUNKS_A_PIECE) return;
    assert.ok(!this.received.has(sending.piece), 'no piece comes twice');
    this.received.set(sending.piece, source);
    this.order.push(sending.piece);
    sending.chunk = 0;
    sending.piece += 1;
    if (sending.piece >= sending.end) this.#sending.delete(source);
    this.step({ type: 'received', source });
  }

  #tick(): void {
    for (const source of this.#sending.keys()) {
      if (this.nowMs - (this.#lastByteMs.get(source) ?? 0) >= SILENT_MS)
        this.step({ type: 'silent', source });
    }
    this.step({ type: 'tick' });
    this.#at(this.nowMs + TICK_MS, () => this.#tick());
  }

  #of(source: number): WorldSource {
    return this.#sources[source] ?? assert.fail(`no source ${source}`);
  }
}
