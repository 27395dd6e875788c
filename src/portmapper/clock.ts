/** The two clocks of a portmapper: one to measure silence by, one to tell people when. */
import { performance } from 'node:perf_hooks';

export interface Clock {
  /** Never set, never back; stands still while the machine is suspended. */
  monotonicMs(): number;
  /** Unix milliseconds; may jump. */
  unixMs(): number;
}

export const SYSTEM_CLOCK: Clock = {
  monotonicMs: () => performance.now(),
  unixMs: () => Date.now(),
};
