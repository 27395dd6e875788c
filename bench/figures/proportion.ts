/** How sure a share is: 95 % bounds of a proportion from the events counted. */

/** Two-sided 95 % of the normal distribution. */
const Z = 1.959964;

export interface Share {
  readonly events: number;
  readonly of: number;
}

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson's score interval (1927). Of zero events, and of nothing but events, it is the rule of three: 3/n, one-sided 95 %
 * (Hanley and Lippman-Hand 1983).
 */
export function shareBounds({ events, of }: Share): Bounds {
  if (of === 0) return { low: 0, high: 1 };
  if (events === 0) return { low: 0, high: Math.min(1, 3 / of) };
  if (events === of) return { low: Math.max(0, 1 - 3 / of), high: 1 };
  const share = events / of;
  const z2 = Z * Z;
  const middle = (share + z2 / (2 * of)) / (1 + z2 / of);
  const reach = (Z / (1 + z2 / of)) * Math.sqrt((share * (1 - share)) / of + z2 / (4 * of * of));
  return { low: Math.max(0, middle - reach), high: Math.min(1, middle + reach) };
}

export function pooled(shares: readonly Share[]): Share {
  return shares.reduce((sum, { events, of }) => ({ events: sum.events + events, of: sum.of + of }), {
    events: 0,
    of: 0,
  });
}
