/**
 * Principals (Zave 2017): the live members that no live member's extended list skips, the lists on their way to live
 * members counted like those held (docs/ring.md, What must hold). An entry that names an older life of a live member stands for nobody:
 * the list skips the life that is. Each list marks the runs of members that it skips in a difference array.
 */
import type { Identifier } from '../../ring/identifier.ts';
import { isBetweenOpenOpen } from '../../ring/interval.ts';
import type { Contact } from '../../ring/message.ts';
import type { RingView } from './ring-view.ts';

/** For each member of the view: 1 when it is principal. O(N r), and O(log N) more for each entry that is dead or skips. */
export function principalsOf(view: RingView): Uint8Array {
  const skips = new Int32Array(view.places.length + 1);
  for (const [i, { contact, successors }] of view.places.entries())
    markSkipped(view, contact.id, view.after(i), successors, skips);
  for (const { from, successors } of view.flying) {
    const at = view.firstFrom(from.id);
    const start = view.places[at]?.contact.id === from.id ? view.after(at) : at;
    markSkipped(view, from.id, start, successors, skips);
  }
  const principals = new Uint8Array(view.places.length);
  let skipped = 0;
  for (let i = 0; i < principals.length; i++) {
    skipped += skips[i] as number;
    principals[i] = skipped === 0 ? 1 : 0;
  }
  return principals;
}

/** @param start index of the first member after `from`, whose list it is; the list is in ring order */
function markSkipped(
  view: RingView,
  from: Identifier,
  start: number,
  successors: readonly Contact[],
  skips: Int32Array,
): void {
  const { places } = view;
  if (places.length === 0) return;
  let last = from;
  let at = start;
  for (const entry of successors) {
    let here = at;
    let contact = places[here]?.contact as Contact;
    if (contact.id !== entry.id) {
      here = view.firstFrom(entry.id);
      contact = places[here]?.contact as Contact;
    }
    const count = (here - at + places.length) % places.length;
    if (count > 0) markRun(skips, at, count);
    // In one gap, and not the short way: the pair goes round everybody.
    else if (contact.id !== entry.id && isBetweenOpenOpen(last, view.idAt(at), entry.id))
      markRun(skips, 0, places.length);
    last = entry.id;
    // Past a life that is; an older one is passed by the next pair.
    at = contact.id === entry.id && contact.incarnation === entry.incarnation ? view.after(here) : here;
  }
}

function markRun(skips: Int32Array, start: number, count: number): void {
  const size = skips.length - 1;
  const end = start + count;
  add(skips, start, 1);
  if (end <= size) {
    add(skips, end, -1);
    return;
  }
  add(skips, 0, 1);
  add(skips, end - size, -1);
}

function add(counts: Int32Array, index: number, by: number): void {
  counts[index] = (counts[index] as number) + by;
}
