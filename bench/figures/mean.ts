/** How sure a mean over runs is: Student's 95 % bounds. One run has a mean and no bounds. */
import { type Bounds, pooled, type Share } from './proportion.ts';

/** Two-sided 95 % quantiles of Student's distribution by degrees of freedom, from 1. */
const STUDENT = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
const NORMAL = 1.96;

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of values that are independent of one another, such as one from each seed. */
export function meanBounds(values: readonly number[]): Bounds {
  const mean = meanOf(values);
  const freedom = values.length - 1;
  if (freedom < 1) return { low: Number.NaN, high: Number.NaN };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const reach = (studentQuantile(freedom) * Math.sqrt(squares / freedom)) / Math.sqrt(values.length);
  return { low: mean - reach, high: mean + reach };
}

/** Of so much for each of so many, such as time-outs a lookup, over seeds of any size: the ratio of the sums (Cochran 1977, 6.3). */
export function ratioBounds(seeds: readonly Share[]): Bounds {
  const { events, of } = pooled(seeds);
  const freedom = seeds.length - 1;
  if (freedom < 1) return { low: Number.NaN, high: Number.NaN };
  const ratio = events / of;
  const squares = seeds.reduce((sum, seed) => sum + (seed.events - ratio * seed.of) ** 2, 0);
  const reach = (studentQuantile(freedom) * Math.sqrt((seeds.length / freedom) * squares)) / of;
  return { low: ratio - reach, high: ratio + reach };
}

/** Above 30 degrees by the first term of the expansion around the normal distribution. */
export function studentQuantile(freedom: number): number {
  return STUDENT[freedom - 1] ?? NORMAL + (NORMAL ** 3 + NORMAL) / (4 * freedom);
}
