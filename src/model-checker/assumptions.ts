/** Which crashes Zave's assumptions allow (docs/ring.md, What must hold). */
import { type Life, placeOf } from './node-view.ts';
import { bitCount } from './properties.ts';
import type { World } from './world.ts';

/**
 * A crash may leave no member without a live successor, nor anybody who applies a list under way, and as many principals as
 * assumed. `world` is the one after it.
 */
export function crashIsAssumed(world: World, principals: number): boolean {
  const { successorCount } = world.table.parameters;
  if (world.bounds.keepsPrincipals && bitCount(principals) <= successorCount) return false;
  for (let place = 0; place < world.nodes.length; place++) {
    const { isMember, successors } = world.view(place);
    if (isMember && successors.length > 0 && !hasLive(world, successors, 0, place)) return false;
  }
  for (const message of world.letters) {
    const { list, adoptedFrom, to } = world.letter(message);
    if (list !== null && !hasLive(world, list, adoptedFrom, placeOf(to))) return false;
  }
  return true;
}

/** Whether the list of the node at `place`, as it is or will be, has somebody live. */
function hasLive(world: World, list: readonly Life[], start: number, place: number): boolean {
  const end = Math.min(list.length, start + world.table.parameters.successorCount);
  for (let i = start; i < end; i++) {
    const life = list[i] as Life;
    if (placeOf(life) === place) return false;
    if (world.isLive(life)) return true;
  }
  return false;
}
