/** The one door into the ring and the one batch out of it: `step(state, now, random, input) -> effects`. */
import type { Identifier } from './identifier.ts';
import type { Contact, MemberEntry, RingReply, RingRequest } from './message.ts';

/** Milliseconds on the node's own monotonic clock. */
export type MonotonicMs = number;

/** Uniform in [0, 1). */
export type Random = () => number;

export type Input =
  /** Starts the node as `self`. `remembered` are hints from an earlier life, never trusted. */
  | { readonly type: 'boot'; readonly remembered: readonly MemberEntry[] }
  /** Become a ring of one. Only for a node that knows of no network to join. */
  | { readonly type: 'create' }
  /** Join by any of these; retried with backoff until it succeeds. Addresses whose id is unknown are resolved by the driver first. */
  | { readonly type: 'join'; readonly seeds: readonly Contact[] }
  /** Leave: tell the neighbours, then `left`. */
  | { readonly type: 'leave' }
  /** Nodes that may exist (portmapper, configuration): candidates and routing hints only. */
  | { readonly type: 'candidates'; readonly contacts: readonly Contact[] }
  | {
      readonly type: 'lookup';
      readonly lookupId: number;
      readonly key: Identifier;
      readonly deadlineMs: number;
    }
  /** A request arrived; the driver answers it with the `reply` effect that names `token`. */
  | {
      readonly type: 'request';
      readonly from: Contact;
      /** The life of this node that the sender means; 0 when it knows only the address. */
      readonly toIncarnation: number;
      readonly token: number;
      readonly request: RingRequest;
    }
  /** The answer to the `send` with this requestId. `from` is who answered. */
  | { readonly type: 'reply'; readonly requestId: number; readonly from: Contact; readonly reply: RingReply }
  /** No answer by the deadline, or a connection error: never proof of death. */
  | {
      readonly type: 'failure';
      readonly requestId: number;
      readonly reason: string;
      /** It answered, with a refusal or what could not be read: it lives. */
      readonly answered?: boolean;
    }
  | { readonly type: 'timer'; readonly timerId: string };

export interface LookupStep {
  readonly contact: Contact;
  readonly elapsedMs: number;
  /** `failed`: no answer, or none of use. `abandoned`: it redirected, and from there no owner was reached. */
  readonly outcome: 'owner' | 'redirect' | 'failed' | 'abandoned';
}

export interface LookupResult {
  readonly lookupId: number;
  readonly key: Identifier;
  /** `failed`: no owner confirmed by the deadline. */
  readonly outcome: 'found' | 'failed';
  readonly owner: Contact | null;
  /** The owner's predecessor as it said itself: (predecessor.id, owner.id] is what it owns. Null when alone. */
  readonly predecessor: Contact | null;
  /** The owner's successors: where replicas stand. */
  readonly successors: readonly Contact[];
  /** Calls in the order made, the owner's included; of a lookup that retries for long, the latest. */
  readonly path: readonly LookupStep[];
  /** Those of the path that led to the owner, its own included: `redirect` and `owner`; 0 when the asker owns the key. */
  readonly hops: number;
}

export type RingEvent =
  | { readonly type: 'joined' }
  /** Predecessor or successor list changed. Ownership is (predecessor, self]; the driver compares with what it knew. */
  | {
      readonly type: 'neighboursChanged';
      readonly predecessor: Contact | null;
      readonly successors: readonly Contact[];
    }
  | { readonly type: 'lookupDone'; readonly result: LookupResult }
  | { readonly type: 'suspected'; readonly contact: Contact }
  /** Declared dead for ring state by this node's own probes. */
  | { readonly type: 'dead'; readonly contact: Contact }
  /** One that was declared dead answered: it was silent, or behind a partition. */
  | { readonly type: 'returned'; readonly contact: Contact }
  /** The merge probe found a node before this node's head: two rings, or a loop, become one ring. */
  | { readonly type: 'merging'; readonly contact: Contact }
  /** A node said that it leaves. */
  | { readonly type: 'departed'; readonly contact: Contact }
  | { readonly type: 'memberSeen'; readonly contact: Contact }
  /** It may have been taken for dead, joined just now, or has a new predecessor in doubt: nothing is owned until `settled`. */
  | { readonly type: 'doubted' }
  /** What it owns is (predecessor, self] again, for all it can know. */
  | { readonly type: 'settled' }
  /** Every successor is gone: no ownership is served until rejoined. */
  | { readonly type: 'orphaned' }
  | { readonly type: 'left' }
  /** Another process lives with this id and a higher incarnation: this one must stop. */
  | { readonly type: 'superseded'; readonly by: Contact };

export type Effect =
  | {
      readonly type: 'send';
      readonly to: Contact;
      readonly requestId: number;
      readonly request: RingRequest;
      /** The driver reports `failure` when no answer came within this time. */
      readonly timeoutMs: number;
    }
  | { readonly type: 'reply'; readonly token: number; readonly reply: RingReply }
  | { readonly type: 'setTimer'; readonly timerId: string; readonly at: MonotonicMs }
  | { readonly type: 'clearTimer'; readonly timerId: string }
  /** Worth keeping over a restart; coalesced by the driver. */
  | { readonly type: 'persistMembers'; readonly members: readonly MemberEntry[] }
  | { readonly type: 'event'; readonly event: RingEvent };
