/** ConnectedAppendages (I8, Zave 2017): whoever is not on the ring comes to it by first live successors. */
import { nameOf, type RingView, type Violation } from './ring-view.ts';
import type { Rings } from './rings.ts';

export function connectedAppendages(view: RingView, rings: Rings): Violation {
  const lost = rings.reaches.indexOf(-1);
  return lost < 0 ? null : `${nameOf(view.places[lost]?.contact)} does not come to the ring`;
}
