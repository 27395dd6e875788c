/**
 * All that a node knows of the ring. Only `step` changes it. Successor list and predecessor alone decide what is owned;
 * members and routes propose and hint.
 */

import type { Allowance } from './allowance.ts';
import { listDigest } from './digest.ts';
import type { LookupStep, MonotonicMs } from './effect.ts';
import { type Fingers, noFingers } from './finger-slots.ts';
import { clockwiseFraction, type Identifier } from './identifier.ts';
import type { Contact, MemberEntry, Standing } from './message.ts';
import type { RingParameters } from './parameters.ts';
import type { Pending } from './pending.ts';
import { newRouteTable, type RouteTable } from './route-table.ts';

/** Only a `member` answers questions of state. A ring of one is a member without successors. */
type Phase = 'idle' | 'joining' | 'member' | 'orphan' | 'leaving' | 'left';

/** `unproven`: others named it, it never spoke to this node. `dead`: declared so by this node's own probes. */
export type MemberHealth = 'unproven' | 'alive' | 'suspect' | 'dead' | 'left';

export interface Member {
  contact: Contact;
  /** Changed by `setHealth` only. */
  health: MemberHealth;
  /** Others could not reach it: it is asked for nothing but whether it lives, until it has answered. */
  isSaidSilent: boolean;
  /** By its own last word; a node that answers but has no place in the ring is no neighbour. */
  joined: boolean;
  /** When it last answered this node; -Infinity if never. Requests show life, only answers show that it can be reached. */
  answeredAt: MonotonicMs;
  /** When it last spoke to this node at all; -Infinity if never. */
  heardAt: MonotonicMs;
  /** Smoothed round trip and its variation, RFC 6298; negative before the first answer. */
  roundTripMs: number;
  variationMs: number;
  /** A suspect: when the first that it did not answer was sent. */
  silentSince: MonotonicMs;
  /** Probes in a row that it missed. */
  misses: number;
  /** Pings under way, own and through others. */
  probesOut: number;
  lastProbeAt: MonotonicMs;
  /** Dead: when to try again, and how long to wait after that. */
  reviveAt: MonotonicMs;
  reviveWaitMs: number;
  /** Not to be asked as a candidate for head before this. */
  candidateAt: MonotonicMs;
  /** Exchanges in which it is still news. */
  newsLeft: number;
}

/** Who notified, and whether it was in doubt then. */
interface Notifier {
  readonly contact: Contact;
  readonly standing: Standing;
}

/** Who notified, and when, and when it last answered. */
interface Candidate {
  readonly contact: Contact;
  readonly heardAt: MonotonicMs;
  readonly answeredAt: MonotonicMs;
}

export interface Lookup {
  readonly lookupId: number;
  readonly key: Identifier;
  readonly deadline: MonotonicMs;
  /** The slot of the fingers that it is for; -1 for a caller's. */
  readonly slot: number;
  path: LookupStep[];
  /** Asked since the last fresh start, so that redirects cannot go round in circles. */
  asked: Identifier[];
  /** Those that did not answer in this lookup. */
  readonly silent: Identifier[];
  /** Redirects followed since the last fresh start. */
  chain: number;
  /** The nearest before the key and the nearest from it on that redirected in this chain: the owner stands between. */
  after: Identifier;
  before: Identifier;
  /** Calls in this chain to nodes outside (after, before). */
  detours: number;
  /** What the last redirect named besides the one being asked. */
  alternatives: readonly Contact[];
  /** The calls under way, oldest first; none while waiting to begin again. */
  calls: number[];
  /** Fresh starts so far: each waits longer. */
  attempts: number;
}

/** A node in doubt claims no key: it joined just now, or it was paused and may have been declared dead, or its predecessor retreated. */
export interface Doubt {
  readonly cause: 'joined' | 'paused' | 'retreated';
  readonly since: MonotonicMs;
  successorConfirmed: boolean;
  /** The predecessor, in no doubt itself, points at this node. */
  predecessorConfirmed: boolean;
  /** By the predecessor's own last word. */
  predecessorInDoubt: boolean;
  /** When the predecessor, in no doubt itself, last named another that stands between; -Infinity if never. */
  disprovedAt: MonotonicMs;
  /** Of a ring of one made by an orphan: the others, which have yet to take their places in it. Empty in any other doubt. */
  readonly awaited: readonly Contact[];
}

export interface RingState {
  readonly self: Contact;
  readonly parameters: RingParameters;
  phase: Phase;
  /** In ring order from self, at most r, without self. Replaced, never changed in place. */
  successors: readonly Contact[];
  predecessor: Contact | null;
  /** The best node that notified while the predecessor was being probed. */
  waitingNotifier: Notifier | null;
  /** Who notified lately and answered, oldest first; at most `candidatesMax`. */
  readonly candidates: Map<Identifier, Candidate>;
  /** Calls back under way, named by what for and to whom; at most `callBacksMax`. */
  readonly callBacks: Set<string>;
  doubt: Doubt | null;
  readonly seeds: Contact[];
  /** The walk's request under way, 0 when none; hops made; attempts that failed. */
  joinRequestId: number;
  joinHops: number;
  /** Who did not answer a walk of this join. */
  readonly joinSilent: Identifier[];
  joinAttempts: number;
  /** Answers an orphan waits for in this round; whether one came; the member next after this node of whom one came; who has no place either; rounds made. */
  orphanWaiting: number;
  orphanHeard: boolean;
  orphanHead: Contact | null;
  orphansHeard: Contact[];
  orphanRound: number;
  /** One ring operation at a time: the request of a stabilise round under way, else 0; since when; steps walked. */
  stabilizeRequestId: number;
  stabilizeSince: MonotonicMs;
  walked: number;
  stabilizeWaitMs: number;
  lastStabilizeAt: MonotonicMs;
  /** When the neighbours last changed, and when the predecessor was last told of it. */
  changedAt: MonotonicMs;
  /** Smoothed time between two changes. */
  changeIntervalMs: number;
  lastPushAt: MonotonicMs;
  lastExchangeAt: MonotonicMs;
  /** Digest of the head's list as it was last applied; '' when the own list was changed otherwise since. */
  appliedHash: string;
  listHash: string;
  extendRequestId: number;
  /** The merge probe under way, 0 when none; whom it asked; when the last was sent; till when every round sends one. */
  mergeRequestId: number;
  readonly mergeAsked: Identifier[];
  mergeProbedAt: MonotonicMs;
  mergeEagerUntil: MonotonicMs;
  readonly introductions: Allowance;
  leavesWaiting: number;
  readonly members: Map<Identifier, Member>;
  membersChanged: boolean;
  /** Digest of those alive, this node among them; '' when it must be made anew. */
  membersDigest: string;
  /** Some member is still news. */
  hasNews: boolean;
  /** No unproven, dead or placeless member is due to be probed before this: until then nobody looks through the list for one. */
  attentionAt: MonotonicMs;
  /** In a full list nobody makes room for one just met before this. */
  roomAt: MonotonicMs;
  /** A member may stand between this node and its head; false once a search found none. */
  mayKnowNearer: boolean;
  /** Sorted by id. */
  readonly routes: Contact[];
  readonly table: RouteTable;
  readonly fingers: Fingers;
  readonly lookups: Map<number, Lookup>;
  /** A lookup's call is waited for so long before another goes beside it: 95 of 100 answers come sooner. */
  hedgeAfterMs: number;
  isHedgeMeasured: boolean;
  readonly pending: Map<number, Pending>;
  readonly timers: Map<string, MonotonicMs>;
  nextRequestId: number;
  relays: number;
  /** Whose turn it is among those probed in turn. */
  probeTurn: number;
  probedInTurnAt: MonotonicMs;
  /** When the first of the neighbours that fell silent lately was asked in vain, and till when those that become neighbours are asked too. */
  alarmSince: MonotonicMs;
  alarmUntil: MonotonicMs;
  /** In this alarm the others around were told who is silent. */
  isAlarmTold: boolean;
  lastStepAt: MonotonicMs;
  /** When this node last came back from a pause: what was sent before tells nothing about others. */
  pausedUntil: MonotonicMs;
  superseded: boolean;
}

export function createRingState(self: Contact, parameters: RingParameters): RingState {
  return {
    self,
    parameters,
    phase: 'idle',
    successors: [],
    predecessor: null,
    waitingNotifier: null,
    candidates: new Map(),
    callBacks: new Set(),
    doubt: null,
    seeds: [],
    joinRequestId: 0,
    joinHops: 0,
    joinSilent: [],
    joinAttempts: 0,
    orphanWaiting: 0,
    orphanHeard: false,
    orphanHead: null,
    orphansHeard: [],
    orphanRound: 0,
    stabilizeRequestId: 0,
    stabilizeSince: 0,
    walked: 0,
    stabilizeWaitMs: parameters.stabilizeMinMs,
    lastStabilizeAt: Number.NEGATIVE_INFINITY,
    changedAt: Number.NEGATIVE_INFINITY,
    changeIntervalMs: 0,
    lastPushAt: Number.NEGATIVE_INFINITY,
    lastExchangeAt: Number.NEGATIVE_INFINITY,
    appliedHash: '',
    listHash: listDigest([]),
    extendRequestId: 0,
    mergeRequestId: 0,
    mergeAsked: [],
    mergeProbedAt: Number.NEGATIVE_INFINITY,
    mergeEagerUntil: Number.NEGATIVE_INFINITY,
    introductions: { spentUntil: Number.NEGATIVE_INFINITY },
    leavesWaiting: 0,
    members: new Map(),
    membersChanged: false,
    membersDigest: '',
    hasNews: false,
    attentionAt: Number.NEGATIVE_INFINITY,
    roomAt: Number.NEGATIVE_INFINITY,
    mayKnowNearer: true,
    routes: [],
    table: newRouteTable(parameters.routesMax === 0),
    fingers: noFingers(),
    lookups: new Map(),
    hedgeAfterMs: parameters.lookupHopTimeoutMs / 3,
    isHedgeMeasured: false,
    pending: new Map(),
    timers: new Map(),
    nextRequestId: 1,
    relays: 0,
    probeTurn: 0,
    probedInTurnAt: Number.NEGATIVE_INFINITY,
    alarmSince: Number.NEGATIVE_INFINITY,
    alarmUntil: Number.NEGATIVE_INFINITY,
    isAlarmTold: false,
    lastStepAt: Number.NEGATIVE_INFINITY,
    pausedUntil: Number.NEGATIVE_INFINITY,
    superseded: false,
  };
}

/** Where this node stands. It owns (predecessor, self], unless it is in doubt of that. */
export function neighbours(state: RingState): {
  readonly joined: boolean;
  readonly inDoubt: boolean;
  readonly predecessor: Contact | null;
  readonly successors: readonly Contact[];
} {
  const { phase, doubt, predecessor, successors } = state;
  return { joined: phase === 'member', inDoubt: doubt !== null, predecessor, successors };
}

/** For status and the next start: the members known by their own word, this node not among them. */
export function membersView(state: RingState): MemberEntry[] {
  const entries: MemberEntry[] = [];
  for (const member of state.members.values()) {
    if (member.answeredAt !== Number.NEGATIVE_INFINITY) entries.push(entryOf(member));
  }
  return entries;
}

export function entryOf({ contact, health }: Member): MemberEntry {
  return { contact, status: health === 'alive' || health === 'left' ? health : 'suspect' };
}

/** Nodes in the ring: exact while the list shows the whole ring, else from the density of the list's identifiers. */
export function estimatedSize(state: RingState): number {
  const { self, successors, parameters } = state;
  const last = successors.at(-1);
  if (last === undefined) return state.phase === 'member' ? 1 : 0;
  if (successors.length < parameters.successorCount) return successors.length + 1;
  const share = clockwiseFraction(self.id, last.id);
  return share === 0
    ? successors.length + 1
    : Math.max(successors.length + 1, Math.round(successors.length / share));
}
