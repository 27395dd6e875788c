/** SufficientPrincipals (I2, Zave 2017): at least r + 1 principals, r being the longest list that anybody wants. */
import type { RingView, Violation } from './ring-view.ts';

export function sufficientPrincipals(view: RingView, principals: Uint8Array): Violation {
  const count = countOf(principals);
  const least = leastPrincipals(view);
  return count >= least ? null : `${count} principals, fewer than ${least}`;
}

export function leastPrincipals({ places }: RingView): number {
  let longest = 0;
  for (const { wanted } of places) longest = Math.max(longest, wanted);
  return longest + 1;
}

export function countOf(principals: Uint8Array): number {
  let count = 0;
  for (const isPrincipal of principals) count += isPrincipal;
  return count;
}
