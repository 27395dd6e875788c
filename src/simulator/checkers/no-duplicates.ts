/** NoDuplicates (I3, Zave 2017): nobody stands in its own list, or twice in any. */
import { nameOf, type Place, type Violation } from './ring-view.ts';

export function noDuplicates({ contact, successors }: Place): Violation {
  const seen = new Set([contact.id]);
  for (const { id } of successors) {
    if (id === contact.id) return `${nameOf(contact)} stands in its own list`;
    if (seen.has(id)) return `${id.slice(0, 6)} stands twice in ${nameOf(contact)}'s list`;
    seen.add(id);
  }
  return null;
}
