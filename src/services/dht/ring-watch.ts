/** What a node's ring has gone through since the process began, and how it stands now: for metrics. */
import { isSameLife } from '../../ring/contact.ts';
import type { RingEvent } from '../../ring/effect.ts';
import type { Contact, RingReply } from '../../ring/message.ts';
import { type HeadWord, type SelfCheck, selfCheck } from '../../ring/self-check.ts';
import { estimatedSize, type MemberHealth, type RingState } from '../../ring/state.ts';

/** How often each happened. */
export interface RingCounts {
  joins: number;
  /** A member did not answer. */
  suspicions: number;
  /** A member was declared dead. */
  deaths: number;
  /** One that was declared dead answered after all. */
  returns: number;
  /** A member said that it leaves. */
  departures: number;
  /** One thought dead, or found by the merge probe, became this node's successor or predecessor: what was parted is one. */
  merges: number;
  /** This node was paused, or joined, and claimed no key until it was sure. */
  doubts: number;
  /** Every successor was gone. */
  orphanings: number;
}

export interface RingFigures {
  readonly counts: Readonly<RingCounts>;
  readonly isMember: boolean;
  readonly isInDoubt: boolean;
  /** Nodes of the ring, this one included. */
  readonly estimatedSize: number;
  readonly successors: number;
  /** r: how many there may be. */
  readonly successorsMax: number;
  /** Known by name, by what this node thinks of them. */
  readonly members: Readonly<Record<MemberHealth, number>>;
  readonly check: SelfCheck;
  readonly lookups: { readonly found: number; readonly failed: number; readonly hops: number };
}

type CountedEvent = Exclude<RingEvent['type'], 'neighboursChanged' | 'lookupDone'>;

const COUNTED: Readonly<Partial<Record<CountedEvent, keyof RingCounts>>> = {
  joined: 'joins',
  suspected: 'suspicions',
  dead: 'deaths',
  returned: 'returns',
  departed: 'departures',
  doubted: 'doubts',
  orphaned: 'orphanings',
};
/** Of those that came back, or were found in another ring: they may become neighbours. */
const PARTED_MAX = 256;

export class RingWatch {
  readonly #counts: RingCounts = {
    joins: 0,
    suspicions: 0,
    deaths: 0,
    returns: 0,
    departures: 0,
    merges: 0,
    doubts: 0,
    orphanings: 0,
  };
  readonly #parted = new Map<string, Contact>();
  #found = 0;
  #failed = 0;
  #hops = 0;
  #word: HeadWord | null = null;

  note(event: RingEvent): void {
    if (event.type === 'lookupDone') {
      this.#found += event.result.outcome === 'found' ? 1 : 0;
      this.#failed += event.result.outcome === 'found' ? 0 : 1;
      this.#hops += event.result.hops;
      return;
    }
    if (event.type === 'neighboursChanged') {
      this.#noteMerge(event.successors[0], event.predecessor);
      return;
    }
    if (event.type === 'returned' || event.type === 'merging') this.#keepParted(event.contact);
    if (event.type === 'dead') this.#parted.delete(event.contact.id);
    const counted = COUNTED[event.type];
    if (counted !== undefined) this.#counts[counted]++;
  }

  /** A node answered what it was asked; of interest is what the head says of its neighbours. */
  hear(from: Contact, reply: RingReply, head: Contact | undefined): void {
    if (head === undefined || !isSameLife(from, head)) return;
    if (reply.type === 'neighbours') this.#word = { ...reply, head };
    else if (reply.type === 'neighboursUnchanged' && this.#word !== null && isSameLife(this.#word.head, head))
      this.#word = { ...this.#word, predecessor: reply.predecessor };
  }

  read(state: RingState): RingFigures {
    const members: Record<MemberHealth, number> = { alive: 0, suspect: 0, dead: 0, left: 0, unproven: 0 };
    for (const { health } of state.members.values()) members[health]++;
    return {
      counts: this.#counts,
      isMember: state.phase === 'member',
      isInDoubt: state.doubt !== null,
      estimatedSize: estimatedSize(state),
      successors: state.successors.length,
      successorsMax: state.parameters.successorCount,
      members,
      check: selfCheck(state, this.#word),
      lookups: { found: this.#found, failed: this.#failed, hops: this.#hops },
    };
  }

  #keepParted(contact: Contact): void {
    if (this.#parted.size >= PARTED_MAX) {
      const [oldest = ''] = this.#parted.keys();
      this.#parted.delete(oldest);
    }
    this.#parted.set(contact.id, contact);
  }

  #noteMerge(...neighbours: readonly (Contact | null | undefined)[]): void {
    for (const neighbour of neighbours) {
      if (neighbour == null) continue;
      const parted = this.#parted.get(neighbour.id);
      if (parted === undefined || !isSameLife(parted, neighbour)) continue;
      this.#parted.delete(neighbour.id);
      this.#counts.merges++;
    }
  }
}
