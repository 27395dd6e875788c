/** Fetches the missing pieces of a file from all its holders at once: what the plan orders, over HTTP. */
import type { LeafMap } from '../content/leaf-map.ts';
import { PIECE_BYTES } from '../content/profile.ts';
import type { Assembly } from './assembly.ts';
import type { Candidate, Holders } from './holders.ts';
import type { SourceFailure } from './http-source.ts';
import type { PieceChecker, Slot } from './piece-checker.ts';
import { PieceReading, type RateLimit } from './piece-reading.ts';
import { Plan, type PlanEvent, type PlanOrder } from './plan.ts';
import { SwarmMember } from './swarm-member.ts';

/** Each holds a slot while it sends; the others wait until one of these leaves. */
const MEMBERS_MAX = 8;
const TICK_MS = 100;
/** Without a byte for so long, others may take what a source was given. */
const SILENT_MS = 1_000;
/** One that was only slow gets another chance after so long. */
const SLOW_AGAIN_MS = 1_000;

export interface SwarmConditions {
  readonly limit: RateLimit | null;
  /** Told how many sources send. */
  onSources(count: number): void;
}

export class Swarm {
  readonly #map: LeafMap;
  readonly #assembly: Assembly;
  readonly #checker: PieceChecker;
  readonly #holders: Holders;
  readonly #conditions: SwarmConditions;
  readonly #plan: Plan;
  readonly #members = new Map<Candidate, SwarmMember>();
  readonly #works = new Set<Promise<void>>();
  /** Pieces that are being verified or written. */
  #accepting = 0;
  #sources = 0;
  #ended = false;
  #done: (() => void) | null = null;
  #fail: ((reason: unknown) => void) | null = null;

  constructor(
    map: LeafMap,
    assembly: Assembly,
    checker: PieceChecker,
    holders: Holders,
    conditions: SwarmConditions,
  ) {
    this.#map = map;
    this.#assembly = assembly;
    this.#checker = checker;
    this.#holders = holders;
    this.#conditions = conditions;
    this.#plan = new Plan(assembly.missing, PIECE_BYTES, Math.random);
  }

  /** Kept when no piece is missing. @throws Problem as `Holders.ask` and the output have them; the signal's reason */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#assembly.missing.size === 0) return;
    const abort = () => this.#fail?.(signal.reason);
    const ended = new Promise<void>((resolve, reject) => {
      this.#done = resolve;
      this.#fail = reject;
    });
    signal.addEventListener('abort', abort);
    const timer = setInterval(() => this.#tick(), TICK_MS);
    try {
      this.#moveWindow();
      this.#recruit();
      await ended;
    } finally {
      this.#ended = true;
      clearInterval(timer);
      signal.removeEventListener('abort', abort);
      for (const member of this.#members.values()) member.stop('free');
      await Promise.all(this.#works);
    }
  }

  #step(event: PlanEvent): void {
    for (const order of this.#plan.step(event, performance.now())) this.#obey(order);
  }

  #obey(order: PlanOrder): void {
    const candidate = this.#holders.candidates[order.source];
    const member = candidate && this.#members.get(candidate);
    if (member === undefined) throw new Error('the plan orders those who joined');
    if (order.type === 'request') member.give(order.from, order.to);
    else if (order.type === 'shorten') member.shorten(order.to);
    else if (performance.now() - member.lastByteMs < SILENT_MS) member.stop('free');
    else member.stop({ type: 'away', reason: 'it fell silent' });
  }

  #tick(): void {
    const nowMs = performance.now();
    for (const member of this.#members.values()) {
      if (!member.isExpecting) member.lastByteMs = Math.max(member.lastByteMs, nowMs - SILENT_MS / 2);
      else if (nowMs - member.lastByteMs >= SILENT_MS) this.#step({ type: 'silent', source: member.index });
    }
    this.#recruit();
    this.#tellSources();
  }

  /** Whoever can be asked joins, as long as there is room. */
  #recruit(): void {
    const nowMs = performance.now();
    for (const [index, candidate] of this.#holders.candidates.entries()) {
      if (this.#ended || this.#members.size >= MEMBERS_MAX) break;
      const isAskable = this.#holders.isAskable(candidate, this.#members.size > 0);
      if (this.#members.has(candidate) || !isAskable || candidate.askableFromMs > nowMs) continue;
      const member = new SwarmMember(candidate, index);
      this.#members.set(candidate, member);
      const work = this.#work(member);
      this.#works.add(work);
      work.finally(() => this.#works.delete(work));
      this.#step({ type: 'joined', source: index, has: null });
    }
    if (this.#assembly.output.windowPieces === null) this.#checker.serveSources(this.#members.size);
    this.#step({ type: 'tick' });
    this.#giveUpIfAlone();
  }

  async #work(member: SwarmMember): Promise<void> {
    const { candidate, index } = member;
    try {
      const failure = await member.work(this.#map.root.text, this.#openReading);
      this.#members.delete(candidate);
      if (failure === null) candidate.askableFromMs = performance.now() + SLOW_AGAIN_MS;
      else this.#holders.note(candidate, failure, member.progressed);
      this.#step({ type: 'left', source: index });
      this.#recruit();
    } catch (error) {
      this.#fail?.(error);
    }
  }

  readonly #openReading = (member: SwarmMember, from: number, to: number): PieceReading =>
    new PieceReading([from, to], this.#map.size, this.#checker, this.#conditions.limit, {
      onBytes: (bytes) => {
        member.lastByteMs = performance.now();
        this.#step({ type: 'bytes', source: member.index, bytes });
      },
      onPiece: (piece, slot) => {
        this.#accept(member, piece, slot).catch((error: unknown) => this.#fail?.(error));
        this.#step({ type: 'received', source: member.index });
      },
    });

  async #accept(member: SwarmMember, piece: number, slot: Slot): Promise<void> {
    this.#accepting += 1;
    const isGood = await this.#assembly.accept(piece, slot);
    this.#accepting -= 1;
    if (isGood) {
      member.progressed = true;
      this.#holders.note(member.candidate, { type: 'done', value: null }, true);
      if (this.#assembly.missing.size === 0) this.#done?.();
      else this.#moveWindow();
      return;
    }
    const failure: SourceFailure = { type: 'bad', reason: `piece ${piece} does not match its leaf` };
    const present = this.#members.get(member.candidate);
    if (present === undefined) this.#holders.note(member.candidate, failure, false);
    else present.stop(failure);
    this.#step({ type: 'lost', piece });
    this.#giveUpIfAlone();
  }

  #moveWindow(): void {
    const { missing, output } = this.#assembly;
    const first = missing.next(0);
    if (output.windowPieces === null || first === null) return;
    this.#step({ type: 'window', end: Math.min(first + output.windowPieces, missing.pieces) });
  }

  #giveUpIfAlone(): void {
    if (this.#members.size > 0 || this.#accepting > 0) return;
    if (this.#holders.candidates.some((candidate) => this.#holders.isAskable(candidate))) return;
    if (this.#assembly.missing.size > 0) this.#fail?.(this.#holders.exhausted());
  }

  #tellSources(): void {
    let sources = 0;
    for (const member of this.#members.values()) if (member.isReading) sources += 1;
    if (sources !== this.#sources) this.#conditions.onSources(sources);
    this.#sources = sources;
  }
}
