/**
 * What of a node's state the model looks at. `settle` replaces what it abstracts (time, waits, counts of attempts, numbers
 * of requests) by one representative, in the state itself: the search goes on from the representative, so that every run it
 * finds is a run of the production code in which time passed between steps. `project` writes down what is left.
 *
 * The representative is the moment at which everything may happen next: every timer is due, every answer is fresh, nobody is
 * suspected, no wait for a retry is left. Lost are runs that need two waits in one order (a retry that comes before another),
 * suspicion that lasts, and pauses.
 */
import type { Contact } from '../ring/message.ts';
import type { Pending, Purpose } from '../ring/pending.ts';
import type { Doubt, Member, RingState } from '../ring/state.ts';
import { lifeOf } from './clone.ts';

/** The moment of every step. */
export const NOW = 1_000_000;
/** Requests sent by a step get numbers from here; those settled have lower ones. */
const FIRST_REQUEST = 1_000_000;

/** What becomes of each field. A field that the ring gains must find its place here before this compiles. */
export const FIELDS = {
  self: 'kept',
  parameters: 'constant',
  phase: 'kept',
  successors: 'kept',
  predecessor: 'kept',
  waitingNotifier: 'kept',
  candidates: 'kept',
  callBacks: 'derived',
  doubt: 'kept',
  seeds: 'abstracted',
  joinRequestId: 'kept',
  joinHops: 'abstracted',
  joinSilent: 'abstracted',
  joinAttempts: 'abstracted',
  orphanWaiting: 'kept',
  orphanHeard: 'kept',
  orphanHead: 'kept',
  orphanRound: 'kept',
  orphansHeard: 'kept',
  stabilizeRequestId: 'kept',
  stabilizeSince: 'abstracted',
  walked: 'abstracted',
  stabilizeWaitMs: 'abstracted',
  lastStabilizeAt: 'abstracted',
  changedAt: 'abstracted',
  changeIntervalMs: 'abstracted',
  lastPushAt: 'abstracted',
  lastExchangeAt: 'abstracted',
  appliedHash: 'abstracted',
  listHash: 'derived',
  extendRequestId: 'kept',
  mergeRequestId: 'constant',
  mergeAsked: 'constant',
  mergeProbedAt: 'constant',
  mergeEagerUntil: 'abstracted',
  introductions: 'constant',
  leavesWaiting: 'kept',
  members: 'kept',
  membersChanged: 'abstracted',
  membersDigest: 'derived',
  hasNews: 'abstracted',
  attentionAt: 'abstracted',
  roomAt: 'abstracted',
  mayKnowNearer: 'abstracted',
  routes: 'constant',
  table: 'constant',
  fingers: 'constant',
  lookups: 'constant',
  hedgeAfterMs: 'abstracted',
  isHedgeMeasured: 'abstracted',
  pending: 'kept',
  timers: 'abstracted',
  nextRequestId: 'abstracted',
  relays: 'abstracted',
  probeTurn: 'abstracted',
  probedInTurnAt: 'abstracted',
  alarmSince: 'abstracted',
  alarmUntil: 'abstracted',
  isAlarmTold: 'abstracted',
  lastStepAt: 'abstracted',
  pausedUntil: 'abstracted',
  superseded: 'kept',
} as const satisfies Record<keyof RingState, 'kept' | 'derived' | 'abstracted' | 'constant'>;

/** Numbers for requests that say the same: a request sent twice is one message. */
export interface RequestNumbers {
  numberOf(meaning: string): number;
}

export function settle(state: RingState, numbers: RequestNumbers): void {
  settlePending(state, numbers);
  settleMembers(state);
  settleCandidates(state);
  if (state.doubt !== null) {
    state.doubt = { ...state.doubt, since: NOW, disprovedAt: Number.NEGATIVE_INFINITY };
  }
  state.seeds.length = 0;
  state.joinHops = 0;
  state.joinSilent.length = 0;
  state.joinAttempts = 0;
  state.orphanRound = Math.min(state.orphanRound, state.parameters.orphanRounds);
  state.stabilizeSince = NOW;
  state.walked = 0;
  state.stabilizeWaitMs = state.parameters.stabilizeMinMs;
  state.lastStabilizeAt = Number.NEGATIVE_INFINITY;
  state.mergeEagerUntil = Number.NEGATIVE_INFINITY;
  state.changedAt = Number.NEGATIVE_INFINITY;
  state.changeIntervalMs = 0;
  state.lastPushAt = Number.NEGATIVE_INFINITY;
  state.lastExchangeAt = Number.NEGATIVE_INFINITY;
  state.appliedHash = '';
  state.membersChanged = false;
  state.membersDigest = '';
  state.hasNews = false;
  state.attentionAt = Number.NEGATIVE_INFINITY;
  state.roomAt = Number.NEGATIVE_INFINITY;
  state.mayKnowNearer = true;
  state.timers.clear();
  state.nextRequestId = FIRST_REQUEST;
  state.relays = 0;
  state.probeTurn = 0;
  state.probedInTurnAt = Number.NEGATIVE_INFINITY;
  state.alarmSince = Number.NEGATIVE_INFINITY;
  state.alarmUntil = Number.NEGATIVE_INFINITY;
  state.isAlarmTold = false;
  state.lastStepAt = NOW;
  state.pausedUntil = Number.NEGATIVE_INFINITY;
}

/** Requests get numbers by what they say, and are sorted by them. */
function settlePending(state: RingState, numbers: RequestNumbers): void {
  const renumbered = new Map<number, number>();
  const settled: [number, Pending][] = [];
  const present = new Set<number>();
  for (const [requestId, pending] of state.pending) {
    const number = requestId < FIRST_REQUEST ? requestId : numbers.numberOf(meaningOf(pending));
    renumbered.set(requestId, number);
    if (present.has(number)) continue;
    present.add(number);
    settled.push([number, { ...pending, sentAt: NOW }]);
  }
  settled.sort(([, a], [, b]) => orderOfPending(state.self, a, b));
  state.pending.clear();
  for (const [number, pending] of settled) state.pending.set(number, pending);
  state.joinRequestId = renumbered.get(state.joinRequestId) ?? 0;
  state.stabilizeRequestId = renumbered.get(state.stabilizeRequestId) ?? 0;
  state.extendRequestId = renumbered.get(state.extendRequestId) ?? 0;
}

/** What does not depend on where on the ring the node stands: by what for, then clockwise from it. */
function orderOfPending(self: Contact, a: Pending, b: Pending): number {
  if (a.purpose.type !== b.purpose.type) return a.purpose.type < b.purpose.type ? -1 : 1;
  const inOrder = orderOfLives(self, a.to, b.to);
  const [first, second] = [namedBy(a.purpose), namedBy(b.purpose)];
  if (inOrder !== 0 || first === second) return inOrder;
  if (first === null || second === null) return first === null ? -1 : 1;
  return orderOfLives(self, first, second);
}

/** The node that a request is about besides the one asked. */
function namedBy(purpose: Purpose): Contact | null {
  if (purpose.type === 'indirectProbe') return purpose.target;
  return purpose.type === 'candidate' ? purpose.otherwise : null;
}

function orderOfLives(self: Contact, a: Contact, b: Contact): number {
  return orderFrom(self, a, b) || a.incarnation - b.incarnation;
}

/** Clockwise from `self`. */
function orderFrom(self: Contact, a: Contact, b: Contact): number {
  const isBehindA = a.id <= self.id;
  const isBehindB = b.id <= self.id;
  if (isBehindA !== isBehindB) return isBehindA ? 1 : -1;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/** Two requests of one node that mean the same need no telling apart. */
export function meaningOf({ to, purpose }: Pending): string {
  return `${nameOf(purpose)}>${lifeOf(to)}`;
}

function nameOf(purpose: Purpose): string {
  const named = namedBy(purpose);
  return named === null ? purpose.type : `${purpose.type} ${lifeOf(named)}`;
}

function settleMembers(state: RingState): void {
  const { self, members, pending, parameters } = state;
  const sorted = [...members.values()].sort((a, b) => orderFrom(self, a.contact, b.contact));
  members.clear();
  for (const member of sorted) {
    members.set(member.contact.id, member);
    const isProven = member.answeredAt !== Number.NEGATIVE_INFINITY;
    member.answeredAt = isProven ? NOW : Number.NEGATIVE_INFINITY;
    member.heardAt = NOW;
    member.misses = 0;
    member.probesOut = probesOut(pending, member);
    member.lastProbeAt = Number.NEGATIVE_INFINITY;
    member.silentSince = Number.NEGATIVE_INFINITY;
    member.roundTripMs = -1;
    member.variationMs = 0;
    member.reviveAt = Number.POSITIVE_INFINITY;
    member.reviveWaitMs = parameters.revivalMinMs;
    member.candidateAt = Number.NEGATIVE_INFINITY;
    member.newsLeft = 0;
  }
}

/** Remembered for ever: that they are forgotten only takes hints away. */
function settleCandidates({ self, candidates }: RingState): void {
  const sorted = [...candidates.values()].sort((a, b) => orderFrom(self, a.contact, b.contact));
  candidates.clear();
  for (const { contact } of sorted) candidates.set(contact.id, { contact, heardAt: NOW, answeredAt: NOW });
}

function probesOut(pending: ReadonlyMap<number, Pending>, { contact }: Member): number {
  let out = 0;
  for (const { to, purpose } of pending.values()) {
    if (purpose.type === 'probe' && lifeOf(to) === lifeOf(contact)) out++;
    if (purpose.type === 'indirectProbe' && lifeOf(purpose.target) === lifeOf(contact)) out++;
  }
  return out;
}

/** All that is kept, in few characters. Two states with one projection behave alike. */
export function project(state: RingState): string {
  const { self, phase, successors, predecessor, waitingNotifier, doubt } = state;
  const doubted = doubt === null ? '' : textOfDoubt(doubt);
  const members: string[] = [];
  for (const { contact, health, joined, answeredAt } of state.members.values()) {
    const isProven = answeredAt !== Number.NEGATIVE_INFINITY;
    members.push(`${lifeOf(contact)}${health}${joined ? '+' : '-'}${isProven ? '!' : ''}`);
  }
  const orphan =
    phase === 'orphan'
      ? `${state.orphanWaiting}${state.orphanHeard}${state.orphanHead === null ? '' : lifeOf(state.orphanHead)}${state.orphanRound}${state.orphansHeard.map(lifeOf)}`
      : '';
  return [
    lifeOf(self),
    phase + doubted + orphan + (state.superseded ? 'superseded' : ''),
    successors.map(lifeOf).join(),
    named(predecessor),
    `${named(waitingNotifier?.contact ?? null)}${waitingNotifier?.standing ?? ''}`,
    members.sort().join(),
    [...state.candidates.values()]
      .map(({ contact }) => lifeOf(contact))
      .sort()
      .join(),
    [...state.pending.keys()].sort((a, b) => a - b).join(),
    `${state.joinRequestId},${state.stabilizeRequestId},${state.extendRequestId},${state.leavesWaiting}`,
  ].join('|');
}

function textOfDoubt({ cause, awaited, ...doubt }: Doubt): string {
  const { successorConfirmed, predecessorConfirmed, predecessorInDoubt } = doubt;
  const said = [successorConfirmed, predecessorConfirmed, predecessorInDoubt].map(Number).join('');
  return `?${cause}${said}${awaited.map(lifeOf)}`;
}

function named(contact: Contact | null): string {
  return contact === null ? '-' : lifeOf(contact);
}
