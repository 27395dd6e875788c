/**
 * Who is probed when: head and predecessor within an interval of their last word, the rest of the list in turn, members never
 * met a few a round, and the dead after waits that grow, until they are forgotten.
 */
import { isNeighbour, isProven, rememberedUntil, removeMember } from './members.ts';
import type { Contact } from './message.ts';
import { LEADING_SHARE, probe, probeUnlessHeard, quietSince } from './probe.ts';
import type { Member } from './state.ts';
import { jittered, setTimer, type Turn } from './turn.ts';

export const PROBE_ROUND_TIMER = 'probe';

export function startProbing(turn: Turn): void {
  setTimer(turn, PROBE_ROUND_TIMER, turn.state.parameters.probeIntervalMs * turn.random());
}

export function onProbeRound(turn: Turn): void {
  const { state } = turn;
  const { probeIntervalMs, jitter } = state.parameters;
  const [head] = state.successors;
  const dueInMs = Math.min(silenceLeft(turn, head), silenceLeft(turn, state.predecessor));
  // Never later than the interval: a longer silence of one's own means a pause.
  const waitMs = probeIntervalMs * (1 - jitter * turn.random());
  setTimer(
    turn,
    PROBE_ROUND_TIMER,
    Math.min(waitMs, Math.max(dueInMs, probeIntervalMs * (1 - LEADING_SHARE))),
  );
  if (head !== undefined) probeUnlessHeard(turn, head);
  if (state.predecessor !== null) probeUnlessHeard(turn, state.predecessor);
  if (turn.now < state.probedInTurnAt + probeIntervalMs * (1 - jitter)) return;
  state.probedInTurnAt = turn.now;
  probeNextInTurn(turn);
  probeUnprovenOrDead(turn);
}

/** How long a neighbour that was heard of may still be silent before it is due for a ping; one that is due gets it now. */
function silenceLeft(turn: Turn, contact: Contact | null | undefined): number {
  const member = contact == null ? undefined : turn.state.members.get(contact.id);
  const leftMs = (member?.heardAt ?? Number.NEGATIVE_INFINITY) - quietSince(turn, contact);
  return leftMs > 0 ? leftMs : Number.POSITIVE_INFINITY;
}

function probeNextInTurn(turn: Turn): void {
  const { state } = turn;
  if (state.successors.length < 2) return;
  state.probeTurn = (state.probeTurn + 1) % state.successors.length;
  const contact = state.successors[state.probeTurn];
  if (contact !== undefined) probeUnlessHeard(turn, contact);
}

function probeUnprovenOrDead(turn: Turn): void {
  const { state, now } = turn;
  const { members, parameters, successors } = state;
  if (now < state.attentionAt) return;
  const longestMs = successors.length === 0 ? parameters.revivalAloneMaxMs : parameters.revivalMaxMs;
  const isSettling = turn.now - turn.state.changedAt < parameters.settleMs;
  let unproven = isSettling ? 0 : parameters.unprovenProbesPerRound;
  let revivals = parameters.revivalsPerRound;
  let nextAt = Number.POSITIVE_INFINITY;
  for (const member of members.values()) {
    if (member.health === 'unproven') {
      nextAt = now;
      if (unproven-- > 0) probe(turn, member);
    } else if (isAway(member)) {
      if (member.reviveAt <= now && revivals-- > 0) {
        if (mayBeForgotten(turn, member)) {
          removeMember(state, member);
          continue;
        }
        member.reviveWaitMs = Math.min(member.reviveWaitMs * 2, longestMs);
        member.reviveAt = now + jittered(turn, member.reviveWaitMs);
        probe(turn, member);
      }
      nextAt = Math.min(nextAt, member.reviveAt);
    }
  }
  state.attentionAt = nextAt;
}

/**
 * Others named it, and it never answered; or it last did so long ago. Whoever names it again has it asked again, and the seeds stay.
 * Who is alone has nobody to name it.
 */
function mayBeForgotten({ state, now }: Turn, member: Member): boolean {
  if (!isProven(member)) return member.reviveWaitMs >= state.parameters.revivalAloneMaxMs;
  if (member.health !== 'dead' || state.successors.length === 0) return false;
  return now > rememberedUntil(state, member) && !isNeighbour(state, member.contact);
}

/** It may come back, or take its place, without a word to this node. */
function isAway(member: Member): boolean {
  return member.health === 'dead' || (member.health === 'alive' && !member.joined);
}

/** Every dead member is tried again soon: one of them just came back. */
export function hastenRevivals(turn: Turn): void {
  turn.state.attentionAt = Number.NEGATIVE_INFINITY;
  for (const member of turn.state.members.values()) {
    if (member.health === 'dead' && member.reviveAt > turn.now + turn.state.parameters.revivalMinMs) {
      member.reviveWaitMs = turn.state.parameters.revivalMinMs;
      member.reviveAt = turn.now + jittered(turn, member.reviveWaitMs);
    }
  }
}
