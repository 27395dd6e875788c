/**
 * The known holders of a file, one asked at a time: the next when one fails. A holder that lies, or does not have the file,
 * is not asked again; one that is busy or away is, a bounded number of times, anew after each that brought something.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Problem } from '../problems/problem.ts';
import type { HttpSource, SourceFailure, SourceOutcome } from './http-source.ts';

/** Failures in a row before a holder is given up. */
const TRIES_AWAY = 2;
const TRIES_BUSY = 6;
/** A holder that is away is not asked twice in the same moment. */
const AGAIN_MS = 200;

interface Candidate {
  readonly source: HttpSource;
  failures: number;
  /** What it did last; null while it may still be asked first. */
  last: SourceFailure | null;
  askableFromMs: number;
}

export class Holders {
  readonly #what: string;
  readonly #candidates: Candidate[];
  readonly #signal: AbortSignal;
  #current = 0;

  /** @param what what is fetched, for messages */
  constructor(sources: readonly HttpSource[], what: string, signal: AbortSignal) {
    this.#what = what;
    this.#signal = signal;
    this.#candidates = sources.map((source) => ({ source, failures: 0, last: null, askableFromMs: 0 }));
  }

  /**
   * Asks one holder after the other until one has done it. `progress` counts what came: a holder that brought anything
   * starts afresh with its failures.
   * @throws Problem `verification_failed` (one lied, and no other gave the file), `changed` (all are editing), `busy`,
   * `no_provider`
   */
  async ask<T>(
    attempt: (source: HttpSource) => Promise<SourceOutcome<T>>,
    progress: () => number,
  ): Promise<T> {
    for (;;) {
      const candidate = this.#choose();
      await this.#waitFor(candidate);
      const before = progress();
      const outcome = await attempt(candidate.source);
      if (outcome.type === 'done') {
        candidate.failures = 0;
        return outcome.value;
      }
      candidate.failures = progress() > before ? 1 : candidate.failures + 1;
      candidate.last = outcome;
      candidate.askableFromMs = performance.now() + (outcome.type === 'busy' ? outcome.retryAfterMs : 0);
    }
  }

  /** The current one while it serves, else the one that may be asked soonest. */
  #choose(): Candidate {
    const start = this.#current;
    let best: Candidate | null = null;
    for (let step = 0; step < this.#candidates.length; step += 1) {
      const index = (start + step) % this.#candidates.length;
      const candidate = this.#candidates[index];
      if (candidate === undefined || !isAskable(candidate)) continue;
      if (best !== null && !isBetter(candidate, best)) continue;
      best = candidate;
      this.#current = index;
    }
    if (best === null) throw this.#exhausted();
    return best;
  }

  async #waitFor({ askableFromMs, failures }: Candidate): Promise<void> {
    const waitMs = Math.max(askableFromMs - performance.now(), failures > 0 ? AGAIN_MS : 0);
    if (waitMs > 0) await delay(waitMs, undefined, { signal: this.#signal });
  }

  #exhausted(): Problem {
    const types = new Set(this.#candidates.map((candidate) => candidate.last?.type));
    const only = types.size === 1 ? [...types][0] : undefined;
    const liars = this.#candidates.filter(({ last }) => last?.type === 'bad');
    const reasons = this.#candidates.map(({ source, last }) => `${source.holder.address}: ${describe(last)}`);
    const cause = new Error(reasons.join('; '));
    if (liars.length > 0) {
      const address = liars.map(({ source }) => source.holder.address).join(', ');
      return new Problem('verification_failed', { address, what: this.#what }, cause);
    }
    if (only === 'changed') return new Problem('changed', { what: this.#what }, cause);
    if (only === 'busy') return new Problem('busy', { seconds: Math.ceil(this.#soonestMs() / 1000) }, cause);
    return new Problem('no_provider', { what: this.#what }, cause);
  }

  #soonestMs(): number {
    return Math.max(
      1,
      Math.min(...this.#candidates.map(({ askableFromMs }) => askableFromMs - performance.now())),
    );
  }
}

function isAskable({ last, failures }: Candidate): boolean {
  if (last === null) return true;
  if (last.type === 'away') return failures < TRIES_AWAY;
  return last.type === 'busy' && failures < TRIES_BUSY;
}

/** Fewer failures first, then the one that may be asked sooner; among equals the earlier in turn. */
function isBetter(a: Candidate, b: Candidate): boolean {
  return a.failures !== b.failures ? a.failures < b.failures : a.askableFromMs < b.askableFromMs;
}

function describe(failure: SourceFailure | null): string {
  if (failure === null) return 'not asked';
  return 'reason' in failure ? `${failure.type} (${failure.reason})` : failure.type;
}
