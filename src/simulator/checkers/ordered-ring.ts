/** OrderedRing (I7, Zave 2017): on the ring, nobody of it stands between a member and its first live successor. */
import { isBetweenOpenOpen } from '../../ring/interval.ts';
import { nameOf, type RingView, type Violation } from './ring-view.ts';
import type { Rings } from './rings.ts';

export function orderedRing(view: RingView, rings: Rings): Violation {
  const { places, next } = view;
  const lastOf = new Map<number, number>();
  const firstOf = new Map<number, number>();
  const between = (from: number, passed: number): Violation => {
    const to = next[from] as number;
    if (!isBetweenOpenOpen(view.idAt(from), view.idAt(passed), view.idAt(to))) return null;
    const [a, b, c] = [from, passed, to].map((i) => nameOf(places[i]?.contact));
    return `${a} leads to ${c} past ${b}`;
  };
  // The next of the same ring clockwise is the one that can stand between, if anybody does.
  for (let i = 0; i < places.length; i++) {
    const ring = rings.on[i] as number;
    if (ring < 0) continue;
    const last = lastOf.get(ring);
    if (last === undefined) firstOf.set(ring, i);
    else {
      const wrong = between(last, i);
      if (wrong !== null) return wrong;
    }
    lastOf.set(ring, i);
  }
  for (const [ring, last] of lastOf) {
    const wrong = between(last, firstOf.get(ring) as number);
    if (wrong !== null) return wrong;
  }
  return null;
}
