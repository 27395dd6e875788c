/** Which deaths are evictions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SimulatedNode } from '../../../src/simulator/simulated-node.ts';
import { watchedRing } from './onlooker.ts';

/** How many evictions come of one node whose every word to and from this other is lost, while both live. */
function evictionsOf(pick: (node: SimulatedNode) => string | undefined): number {
  const { world, onlooker } = watchedRing(12, { seed: 5 });
  const [node] = onlooker.members();
  assert.ok(node);
  const address = pick(node);
  const dead = onlooker.members().find((each) => each.contact.address === address);
  assert.ok(dead);
  // Told as a step would tell it, which has taken the dead one out of its list already.
  const { successors, predecessor } = node.state;
  node.state.successors = successors.filter(({ id }) => id !== dead.contact.id);
  if (predecessor?.id === dead.contact.id) node.state.predecessor = null;
  onlooker.told(node, { type: 'dead', contact: dead.contact });
  assert.equal(world.live().length, 12);
  return onlooker.evictions;
}

test('a live last entry and a live predecessor that are taken for dead are evicted', () => {
  assert.equal(
    evictionsOf(({ state }) => state.successors.at(-1)?.address),
    1,
  );
  assert.equal(
    evictionsOf(({ state }) => state.predecessor?.address),
    1,
  );
});
