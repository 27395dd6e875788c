/** LossOfPrincipal (I10, Zave 2017): who is principal stays so while it lives; only its own failure ends it. */
import { isBetweenOpenOpen } from '../../ring/interval.ts';
import type { Contact } from '../../ring/message.ts';
import { isSame, nameOf, type RingView, type Violation } from './ring-view.ts';

export class LossOfPrincipals {
  #principals: Contact[] = [];

  /** Those who were principal when last asked, are live members still, and are principal no more. Forgets them. */
  lost(view: RingView, principals: Uint8Array): readonly Contact[] {
    const lost = this.#principals.filter((contact) => {
      const at = view.indexOf(contact);
      return at >= 0 && principals[at] === 0;
    });
    this.#principals = [];
    for (const [i, { contact }] of view.places.entries())
      if (principals[i] === 1) this.#principals.push(contact);
    return lost;
  }
}

export function lossOfPrincipals(lost: readonly Contact[]): Violation {
  return lost.length === 0 ? null : `principal no more, though alive: ${lost.map(nameOf).join(', ')}`;
}

/** The first live member whose list skips this one, for the report. */
export function whoSkips(view: RingView, skipped: Contact): Contact | null {
  for (const { contact, successors } of view.places) {
    const last = successors.at(-1);
    if (last === undefined || contact.id === skipped.id) continue;
    const isInside = isBetweenOpenOpen(contact.id, skipped.id, last.id);
    if (isInside && !successors.some((entry) => isSame(entry, skipped))) return contact;
  }
  return null;
}
