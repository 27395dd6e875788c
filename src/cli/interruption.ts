/**
 * When a person has had enough. The first signal asks for a clean stop, a second one ends at once. One Ctrl-C may arrive
 * several times: the terminal sends it to the whole group, and npm and the launcher pass on what they got.
 */

/** Copies of one Ctrl-C arrive together; a person who presses again takes longer, or presses a third time. */
const SAME_PRESS_MS = 1_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export class Interruption {
  readonly #controller = new AbortController();
  readonly #now: () => number;
  readonly #end: () => void;
  #firstAtMs = 0;

  /** @param now milliseconds of a clock that never jumps @param end what a second signal does */
  constructor(now: () => number, end: () => void) {
    this.#now = now;
    this.#end = end;
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  hear(): void {
    if (!this.signal.aborted) {
      this.#firstAtMs = this.#now();
      this.#controller.abort();
    } else if (this.#now() - this.#firstAtMs > SAME_PRESS_MS) this.#end();
  }
}

/** @returns what every act of this process is given, and how to stop listening */
export function listenForSignals(): { readonly signal: AbortSignal; stop(): void } {
  const interruption = new Interruption(
    () => performance.now(),
    () => process.exit(1),
  );
  const onSignal = (): void => interruption.hear();
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: interruption.signal,
    stop: () => {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}
