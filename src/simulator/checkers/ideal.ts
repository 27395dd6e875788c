/** Ideal (Zave 2017): where the protocol must end up once nothing changes. Every list whole, every predecessor true, no doubt. */
import { isSame, nameOf, type RingView, type Violation } from './ring-view.ts';

export function ideal(view: RingView): Violation {
  for (let i = 0; i < view.places.length; i++) {
    const wrong = headAndPredecessor(view, i) ?? restOfList(view, i) ?? doubt(view, i);
    if (wrong !== null) return wrong;
  }
  return null;
}

/** The head is the next live member and the predecessor the one before; a ring of one has neither. */
export function headsAreIdeal(view: RingView): Violation {
  for (let i = 0; i < view.places.length; i++) {
    const wrong = headAndPredecessor(view, i);
    if (wrong !== null) return wrong;
  }
  return null;
}

function headAndPredecessor(view: RingView, i: number): Violation {
  const { places } = view;
  const place = places[i];
  if (place === undefined) return null;
  const { contact, successors, predecessor } = place;
  const isAlone = places.length === 1;
  const next = isAlone ? undefined : places[view.after(i)]?.contact;
  const before = isAlone ? undefined : places[i === 0 ? places.length - 1 : i - 1]?.contact;
  if (!isSame(successors[0], next))
    return `${nameOf(contact)}'s head is ${nameOf(successors[0])}, not ${nameOf(next)}`;
  if (!isSame(predecessor, before))
    return `${nameOf(contact)}'s predecessor is ${nameOf(predecessor)}, not ${nameOf(before)}`;
  return null;
}

function restOfList(view: RingView, i: number): Violation {
  const { places } = view;
  const place = places[i];
  if (place === undefined) return null;
  const { contact, successors, wanted } = place;
  const length = Math.min(wanted, places.length - 1);
  if (successors.length !== length)
    return `${nameOf(contact)} lists ${successors.length} successors, not ${length}`;
  for (let k = 0, at = view.after(i); k < length; k++, at = view.after(at)) {
    const expected = places[at]?.contact;
    const actual = successors[k];
    if (!isSame(actual, expected))
      return `${nameOf(contact)}'s successor ${k + 1} is ${nameOf(actual)}, not ${nameOf(expected)}`;
  }
  return null;
}

function doubt(view: RingView, i: number): Violation {
  const place = view.places[i];
  return place?.inDoubt ? `${nameOf(place.contact)} is in doubt` : null;
}
