/** Everybody that this node knows of on the ring, and what it thinks of each: for status, the ring's picture, providers. */
import type { Identifier } from '../../ring/identifier.ts';
import type { Contact } from '../../ring/message.ts';
import type { MemberHealth, RingState } from '../../ring/state.ts';
import type { RingMember } from './dht-api.ts';

export type NodeState = RingMember['state'];

export interface KnownNode {
  readonly contact: Contact;
  readonly state: NodeState;
}

const STATE_OF_HEALTH: Readonly<Record<MemberHealth, NodeState>> = {
  alive: 'active',
  suspect: 'suspect',
  dead: 'inactive',
  left: 'inactive',
  // Named by others, not met yet.
  unproven: 'suspect',
};

/** In ring order, `self` first. Those that only others named are left out, unless lookups go by them. */
export function ringView(state: RingState): KnownNode[] {
  const known = new Map<Identifier, KnownNode>();
  for (const contact of state.routes) known.set(contact.id, { contact, state: 'active' });
  for (const { contact, health, answeredAt } of state.members.values()) {
    if (answeredAt === Number.NEGATIVE_INFINITY) continue;
    known.set(contact.id, { contact, state: STATE_OF_HEALTH[health] });
  }
  const others = [...known.values()].sort((a, b) => (a.contact.id < b.contact.id ? -1 : 1));
  const after = others.findIndex(({ contact }) => contact.id > state.self.id);
  const first = after === -1 ? others.length : after;
  return [{ contact: state.self, state: 'active' }, ...others.slice(first), ...others.slice(0, first)];
}

/** How many members are gone without a word. Who left on purpose is not missed. */
export function awayCount(state: RingState): number {
  let away = 0;
  for (const { health } of state.members.values()) if (health === 'dead') away++;
  return away;
}

/** Members that do not answer and are not declared dead yet: the newest doubt of this node about others. */
export function suspects(state: RingState): Contact[] {
  const found: Contact[] = [];
  for (const { contact, health } of state.members.values()) if (health === 'suspect') found.push(contact);
  return found;
}

/** Where one node was last known to be, or null. */
export function knownNode(state: RingState, id: Identifier): KnownNode | null {
  const member = state.members.get(id);
  if (member !== undefined) return { contact: member.contact, state: STATE_OF_HEALTH[member.health] };
  const route = state.routes.find((contact) => contact.id === id);
  return route === undefined ? null : { contact: route, state: 'active' };
}
