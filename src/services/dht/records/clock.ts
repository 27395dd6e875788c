/** What the record services know of time: everything that waits or measures goes through it, so that a simulator can be it. */

export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  monotonicMs(): number;
  /** Unix milliseconds; may be set forward and back. */
  wallMs(): number;
  /** Calls `act` once after that time, keeping no process alive for it. Returns the way to give it up. */
  after(delayMs: number, act: () => void): () => void;
  /** Resolves once what is due already has had its turn. */
  nextTurn(): Promise<void>;
}

export const MACHINE_CLOCK: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  after: (delayMs, act) => {
    const timer = setTimeout(act, delayMs).unref();
    return () => clearTimeout(timer);
  },
  nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
};

/** Resolves after that time, or at once when `signal` aborts. */
export function wait(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal?.aborted) return Promise.resolve();
  const giveUp = clock.after(delayMs, () => {
    signal?.removeEventListener('abort', end);
    resolve();
  });
  const end = () => {
    giveUp();
    resolve();
  };
  signal?.addEventListener('abort', end, { once: true });
  return promise;
}

/** Aborts after that time. */
export function signalAfter(clock: Clock, delayMs: number): AbortSignal {
  const controller = new AbortController();
  clock.after(delayMs, () => controller.abort(new DOMException('too late', 'TimeoutError')));
  return controller.signal;
}
