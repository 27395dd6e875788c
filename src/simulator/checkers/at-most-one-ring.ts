/** AtMostOneRing (I6, Zave 2017): all that come back to themselves come by one another. */
import { nameOf, type RingView, type Violation } from './ring-view.ts';
import type { Rings } from './rings.ts';

export function atMostOneRing(view: RingView, rings: Rings): Violation {
  if (rings.count <= 1) return null;
  const examples = Array.from({ length: rings.count }, (_, ring) =>
    nameOf(view.places[rings.on.indexOf(ring)]?.contact),
  );
  return `${rings.count} rings: one with ${examples.join(', one with ')}`;
}
