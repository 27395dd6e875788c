/** The running nodes of a world as the checkers see them, and the questions that stories ask most. */
import type { Identifier } from '../ring/identifier.ts';
import { atLeastOneRing } from './checkers/at-least-one-ring.ts';
import { atMostOneRing } from './checkers/at-most-one-ring.ts';
import { connectedAppendages } from './checkers/connected-appendages.ts';
import { headsAreIdeal, ideal } from './checkers/ideal.ts';
import { noDuplicates } from './checkers/no-duplicates.ts';
import { oneLiveSuccessor } from './checkers/one-live-successor.ts';
import { orderedLists } from './checkers/ordered-lists.ts';
import { orderedRing } from './checkers/ordered-ring.ts';
import { memberOwner } from './checkers/owner-agreement.ts';
import { nameOf, type Place, RingView, type Violation } from './checkers/ring-view.ts';
import { ringsOf } from './checkers/rings.ts';
import type { SimulatedNode } from './simulated-node.ts';

/** What a node believes of its place now; of a member only. */
export function placeOf({ contact, state }: SimulatedNode): Place {
  const { successors, predecessor, doubt, parameters } = state;
  return { contact, successors, predecessor, inDoubt: doubt !== null, wanted: parameters.successorCount };
}

/** Those of the nodes that have a place in the ring. */
function ringOf(nodes: readonly SimulatedNode[]): RingView {
  return new RingView(nodes.filter(({ state }) => state.phase === 'member').map(placeOf));
}

/** All of them are members, and every list and predecessor is as it should be. */
export function isIdeal(nodes: readonly SimulatedNode[]): Violation {
  return outsider(nodes) ?? ideal(ringOf(nodes));
}

/** All of them are members, and first successors and predecessors are as they should be. */
export function headsAreTrue(nodes: readonly SimulatedNode[]): Violation {
  return outsider(nodes) ?? headsAreIdeal(ringOf(nodes));
}

/** The first of Zave's invariants that does not hold, principals aside: rings of stories may be too small for them. */
export function whatIsBroken(nodes: readonly SimulatedNode[]): Violation {
  const view = ringOf(nodes);
  const rings = ringsOf(view);
  for (const place of view.places) {
    const wrong = noDuplicates(place) ?? orderedLists(place);
    if (wrong !== null) return wrong;
  }
  return (
    oneLiveSuccessor(view) ??
    atLeastOneRing(view, rings) ??
    atMostOneRing(view, rings) ??
    orderedRing(view, rings) ??
    connectedAppendages(view, rings)
  );
}

/** The owner by a sorted array: the first at or after the key, clockwise. */
export function trueOwner(nodes: readonly SimulatedNode[], key: Identifier): Identifier {
  const owner = memberOwner(new RingView(nodes.map(placeOf)), key);
  if (owner === null) throw new Error('nobody is there to own a key');
  return owner.id;
}

function outsider(nodes: readonly SimulatedNode[]): Violation {
  const node = nodes.find(({ state }) => state.phase !== 'member');
  return node === undefined ? null : `${nameOf(node.contact)} is ${node.state.phase}`;
}
