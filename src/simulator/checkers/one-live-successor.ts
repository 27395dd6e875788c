/** OneLiveSuccessor (I1, Zave 2017): each live member has a live successor in its list; a ring of one needs none. */
import { nameOf, type RingView, type Violation } from './ring-view.ts';

export function oneLiveSuccessor(view: RingView): Violation {
  const { places, next } = view;
  for (const [i, { contact }] of places.entries())
    if (next[i] === -1) return `${nameOf(contact)} has no live successor`;
  return null;
}
