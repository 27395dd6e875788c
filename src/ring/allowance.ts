/**
 * What a node takes from others in a time, whoever they say they are: so many at once, and then one every so often. The sender's name in a
 * request is not proved, so that a bound for each sender would bound nobody. One moment is all there is to remember
 * (virtual scheduling, ITU-T I.371).
 */
import type { MonotonicMs } from './effect.ts';

export interface Allowance {
  /** Until then what was taken would have lasted, one every so often. */
  spentUntil: MonotonicMs;
}

/** Takes one of `most`, of which another comes every `everyMs`. False where none is left. */
export function spend(allowance: Allowance, now: MonotonicMs, everyMs: number, most: number): boolean {
  const spentUntil = Math.max(allowance.spentUntil, now) + everyMs;
  if (spentUntil - now > most * everyMs) return false;
  allowance.spentUntil = spentUntil;
  return true;
}
