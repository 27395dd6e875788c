/**
 * The known holders of a file, and what each did last. A holder that lies, or does not have the file, is not asked again;
 * one that is busy or away is, after a while, a bounded number of times in a row.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Problem } from '../problems/problem.ts';
import type { HttpSource, SourceFailure, SourceOutcome } from './http-source.ts';

/** Failures in a row before a holder is given up, when nobody else serves. */
const TRIES_AWAY = 2;
const TRIES_BUSY = 6;
/** No holder is asked twice in the same moment; one that is away less and less often. */
const AGAIN_MS = 200;

export interface Candidate {
  readonly source: HttpSource;
  /** In a row. */
  failures: number;
  /** What it did last; null while it may still be asked first. */
  last: SourceFailure | null;
  /** By `performance.now()`. */
  askableFromMs: number;
}

export class Holders {
  readonly candidates: readonly Candidate[];
  readonly #what: string;
  readonly #signal: AbortSignal;
  readonly #onBad: (source: HttpSource, reason: string) => void;
  #current = 0;

  /** @param what what is fetched, for messages. @param onBad told of each that sends what it should not */
  constructor(
    sources: readonly HttpSource[],
    what: string,
    signal: AbortSignal,
    onBad: (source: HttpSource, reason: string) => void = () => {},
  ) {
    this.#what = what;
    this.#signal = signal;
    this.#onBad = onBad;
    this.candidates = sources.map((source) => ({ source, failures: 0, last: null, askableFromMs: 0 }));
  }

  /**
   * Asks one holder after the other until one has done it.
   * @throws Problem `verification_failed` (one lied, and no other gave the file), `changed` (all are editing), `busy`,
   * `no_provider`
   */
  async ask<T>(attempt: (source: HttpSource) => Promise<SourceOutcome<T>>): Promise<T> {
    for (;;) {
      const candidate = this.#choose();
      const waitMs = candidate.askableFromMs - performance.now();
      if (waitMs > 0) await delay(waitMs, undefined, { signal: this.#signal });
      const outcome = await attempt(candidate.source);
      this.#signal.throwIfAborted();
      this.note(candidate, outcome, false);
      if (outcome.type === 'done') return outcome.value;
    }
  }

  /** @param progressed whether it brought anything before it failed: then it starts afresh with its failures */
  note(candidate: Candidate, outcome: SourceOutcome<unknown>, progressed: boolean): void {
    if (outcome.type === 'done') {
      candidate.failures = 0;
      return;
    }
    candidate.failures = progressed ? 1 : candidate.failures + 1;
    if (outcome.type === 'bad' && candidate.last?.type !== 'bad') {
      this.#onBad(candidate.source, outcome.reason);
    }
    // Once a liar, always one, whatever else was under way with it.
    if (candidate.last?.type !== 'bad') candidate.last = outcome;
    const waitMs =
      outcome.type === 'busy'
        ? Math.max(outcome.retryAfterMs, AGAIN_MS)
        : AGAIN_MS * 2 ** (candidate.failures - 1);
    candidate.askableFromMs = performance.now() + waitMs;
  }

  /** @param othersServe whether there is somebody else, so that there is time to wait for this one */
  isAskable({ last, failures }: Candidate, othersServe = false): boolean {
    if (last === null) return true;
    if (last.type === 'away') return failures < (othersServe ? TRIES_BUSY : TRIES_AWAY);
    return last.type === 'busy' && failures < TRIES_BUSY;
  }

  /** Why nobody gives the file. */
  exhausted(): Problem {
    const types = new Set(this.candidates.map((candidate) => candidate.last?.type));
    const only = types.size === 1 ? [...types][0] : undefined;
    const liars = this.candidates.filter(({ last }) => last?.type === 'bad');
    const reasons = this.candidates.map(({ source, last }) => `${source.holder.address}: ${describe(last)}`);
    const cause = new Error(reasons.join('; '));
    if (liars.length > 0) {
      const address = liars.map(({ source }) => source.holder.address).join(', ');
      return new Problem('verification_failed', { address, what: this.#what }, cause);
    }
    if (only === 'changed') return new Problem('changed', { what: this.#what }, cause);
    if (only === 'busy') return new Problem('busy', { seconds: Math.ceil(this.#soonestMs() / 1000) }, cause);
    return new Problem('no_provider', { what: this.#what }, cause);
  }

  /** The current one while it serves, else the one that may be asked soonest. */
  #choose(): Candidate {
    const start = this.#current;
    let best: Candidate | null = null;
    for (let step = 0; step < this.candidates.length; step += 1) {
      const index = (start + step) % this.candidates.length;
      const candidate = this.candidates[index];
      if (candidate === undefined || !this.isAskable(candidate)) continue;
      if (best !== null && !isBetter(candidate, best)) continue;
      best = candidate;
      this.#current = index;
    }
    if (best === null) throw this.exhausted();
    return best;
  }

  #soonestMs(): number {
    return Math.max(
      1,
      Math.min(...this.candidates.map(({ askableFromMs }) => askableFromMs - performance.now())),
    );
  }
}

/** Fewer failures first, then the one that may be asked sooner; among equals the earlier in turn. */
function isBetter(a: Candidate, b: Candidate): boolean {
  return a.failures !== b.failures ? a.failures < b.failures : a.askableFromMs < b.askableFromMs;
}

function describe(failure: SourceFailure | null): string {
  if (failure === null) return 'not asked';
  return 'reason' in failure ? `${failure.type} (${failure.reason})` : failure.type;
}
