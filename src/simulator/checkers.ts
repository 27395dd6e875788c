/**
 * The ring's properties, seen from outside with every node's state in hand. Each returns what is wrong, or null.
 * Names as in Zave 2017; `ideal` is where the protocol must end up once nothing changes any more.
 */
import type { Identifier } from '../ring/identifier.ts';
import { isBetweenOpenOpen } from '../ring/interval.ts';
import type { SimulatedNode } from './simulated-node.ts';

export type Violation = string | null;

/** NoDuplicates, OrderedSuccessorLists. */
export function listsAreOrdered(nodes: readonly SimulatedNode[]): Violation {
  for (const { contact, state } of nodes) {
    let last = contact.id;
    for (const { id } of state.successors) {
      if (id === contact.id) return `${name(contact.id)} stands in its own list`;
      if (last !== contact.id && !isBetweenOpenOpen(last, id, contact.id))
        return `${name(contact.id)}'s list is out of order`;
      last = id;
    }
  }
  return null;
}

/** AtLeastOneRing, AtMostOneRing and ConnectedAppendages over first live successors. */
export function thereIsOneRing(nodes: readonly SimulatedNode[]): Violation {
  const next = liveSuccessors(nodes);
  const onRing = (start: Identifier): boolean => {
    let id = next.get(start);
    for (let i = 0; i < nodes.length && id !== undefined; i++, id = next.get(id))
      if (id === start) return true;
    return false;
  };
  const members = nodes.map((node) => node.contact.id).filter(onRing);
  const first = members[0];
  if (first === undefined) return nodes.length === 0 ? null : 'no ring';
  const reached = new Set<Identifier>();
  for (let id: Identifier | undefined = first; id !== undefined && !reached.has(id); id = next.get(id))
    reached.add(id);
  const other = members.find((id) => !reached.has(id));
  return other === undefined ? null : `a second ring, with ${name(other)}`;
}

/** OrderedRing: nobody on the ring stands between a node and its first live successor. */
export function theRingIsOrdered(nodes: readonly SimulatedNode[]): Violation {
  const sorted = sortedIds(nodes);
  const next = liveSuccessors(nodes);
  for (const [i, id] of sorted.entries()) {
    const expected = sorted[(i + 1) % sorted.length];
    if (next.get(id) !== expected)
      return `${name(id)} leads to ${name(next.get(id))}, not to ${name(expected)}`;
  }
  return null;
}

/** Everybody is a member in no doubt, every list is complete and every predecessor true. */
export function isIdeal(nodes: readonly SimulatedNode[]): Violation {
  const sorted = sortedIds(nodes);
  const byId = new Map(nodes.map((node) => [node.contact.id, node]));
  for (const [i, id] of sorted.entries()) {
    const { state } = byId.get(id) as SimulatedNode;
    if (state.phase !== 'member') return `${name(id)} is ${state.phase}`;
    if (state.doubt !== null) return `${name(id)} is in doubt`;
    const length = Math.min(state.parameters.successorCount, sorted.length - 1);
    const expected = Array.from({ length }, (_, k) => sorted[(i + 1 + k) % sorted.length]);
    const actual = state.successors.map((contact) => contact.id);
    if (actual.join() !== expected.join())
      return `${name(id)}'s list is ${actual.map(name)}, not ${expected.map(name)}`;
    const predecessor = sorted.length === 1 ? undefined : sorted[(i - 1 + sorted.length) % sorted.length];
    if (state.predecessor?.id !== predecessor) {
      return `${name(id)}'s predecessor is ${name(state.predecessor?.id)}, not ${name(predecessor)}`;
    }
  }
  return null;
}

/** The owner by a sorted array: the first at or after the key, clockwise. */
export function trueOwner(nodes: readonly SimulatedNode[], key: Identifier): Identifier {
  const sorted = sortedIds(nodes);
  return sorted.find((id) => id >= key) ?? (sorted[0] as Identifier);
}

function sortedIds(nodes: readonly SimulatedNode[]): Identifier[] {
  return nodes.map((node) => node.contact.id).sort();
}

function liveSuccessors(nodes: readonly SimulatedNode[]): Map<Identifier, Identifier> {
  const lives = new Set(nodes.map(({ contact }) => `${contact.id}/${contact.incarnation}`));
  const next = new Map<Identifier, Identifier>();
  for (const { contact, state } of nodes) {
    const alive = state.successors.find(({ id, incarnation }) => lives.has(`${id}/${incarnation}`));
    next.set(contact.id, alive?.id ?? contact.id);
  }
  return next;
}

function name(id: Identifier | undefined): string {
  return id === undefined ? 'nobody' : id.slice(0, 6);
}
