/** One moment on both clocks: intervals go by the one that never jumps, files and people by the wall clock. */
export interface Moment {
  /** Milliseconds since some moment; never goes back. */
  readonly monotonicMs: number;
  /** Unix milliseconds; may be set forward and back. */
  readonly wallMs: number;
}

export function momentNow(): Moment {
  return { monotonicMs: performance.now(), wallMs: Date.now() };
}
