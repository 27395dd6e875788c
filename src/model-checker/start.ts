/** Worlds to start from. */

import { listDigest } from '../ring/digest.ts';
import { addMember } from '../ring/members.ts';
import type { Contact } from '../ring/message.ts';
import { createRingState } from '../ring/state.ts';
import type { NodeTable } from './node-table.ts';
import { LIVES } from './node-view.ts';
import { NOW } from './projection.ts';
import type { World } from './world.ts';

/** An ideal ring of the nodes at these places: every list and predecessor true, everybody known to everybody. */
export function startIdeal(world: World, places: readonly number[]): void {
  empty(world);
  for (const place of places) world.nodes[place] = idealNode(world.table, places, place);
}

/** Every ideal ring of `size` nodes or more, but for turning the ring. */
export function idealRings(count: number, size: number): number[][] {
  const seen = new Set<number>();
  const rings: number[][] = [];
  for (let bits = (1 << count) - 1; bits > 0; bits--) {
    const places = Array.from({ length: count }, (_, i) => i).filter((i) => (bits & (1 << i)) !== 0);
    if (places.length < size || seen.has(bits)) continue;
    for (let turn = 0; turn < count; turn++)
      seen.add(((bits << turn) | (bits >>> (count - turn))) & ((1 << count) - 1));
    rings.push(places);
  }
  return rings;
}

function empty(world: World): void {
  world.letters.length = 0;
  world.crashes = 0;
  world.restarts = 0;
  world.broken = null;
  world.nodes.length = 0;
  for (let place = 0; place < world.bounds.places; place++) world.nodes.push(world.table.gone(place * LIVES));
}

function idealNode(table: NodeTable, places: readonly number[], place: number): number {
  const contact = (at: number): Contact => table.places.contact(at * LIVES + 1);
  const state = createRingState(contact(place), table.parameters);
  const turn = { state, now: NOW, random: () => 0.5, effects: [], facts: [] };
  const at = places.indexOf(place);
  const others = [...places.slice(at + 1), ...places.slice(0, at)].map(contact);
  state.phase = 'member';
  state.successors = others.slice(0, table.parameters.successorCount);
  state.listHash = listDigest(state.successors);
  state.predecessor = others.at(-1) ?? null;
  for (const other of others) {
    const member = addMember(turn, other);
    if (member === null) continue;
    member.health = 'alive';
    member.answeredAt = NOW;
  }
  return table.keep(state);
}
