/** OrderedSuccessorLists (I4, Zave 2017): every three of (self, successors…) stand in ring order. */
import { isBetweenOpenOpen } from '../../ring/interval.ts';
import { nameOf, type Place, type Violation } from './ring-view.ts';

/** Where each step goes on clockwise and none passes the node itself, every three are in order. */
export function orderedLists({ contact, successors }: Place): Violation {
  let last = contact.id;
  for (const { id } of successors) {
    const inOrder = last === contact.id ? id !== last : isBetweenOpenOpen(last, id, contact.id);
    if (!inOrder) return `${nameOf(contact)}'s list is out of order at ${id.slice(0, 6)}`;
    last = id;
  }
  return null;
}
