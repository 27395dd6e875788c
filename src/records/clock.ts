/**
 * Hybrid logical clock (Kulkarni et al. 2014): 48 bits of Unix milliseconds, 16 bits of counter. Never goes back, stays
 * near the wall clock, and is past everything it has seen.
 */

const COUNTER_BITS = 16n;
/** So that a seq fits a signed 64-bit integer: good until the year 6429. */
export const INSTANT_MAX = 2n ** 63n - 1n;

/** The next instant after `last` and not before `nowMs`. @param nowMs Unix milliseconds */
export function nextInstant(last: bigint, nowMs: number): bigint {
  const now = BigInt(nowMs) << COUNTER_BITS;
  return now > last ? now : last + 1n;
}

/** Unix milliseconds of an instant. */
export function millisOf(instant: bigint): number {
  return Number(instant >> COUNTER_BITS);
}

export function isInstant(value: bigint): boolean {
  return value >= 0n && value <= INSTANT_MAX;
}
