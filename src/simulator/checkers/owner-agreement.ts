/**
 * Owner agreement: a key belongs to the first member at or after it, (predecessor, self] (Chord 2003). No two live members,
 * neither in doubt, claim one key; and a lookup names whom the ring as a whole would name.
 */
import type { Identifier } from '../../ring/identifier.ts';
import { isBetweenOpenOpen } from '../../ring/interval.ts';
import type { Contact } from '../../ring/message.ts';
import { nameOf, type Place, type RingView, type Violation } from './ring-view.ts';

/** Of those that claim keys, none stands inside what another claims. */
export function claimsAreApart({ places }: RingView): Violation {
  const claimers = places.filter(isClaimer);
  if (claimers.length < 2) return null;
  let before = claimers.at(-1) as Place;
  for (const place of claimers) {
    const { contact, predecessor } = place;
    if (predecessor === null || isBetweenOpenOpen(predecessor.id, before.contact.id, contact.id))
      return `${nameOf(contact)} and ${nameOf(before.contact)} both claim what lies behind ${nameOf(predecessor)}`;
    before = place;
  }
  return null;
}

function isClaimer({ inDoubt, predecessor, successors }: Place): boolean {
  return !inDoubt && (predecessor !== null || successors.length === 0);
}

/** The first member at or after the key. */
export function memberOwner(view: RingView, key: Identifier): Contact | null {
  return view.places[view.firstFrom(key)]?.contact ?? null;
}

/** The same among those in no doubt: who joined or came back just now claims nothing yet. */
export function settledOwner(view: RingView, key: Identifier): Contact | null {
  const { places } = view;
  let at = view.firstFrom(key);
  for (let i = 0; i < places.length; i++, at = view.after(at)) {
    const place = places[at] as Place;
    if (!place.inDoubt) return place.contact;
  }
  return null;
}
