/** A request on its way: whom it asks, since when, and what its answer is for. */
import type { MonotonicMs } from './effect.ts';
import type { Contact, Standing } from './message.ts';
import type { RouteChange, RouteDoubt, SaidToJoin } from './route-table.ts';

/** What a reply is for. */
export type Purpose =
  | { readonly type: 'joinWalk' | 'stabilize' | 'extend' | 'verifyPredecessor' }
  /** In a round the one asked named it; who else it named that stands before the head. */
  | { readonly type: 'candidate'; readonly otherwise: Contact | null }
  /** It may stand before the head, by a hint. No round waits for it. */
  | { readonly type: 'hinted' }
  | {
      readonly type:
        | 'notify'
        | 'leave'
        | 'probe'
        | 'exchange'
        | 'push'
        | 'changed'
        | 'introduce'
        | 'mergeProbe';
    }
  /** It spoke in a life that is not the one known. */
  | { readonly type: 'newLife' }
  /** It notified, and is adopted if it answers. */
  | { readonly type: 'notifier'; readonly standing: Standing }
  /** It notified from behind the predecessor, and is kept in mind as a candidate for others if it answers. */
  | { readonly type: 'farNotifier' }
  /** It introduced another, who is taken for a hint if it answers. */
  | { readonly type: 'introducer'; readonly introduced: Contact }
  /** It said that it leaves; the token is that of its request. */
  | { readonly type: 'leaver'; readonly token: number }
  | { readonly type: 'orphanProbe'; readonly round: number }
  | { readonly type: 'indirectProbe'; readonly target: Contact }
  | { readonly type: 'relay'; readonly token: number }
  | { readonly type: 'compareRoutes' }
  /** Somebody spoke against it: whom to tell if it is dead. */
  | { readonly type: 'doubtfulRoute'; readonly doubt: RouteDoubt }
  /** Somebody said that it joined: whom to tell if it answers. */
  | { readonly type: 'saidToJoin'; readonly said: SaidToJoin }
  /** Changes told to a node at this level; how many more may be tried in its place. */
  | {
      readonly type: 'tellChanges';
      readonly level: number;
      readonly changes: readonly RouteChange[];
      readonly tries: number;
    }
  | { readonly type: 'routePage'; readonly page: number }
  /** It stands in this slot of the fingers, or may. */
  | { readonly type: 'finger'; readonly slot: number }
  | { readonly type: 'lookup'; readonly lookupId: number };

export interface Pending {
  readonly to: Contact;
  readonly sentAt: MonotonicMs;
  readonly timeoutMs: number;
  readonly purpose: Purpose;
}
