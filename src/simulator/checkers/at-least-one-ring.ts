/** AtLeastOneRing (I5, Zave 2017): somebody comes back to itself by first live successors. */
import type { RingView, Violation } from './ring-view.ts';
import type { Rings } from './rings.ts';

export function atLeastOneRing(view: RingView, rings: Rings): Violation {
  return view.places.length > 0 && rings.count === 0 ? 'no ring' : null;
}
