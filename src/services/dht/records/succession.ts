/** The nodes after an owner, in ring order: those that had its keys before it, or have copies of them. */
import { keyAfter } from '../../../records/key-range.ts';
import { isBetweenOpenOpen } from '../../../ring/interval.ts';
import type { Contact } from '../../../ring/message.ts';
import type { OwnerMap } from './owner-map.ts';

/** As many as a node knows by name. When that many newcomers stand in one gap, they pull from one another in turn. */
const NODES_MAX = 256;

/**
 * First those of the owner's list, then on around the ring by lookups, the owner itself left out. Ends where the ring closes.
 * @param near the owner's successors, nearest first @throws Problem `not_ready` when nobody is found who goes on
 */
export async function* successionOf(
  owner: Contact,
  near: readonly Contact[],
  owners: OwnerMap,
): AsyncGenerator<Contact> {
  let last = owner.id;
  let named = 0;
  for (let next = near; next.length > 0; ) {
    const before = named;
    for (const contact of next) {
      if (!isBetweenOpenOpen(last, contact.id, owner.id)) continue;
      yield contact;
      last = contact.id;
      if (++named >= NODES_MAX) return;
    }
    if (named === before) return;
    const beyond = await owners.lookup(keyAfter(last));
    next = [beyond.owner, ...beyond.successors];
  }
}
