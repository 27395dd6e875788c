/**
 * Iterative lookup. The asker calls the node that it believes to be the owner; only the owner itself confirms. Redirects are
 * followed with a limit and never in a circle, and close in on the key from both sides; a node that does not answer is gone
 * round at once; what fails begins again from fresh first hops until the deadline.
 */
import type { LookupResult, LookupStep, MonotonicMs } from './effect.ts';
import { fingerAnswered } from './fingers.ts';
import type { Identifier } from './identifier.ts';
import { isBetweenOpenOpen } from './interval.ts';
import { isUsable, learn } from './members.ts';
import type { Contact, RingReply } from './message.ts';
import { whomToAsk } from './next-hops.ts';
import { owns } from './ownership.ts';
import type { Pending } from './pending.ts';
import { noteHeard } from './routes.ts';
import { estimatedSize, type Lookup, type RingState } from './state.ts';
import { clearTimer, emit, jittered, post, send, setTimer, type Turn } from './turn.ts';

const LOOKUP_TIMER = 'lookup:';
const HOPS_SPARE = 8;
/** A timer may come this much before its time by the clock that is read: what is left then is nothing. */
const CLOCK_GRAIN_MS = 1;

/** `slot`: of the fingers, for a lookup that fills it. */
export function startLookup(
  turn: Turn,
  lookupId: number,
  key: Identifier,
  deadlineMs: MonotonicMs,
  slot = -1,
): void {
  const { state } = turn;
  const lookup: Lookup = {
    lookupId,
    key,
    deadline: deadlineMs,
    slot,
    path: [],
    asked: [],
    chain: 0,
    after: state.self.id,
    before: state.self.id,
    detours: 0,
    alternatives: [],
    silent: [],
    calls: [],
    attempts: 0,
  };
  if (state.lookups.size >= state.parameters.lookupsMax) {
    finish(turn, lookup, 'failed', null, null, []);
    return;
  }
  state.lookups.set(lookupId, lookup);
  begin(turn, lookup);
}

/** Asks afresh: nothing asked before counts. */
function begin(turn: Turn, lookup: Lookup): void {
  const { state } = turn;
  lookup.calls = [];
  lookup.path = lookup.path.map(abandoned);
  lookup.asked = [];
  lookup.chain = 0;
  lookup.after = state.self.id;
  lookup.before = state.self.id;
  lookup.detours = 0;
  lookup.alternatives = [];
  if (owns(state, lookup.key)) {
    finish(turn, lookup, 'found', state.self, state.predecessor, state.successors);
    return;
  }
  // A node that goes owns nothing any more and still knows whom to ask.
  if (state.phase !== 'member' && state.phase !== 'leaving' && state.phase !== 'left') {
    wait(turn, lookup);
    return;
  }
  lookup.alternatives = whomToAsk(state, lookup.key, lookup.silent);
  // One that was silent may only have been late.
  if (lookup.alternatives.length === 0) lookup.alternatives = whomToAsk(state, lookup.key);
  askNext(turn, lookup);
}

/** The next one named that was not asked in this chain. With nobody left it waits for those asked, else it begins again later. */
function askNext(turn: Turn, lookup: Lookup): void {
  const { state } = turn;
  const next = lookup.chain < hopLimit(state) ? firstUnasked(turn, lookup) : null;
  if (next === null) {
    if (lookup.calls.length === 0) wait(turn, lookup);
    return;
  }
  if (!isBetweenOpenOpen(lookup.after, next.id, lookup.before)) lookup.detours++;
  lookup.asked.push(next.id);
  const leftMs = Math.max(1, lookup.deadline - turn.now);
  const timeoutMs = Math.min(state.parameters.lookupHopTimeoutMs, leftMs);
  const request = { type: 'findOwner', key: lookup.key } as const;
  lookup.calls.push(send(turn, next, request, timeoutMs, { type: 'lookup', lookupId: lookup.lookupId }));
  const isHedged = lookup.calls.length < state.parameters.lookupCallsMax;
  setTimer(turn, LOOKUP_TIMER + lookup.lookupId, isHedged ? Math.min(leftMs, state.hedgeAfterMs) : leftMs);
}

/** Twice what base-16 fingers need, and some: more is a circle. */
function hopLimit(state: RingState): number {
  return Math.min(
    state.parameters.hopMax,
    (2 * Math.log2(Math.max(2, estimatedSize(state)))) / 4 + HOPS_SPARE,
  );
}

/** One that fell silent in this lookup is asked again only where there is nobody else. */
function firstUnasked(turn: Turn, lookup: Lookup): Contact | null {
  let silent: Contact | null = null;
  for (const contact of lookup.alternatives) {
    if (contact.id === turn.state.self.id || lookup.asked.includes(contact.id)) continue;
    const isDetour = !isBetweenOpenOpen(lookup.after, contact.id, lookup.before);
    if (isDetour && lookup.detours >= turn.state.parameters.detoursMax) continue;
    if (!isUsable(turn.state, contact)) continue;
    if (!lookup.silent.includes(contact.id)) return contact;
    silent ??= contact;
  }
  return silent;
}

/** One that does not own the key answered: the owner stands between it and the key, on its side. */
function closeIn(lookup: Lookup, redirected: Contact): void {
  const { key, after, before } = lookup;
  if (isBetweenOpenOpen(after, redirected.id, key)) lookup.after = redirected.id;
  else if (redirected.id === key || isBetweenOpenOpen(key, redirected.id, before))
    lookup.before = redirected.id;
}

/** Nobody to ask now, or this node has no place yet. */
function wait(turn: Turn, lookup: Lookup): void {
  const { state, now } = turn;
  const leftMs = lookup.deadline - now;
  if (leftMs < CLOCK_GRAIN_MS) {
    finish(turn, lookup, 'failed', null, null, []);
    return;
  }
  const { lookupRetryMs, lookupRetryMaxMs } = state.parameters;
  const waitMs = Math.min(lookupRetryMs * 2 ** Math.min(lookup.attempts, 10), lookupRetryMaxMs);
  lookup.attempts++;
  setTimer(turn, LOOKUP_TIMER + lookup.lookupId, Math.min(leftMs, jittered(turn, waitMs)));
}

export function isLookupTimer(timerId: string): boolean {
  return timerId.startsWith(LOOKUP_TIMER);
}

/** Returns whether the timer was a lookup's. */
export function onLookupTimer(turn: Turn, timerId: string): boolean {
  if (!isLookupTimer(timerId)) return false;
  const lookup = turn.state.lookups.get(Number(timerId.slice(LOOKUP_TIMER.length)));
  if (lookup === undefined) return true;
  if (lookup.deadline - turn.now < CLOCK_GRAIN_MS) finish(turn, lookup, 'failed', null, null, []);
  else if (lookup.calls.length === 0) begin(turn, lookup);
  else {
    setTimer(turn, timerId, lookup.deadline - turn.now);
    // Slower than nearly all answers: the next best is asked beside it, and whoever answers first counts.
    if (lookup.calls.length < turn.state.parameters.lookupCallsMax) askNext(turn, lookup);
  }
  return true;
}

/** Lookups that wait for a place in the ring, for doubt to end or for a repair, go on. */
export function resumeLookups(turn: Turn): void {
  for (const lookup of [...turn.state.lookups.values()]) if (lookup.calls.length === 0) begin(turn, lookup);
}

/** An answer or, with null, a failure. */
export function onLookupAnswer(
  turn: Turn,
  requestId: number,
  lookupId: number,
  pending: Pending,
  from: Contact,
  reply: RingReply | null,
): void {
  const lookup = turn.state.lookups.get(lookupId);
  if (lookup === undefined) return;
  const elapsedMs = turn.now - pending.sentAt;
  if (reply !== null) {
    fingerAnswered(turn.state, from, elapsedMs, turn.now);
    noteElapsed(turn.state, elapsedMs);
    noteHeard(turn.state, from, turn.now);
  }
  const at = lookup.calls.indexOf(requestId);
  // One of an earlier start may still be the owner.
  if (at < 0 && reply?.type !== 'owner') return;
  const isNewest = at === lookup.calls.length - 1;
  if (at >= 0) lookup.calls.splice(at, 1);
  if (reply?.type === 'owner') {
    lookup.path.push({ contact: from, elapsedMs, outcome: 'owner' });
    finish(turn, lookup, 'found', from, reply.predecessor, reply.successors);
    return;
  }
  if (reply?.type === 'redirect') {
    lookup.path.push({ contact: from, elapsedMs, outcome: isNewest ? 'redirect' : 'abandoned' });
    for (const contact of reply.next) learn(turn, contact);
    closeIn(lookup, from);
    lookup.alternatives = [...reply.next, ...lookup.alternatives];
    if (isNewest) lookup.chain++;
  } else {
    lookup.path.push({ contact: pending.to, elapsedMs, outcome: 'failed' });
    lookup.silent.push(pending.to.id);
    if (lookup.chain === 0)
      lookup.alternatives = [...lookup.alternatives, ...whomToAsk(turn.state, lookup.key, lookup.silent)];
  }
  boundPath(lookup.path, 2 * turn.state.parameters.hopMax);
  // While one asked later is waited for, this one has only added to those who may be asked next.
  if (isNewest || lookup.calls.length === 0) askNext(turn, lookup);
}

/** Moves what a call is waited for before another goes beside it towards the 95th percentile of round trips. */
function noteElapsed(state: RingState, elapsedMs: number): void {
  const { hedgeMinMs, lookupHopTimeoutMs } = state.parameters;
  const step = state.hedgeAfterMs / 10;
  const moved = elapsedMs > state.hedgeAfterMs ? 0.95 * step : -0.05 * step;
  const next = state.isHedgeMeasured ? state.hedgeAfterMs + moved : 3 * elapsedMs;
  state.isHedgeMeasured = true;
  state.hedgeAfterMs = Math.min(lookupHopTimeoutMs, Math.max(hedgeMinMs, next));
}

function abandoned(step: LookupStep): LookupStep {
  return step.outcome === 'redirect' ? { ...step, outcome: 'abandoned' } : step;
}

/** A lookup that retries for long forgets its earliest calls, but none of those that count as hops. */
function boundPath(path: LookupStep[], stepsMax: number): void {
  while (path.length > stepsMax) {
    const idle = path.findIndex(({ outcome }) => outcome === 'failed' || outcome === 'abandoned');
    path.splice(Math.max(idle, 0), 1);
  }
}

function finish(
  turn: Turn,
  lookup: Lookup,
  outcome: LookupResult['outcome'],
  owner: Contact | null,
  predecessor: Contact | null,
  successors: readonly Contact[],
): void {
  const { lookupId, key, path, slot } = lookup;
  turn.state.lookups.delete(lookupId);
  clearTimer(turn, LOOKUP_TIMER + lookupId);
  if (slot >= 0) {
    const roundTripMs = path.at(-1)?.elapsedMs ?? Number.POSITIVE_INFINITY;
    post(turn, { type: 'slotLookedUp', slot, owner, successors, roundTripMs });
    return;
  }
  const led = path.filter(({ outcome: of }) => of === 'redirect' || of === 'owner').length;
  const hops = outcome === 'found' ? led : 0;
  emit(turn, {
    type: 'lookupDone',
    result: { lookupId, key, outcome, owner, predecessor, successors, path, hops },
  });
}
