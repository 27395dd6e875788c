/** When the portmapper itself was watching: a time in which it was down says nothing about any node. */
import type { WatchSpan } from './availability.ts';
import type { RegistryStore } from './registry-store.ts';

/** Restarts kept; a portmapper that restarts more often in a week has other troubles. */
const SPANS_MAX = 1_024;

export class WatchHistory {
  readonly #store: RegistryStore;
  #spans: WatchSpan[];
  #number = 0;

  /** Begins to watch. @param unixMs Unix milliseconds */
  constructor(store: RegistryStore, unixMs: number) {
    this.#store = store;
    store.forgetFuture(unixMs);
    this.#spans = store.spans().map(({ fromMs, toMs }) => ({ fromMs, toMs }));
    this.#begin(unixMs);
  }

  get spans(): readonly WatchSpan[] {
    return this.#spans;
  }

  /** It watched up to `unixMs`. Only in memory, till `save`. */
  extend(unixMs: number): void {
    const current = this.#spans.at(-1) as WatchSpan;
    this.#spans[this.#spans.length - 1] = { fromMs: current.fromMs, toMs: Math.max(current.toMs, unixMs) };
  }

  /** It did not watch since the last `extend`, and does from `unixMs` on. */
  interrupt(unixMs: number): void {
    this.save();
    this.#begin(unixMs);
    if (this.#spans.length > SPANS_MAX) this.#spans = this.#spans.slice(-SPANS_MAX);
  }

  /** The clock was set back to `unixMs`. */
  setBack(unixMs: number): void {
    this.save();
    this.#store.forgetFuture(unixMs);
    this.#spans = this.#spans
      .filter((span) => span.fromMs < unixMs)
      .map((span) => ({ fromMs: span.fromMs, toMs: Math.min(span.toMs, unixMs) }));
    this.#begin(unixMs);
  }

  /** Drops what ended before `unixMs`. */
  forget(unixMs: number): void {
    const current = this.#spans.at(-1) as WatchSpan;
    this.#spans = this.#spans.filter((span) => span.toMs >= unixMs || span === current);
    this.#store.trimSpans(unixMs);
  }

  save(): void {
    const current = this.#spans.at(-1) as WatchSpan;
    this.#store.extendSpan(this.#number, current.toMs);
  }

  #begin(unixMs: number): void {
    this.#number = this.#store.beginSpan(unixMs);
    this.#spans.push({ fromMs: unixMs, toMs: unixMs });
  }
}
