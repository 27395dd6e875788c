/**
 * The ring as only the simulator can see it: every live member at once, in ring order. The checkers read it and nothing
 * else, so that a test can hand them any state, also one that no run should ever reach.
 */
import type { Identifier } from '../../ring/identifier.ts';
import type { Contact } from '../../ring/message.ts';

/** What is wrong, in words, or null. */
export type Violation = string | null;

/** What one live member believes of its place. */
export interface Place {
  readonly contact: Contact;
  successors: readonly Contact[];
  predecessor: Contact | null;
  /** It claims no key now. */
  inDoubt: boolean;
  /** Entries that its list should have where there are enough nodes: r. */
  wanted: number;
}

/** A successor list on its way to a live member, behind the one who sent it. */
export interface FlyingList {
  readonly from: Contact;
  readonly successors: readonly Contact[];
}

export class RingView {
  /** In the order of their identifiers. */
  readonly places: readonly Place[];
  flying: readonly FlyingList[];
  #next: Int32Array | null = null;

  constructor(places: readonly Place[], flying: readonly FlyingList[] = []) {
    this.places = [...places].sort((a, b) => (a.contact.id < b.contact.id ? -1 : 1));
    this.flying = flying;
  }

  /** Index of the first member at or after `id`, clockwise; 0 in an empty ring. */
  firstFrom(id: Identifier): number {
    let low = 0;
    let high = this.places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.idAt(middle) < id) low = middle + 1;
      else high = middle;
    }
    return low === this.places.length ? 0 : low;
  }

  /** Index of this life among the live members, -1 when it is not one. */
  indexOf({ id, incarnation }: Contact): number {
    const at = this.firstFrom(id);
    const contact = this.places[at]?.contact;
    return contact?.id === id && contact.incarnation === incarnation ? at : -1;
  }

  idAt(index: number): Identifier {
    return (this.places[index] as Place).contact.id;
  }

  after(index: number): number {
    return index + 1 === this.places.length ? 0 : index + 1;
  }

  /** Zave's bestSucc: each one's first live successor; itself for a ring of one, -1 where all of the list are gone. */
  get next(): Int32Array {
    this.#next ??= firstLiveSuccessors(this);
    return this.#next;
  }

  /** Lists changed, members did not. */
  listsChanged(): void {
    this.#next = null;
  }
}

function firstLiveSuccessors(view: RingView): Int32Array {
  const next = new Int32Array(view.places.length);
  for (const [i, { successors }] of view.places.entries()) {
    next[i] = successors.length === 0 ? i : -1;
    for (const entry of successors) {
      const at = view.indexOf(entry);
      if (at < 0) continue;
      next[i] = at;
      break;
    }
  }
  return next;
}

/** The same life, or nobody both times. */
export function isSame(a: Contact | undefined | null, b: Contact | undefined | null): boolean {
  return a?.id === b?.id && a?.incarnation === b?.incarnation;
}

/** As reports name a node. */
export function nameOf(contact: Contact | undefined | null): string {
  if (contact === undefined || contact === null) return 'nobody';
  return contact.incarnation === 1
    ? contact.id.slice(0, 6)
    : `${contact.id.slice(0, 6)}/${contact.incarnation}`;
}
