/** Where first live successors lead: the cycles among the live members, and which cycle each one comes to. */
import type { RingView } from './ring-view.ts';

export interface Rings {
  readonly count: number;
  /** The cycle that a member is on, -1 for an appendage. */
  readonly on: Int32Array;
  /** The cycle that a member comes to, -1 where the way ends. */
  readonly reaches: Int32Array;
}

const UNSEEN = -2;
const ON_THE_WAY = -3;

export function ringsOf({ places, next }: RingView): Rings {
  const on = new Int32Array(places.length).fill(-1);
  const reaches = new Int32Array(places.length).fill(UNSEEN);
  let count = 0;
  for (let start = 0; start < places.length; start++) {
    const way: number[] = [];
    let at = start;
    while (at >= 0 && reaches[at] === UNSEEN) {
      reaches[at] = ON_THE_WAY;
      way.push(at);
      at = next[at] as number;
    }
    let end = at < 0 ? -1 : (reaches[at] as number);
    if (end === ON_THE_WAY) {
      end = count++;
      for (let i = way.indexOf(at); i < way.length; i++) on[way[i] as number] = end;
    }
    for (const passed of way) reaches[passed] = end;
  }
  return { count, on, reaches };
}
