/**
 * What ring nodes say to one another. Requests are questions or hints: none lets a remote set a node's neighbours.
 * Every request carries its sender; every reply carries the responder, with the incarnation that answered.
 * Zave, "Reasoning about identifier spaces: how to make Chord correct" (2017), for stabilize, rectify and join.
 */
import type { Identifier } from './identifier.ts';

/** How to reach one life of one node. A pointer is always (id, incarnation, address), never an id alone. */
export interface Contact {
  readonly id: Identifier;
  /** Strictly increasing over the lives of a node, milliseconds of its start unless its counter is ahead. */
  readonly incarnation: number;
  /** `host:port` of the node's DHT service. */
  readonly address: string;
}

/** What a member list remembers. `left` only by the node's own word; `suspect` is never grounds for removal. */
export type MemberStatus = 'alive' | 'suspect' | 'left';

export interface MemberEntry {
  readonly contact: Contact;
  readonly status: MemberStatus;
}

/** What a notifier says of itself: a node in doubt vouches for nobody. */
export type Standing = 'settled' | 'inDoubt';
/** A life that has no place in the ring any more. */
export interface GoneLife {
  readonly id: Identifier;
  readonly incarnation: number;
}

export type RingRequest =
  /** Is this life of you there? Pure liveness, always answered. */
  | { readonly type: 'ping' }
  /** Asks the receiver to ping `target` and say whether it answered. */
  | { readonly type: 'pingVia'; readonly target: Contact }
  /** Join walk: who is the best predecessor for `id` that you know (perhaps you)? */
  | { readonly type: 'bestPredecessor'; readonly id: Identifier }
  /**
   * Stabilize: your predecessor and successor list. `listHash` of the list last seen allows `unchanged`. With a standing it
   * is a notify too, which saves every round a message.
   */
  | { readonly type: 'neighbours'; readonly listHash: string; readonly notify: Standing | null }
  /** "I think that I am your predecessor." The receiver rectifies. */
  | { readonly type: 'notify'; readonly standing: Standing }
  /** A hint to the predecessor: the sender's list, or its predecessor, is another now. */
  | { readonly type: 'changed' }
  /** A hint: this node may stand before your head. */
  | { readonly type: 'introduce'; readonly contact: Contact }
  /** A hint that the sender goes: the receiver treats it as dead at once. */
  | { readonly type: 'leave' }
  /** Iterative lookup, one step. Only an owner that owns `key` by (predecessor, self] answers `owner`. */
  | { readonly type: 'findOwner'; readonly key: Identifier }
  /** Member list exchange: the digest of what the sender has, and what it thinks is new. */
  | { readonly type: 'members'; readonly digest: string; readonly entries: readonly MemberEntry[] }
  /** Routing tables compared: digests of the 16 groups of pages. Asks for the first from `from` on that differs. */
  | { readonly type: 'routes'; readonly from: number; readonly digests: readonly number[] }
  /** One page of the table: the marks of what the sender has. */
  | { readonly type: 'routePage'; readonly page: number; readonly marks: readonly number[] }
  /** Joins and deaths: the receiver tells them on to the 2^level places ahead of it (D1HT, Monnerat and Amorim 2006). */
  | {
      readonly type: 'routeChanges';
      readonly level: number;
      readonly joined: readonly Contact[];
      readonly gone: readonly GoneLife[];
    };

export type RingReply =
  | { readonly type: 'pong'; readonly joined: boolean }
  | { readonly type: 'pongVia'; readonly answered: boolean }
  /** `best` is the responder itself when it would be the predecessor; then `successors` is its list. */
  | { readonly type: 'bestPredecessor'; readonly best: Contact; readonly successors: readonly Contact[] }
  | {
      readonly type: 'neighbours';
      readonly predecessor: Contact | null;
      /** The first that notified lately between the asker and the responder, where that is not its predecessor. A hint. */
      readonly candidate: Contact | null;
      readonly successors: readonly Contact[];
      readonly listHash: string;
    }
  /** The list still has the hash that the request named. */
  | {
      readonly type: 'neighboursUnchanged';
      readonly predecessor: Contact | null;
      readonly candidate: Contact | null;
    }
  | { readonly type: 'acknowledged' }
  /** The responder owns the key: it lies in (predecessor, responder]. `successors` are its replica candidates. */
  | {
      readonly type: 'owner';
      readonly predecessor: Contact | null;
      readonly successors: readonly Contact[];
    }
  /** The responder does not own the key: ask these, best first. Hints only. */
  | { readonly type: 'redirect'; readonly next: readonly Contact[] }
  | { readonly type: 'members'; readonly digest: string; readonly entries: readonly MemberEntry[] }
  /** Digests of the 16 pages of the group that differs; group 16 where none does. */
  | { readonly type: 'routes'; readonly group: number; readonly digests: readonly number[] }
  /** What the sender lacks of the page, and the marks of what the responder does not have. */
  | { readonly type: 'routePage'; readonly contacts: readonly Contact[]; readonly unknown: readonly number[] }
  /** The responder is not a ring member now (starting, orphaned, leaving): it answers no question of state. */
  | { readonly type: 'notMember' }
  /** The responder awaits an answer that may change its neighbours: ask again (busy mode). */
  | { readonly type: 'pending' }
  /** The request was for another life of this node. */
  | { readonly type: 'otherIncarnation' };
