/**
 * The routing table as nodes compare it: 256 pages by the first two digits of the identifier, each with a digest of the lives in it,
 * this node's own among them, so that tables that agree have equal digests; 16 pages are a group.
 */
import type { Allowance } from './allowance.ts';
import type { MonotonicMs } from './effect.ts';
import type { Identifier } from './identifier.ts';
import type { Contact } from './message.ts';

export const PAGES = 256;
export const GROUPS = 16;
/** The next comparison, or the next page of one. */
export const ROUTES_TIMER = 'routes';

/** A change on its way round the ring. */
export interface RouteChange {
  readonly contact: Contact;
  readonly isGone: boolean;
  /** This node tells those from 2^from up to 2^level places ahead of it, as far as the changed one: those nearer were told before. */
  readonly from: number;
  readonly level: number;
}

/** Somebody spoke against it: `level` as of the change that it becomes if it is dead; 0 tells nobody. */
export interface RouteDoubt {
  readonly contact: Contact;
  readonly level: number;
  /** A later life that others named: the route, if this one is over. */
  readonly next: Contact | null;
}

/** Somebody said that it joined: `level` as of the change that is told on if it answers; how many more times it may be asked. */
export interface SaidToJoin {
  readonly contact: Contact;
  readonly level: number;
  readonly tries: number;
}

/** The highest life that is gone, and since when this node knows. */
interface Gone {
  readonly incarnation: number;
  readonly since: MonotonicMs;
}

/** What the cache knows of an entry's life. */
interface Heard {
  readonly since: MonotonicMs;
  lastAt: MonotonicMs;
}

export interface RouteTable {
  /** `all`: few enough that gossip of members brings everybody. `whole`: kept whole by exchange. `part`: too many for that. */
  mode: 'all' | 'whole' | 'part';
  /** More than `routesMax` were met; not tried again before the ring is half that. */
  isTooLarge: boolean;
  /** Of each page; null while nobody compares. */
  digests: Uint32Array | null;
  /** Lives found to be gone, so that stale tables do not bring them back: newest last. */
  readonly gone: Map<Identifier, Gone>;
  /** The last change of each node that this one told on, newest last: nothing is told twice. */
  readonly told: Map<Identifier, RouteChange>;
  /** The predecessor as it was when changes there were told last. */
  announced: Contact | null;
  changes: RouteChange[];
  /** Where routes are a cache: when each was heard of first and last. */
  readonly heard: Map<Identifier, Heard>;
  /** How many were told last, in one go. */
  lastTold: number;
  /** The comparison under way: with whom, from which group on, which pages are still to be asked for, how many more may be. */
  partner: Contact | null;
  group: number;
  groupsLeft: number;
  pages: number[];
  pagesLeft: number;
  /** Comparisons made to the end since it is kept whole. */
  comparisons: number;
  /** Enough of them: it has found nothing more to ask for: from then on few pages are compared at a time. */
  isFilled: boolean;
  /** Wait to be asked whether they live, some at a time; at most `goneRoutesMax`. */
  readonly doubtful: Map<Identifier, RouteDoubt>;
  /** Wait to be asked whether they are there, in the same way; at most `goneRoutesMax`. */
  readonly saidToJoin: Map<Identifier, SaidToJoin>;
  /** Joins taken from others. */
  readonly hearsay: Allowance;
  /** More was said than could be asked after: the next comparison is soon, and of all pages. */
  isBehind: boolean;
}

/** `isNone`: there is to be no table at all. */
export function newRouteTable(isNone: boolean): RouteTable {
  return {
    mode: isNone ? 'part' : 'all',
    isTooLarge: false,
    digests: null,
    gone: new Map(),
    told: new Map(),
    announced: null,
    changes: [],
    heard: new Map(),
    lastTold: 0,
    partner: null,
    group: 0,
    groupsLeft: 0,
    pages: [],
    pagesLeft: 0,
    comparisons: 0,
    isFilled: false,
    doubtful: new Map(),
    saidToJoin: new Map(),
    hearsay: { spentUntil: Number.NEGATIVE_INFINITY },
    isBehind: false,
  };
}

export function pageOf(id: Identifier): number {
  return Number.parseInt(id.slice(0, 2), 16);
}

/** What identifiers of this page, or of the next one, begin with. */
export function pagePrefix(page: number): string {
  return page.toString(16).padStart(2, '0');
}
