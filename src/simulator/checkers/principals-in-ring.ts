/** PrincipalsInRing (I9, Zave 2017): every principal is on the ring. */
import { nameOf, type RingView, type Violation } from './ring-view.ts';
import type { Rings } from './rings.ts';

export function principalsInRing(view: RingView, rings: Rings, principals: Uint8Array): Violation {
  for (const [i, { contact }] of view.places.entries())
    if (principals[i] === 1 && rings.on[i] === -1)
      return `${nameOf(contact)} is principal and not on the ring`;
  return null;
}
