/** A ring that nobody joined: every node's state as the protocol leaves it at rest, written down from a sorted list. */
import type { Random } from '../ring/effect.ts';
import { fillIdealFingers } from '../ring/ideal-fingers.ts';
import { addMember, setHealth } from '../ring/members.ts';
import type { Contact } from '../ring/message.ts';
import { fillIdealRoutes } from '../ring/route-exchange.ts';
import { learnRoute } from '../ring/routes.ts';
import type { RingState } from '../ring/state.ts';
import { setSuccessors } from '../ring/successors.ts';
import type { Turn } from '../ring/turn.ts';

export interface StaticRingOptions {
  /** Nodes probe, stabilise and exchange from now on; else they only answer. */
  readonly runs?: boolean;
  /** How many others each has met besides its neighbours, chosen by chance: a ring long at rest has full member lists. */
  readonly met?: number;
  /** What a node knows besides its neighbours: called for each, with all contacts in ring order and its place among them. */
  readonly furnish?: (state: RingState, ring: readonly Contact[], place: number, random: Random) => void;
}

/** Makes `state` that of the node at `place` of the ring, at rest. */
export function settleInto(
  state: RingState,
  ring: readonly Contact[],
  place: number,
  now: number,
  random: Random,
): void {
  const turn: Turn = { state, now, random, effects: [], facts: [] };
  const count = ring.length;
  const length = Math.min(state.parameters.successorCount, count - 1);
  const successors = Array.from({ length }, (_, i) => ring[(place + 1 + i) % count] as Contact);
  state.phase = 'member';
  state.predecessor = count > 1 ? (ring[(place + count - 1) % count] as Contact) : null;
  state.lastStepAt = now;
  setSuccessors(turn, successors, { type: 'join' });
  state.stabilizeWaitMs = state.parameters.stabilizeMaxMs;
  state.lastStabilizeAt = now - random() * state.parameters.stabilizeMaxMs;
  for (const contact of successors) meet(turn, contact);
  if (state.predecessor !== null) meet(turn, state.predecessor);
}

/** Members besides the neighbours, as gossip brings them in time. */
export function meetOthers(
  state: RingState,
  ring: readonly Contact[],
  count: number,
  now: number,
  random: Random,
): void {
  const turn: Turn = { state, now, random, effects: [], facts: [] };
  for (let i = 0; i < count; i++) {
    const contact = ring[Math.floor(random() * ring.length)] as Contact;
    if (contact.id !== state.self.id && !state.members.has(contact.id)) meet(turn, contact);
  }
}

/** A member that answered not long ago. */
function meet(turn: Turn, contact: Contact): void {
  const member = addMember(turn, contact);
  if (member === null) return;
  setHealth(turn.state, member, 'alive');
  member.answeredAt = turn.now - turn.random() * turn.state.parameters.probeIntervalMs;
  member.heardAt = member.answeredAt;
  learnRoute(turn, contact);
}

/** For `furnish`: the routing table holds the whole ring. */
export function knowEverybody(state: RingState, ring: readonly Contact[]): void {
  fillIdealRoutes(state, ring);
}

/** For `furnish`: fingers where nothing is left to find, any of those that may stand in a slot. */
export function knowFingers(
  state: RingState,
  ring: readonly Contact[],
  _place: number,
  random: Random,
): void {
  fillIdealFingers(state, ring, (choices) => choices[Math.floor(random() * choices.length)]);
}
