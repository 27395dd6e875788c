/**
 * From which worlds of a search that is complete the ring can still become whole when nothing fails any more and nobody new
 * starts: asked backwards, from the whole ones. A world from which it cannot is stuck, whatever the order of events.
 */
import { Kind, kindOf, placeIn } from './action.ts';
import { actionsOf, take } from './actions.ts';
import { type Life, placeOf } from './node-view.ts';
import type { Search } from './search.ts';
import type { World } from './world.ts';

export interface Recovery {
  /** Worlds in which every node that runs is a member in no doubt, with true lists and a true predecessor. */
  readonly whole: number;
  /** Worlds from which none of these can be reached. */
  readonly stuck: number;
  /** The most nodes in a row each of which awaits a list from the next; as many as there are places when they wait in a circle. */
  readonly longestWait: number;
}

export function recoveryOf(search: Search, states: number): Recovery {
  const ends: number[] = [];
  const steps: number[] = [];
  const reaching = new Uint8Array(states);
  let whole = 0;
  let longestWait = 0;
  const row = new Int32Array(search.world.width);
  for (let index = 0; index < states; index++) {
    search.readWorld(index, row);
    if (isWhole(search.world)) reaching[index] = 1;
    whole += reaching[index] as number;
    longestWait = Math.max(longestWait, longestWaitIn(search.world));
    for (const next of nextOf(search, row)) if (next !== index) steps.push(next);
    ends.push(steps.length);
  }
  return { whole, stuck: states - reachingCount(reaching, ends, steps), longestWait };
}

/** Marks all from which a marked one can be reached, and counts them. */
function reachingCount(reaching: Uint8Array, ends: readonly number[], steps: readonly number[]): number {
  const before = new Map<number, number[]>();
  let at = 0;
  for (const [index, end] of ends.entries()) {
    for (; at < end; at++) {
      const next = steps[at] as number;
      const known = before.get(next);
      if (known === undefined) before.set(next, [index]);
      else known.push(index);
    }
  }
  const found: number[] = [];
  for (const [index, isReaching] of reaching.entries()) if (isReaching === 1) found.push(index);
  for (const index of found) {
    for (const earlier of before.get(index) ?? []) {
      if (reaching[earlier] === 1) continue;
      reaching[earlier] = 1;
      found.push(earlier);
    }
  }
  return found.length;
}

function nextOf(search: Search, from: Int32Array): number[] {
  const { world, properties } = search;
  const next: number[] = [];
  world.readRow(from);
  for (const action of actionsOf(world)) {
    world.readRow(from);
    const kind = kindOf(action);
    // One that runs already only tries to join again.
    const isNew = kind === Kind.START && !world.view(placeIn(action)).isRunning;
    if (kind === Kind.CRASH || isNew || !take(world, action, properties)) continue;
    const index = search.indexOfWorld();
    if (index >= 0) next.push(index);
  }
  return next;
}

function isWhole(world: World): boolean {
  const running = world.nodes.map((_, place) => place).filter((place) => world.view(place).isRunning);
  return running.every((place, i) => {
    const { isMember, isInDoubt, predecessor, successors } = world.view(place);
    if (!isMember || isInDoubt) return false;
    const others = [...running.slice(i + 1), ...running.slice(0, i)].map((other) => world.view(other).life);
    const list = others.slice(0, world.table.parameters.successorCount);
    const isListTrue = list.length === successors.length && list.every((life, j) => life === successors[j]);
    return isListTrue && predecessor === (others.at(-1) ?? null);
  });
}

function longestWaitIn(world: World): number {
  let longest = 0;
  for (let place = 0; place < world.nodes.length; place++) {
    let length = 0;
    let at: Life | null = world.view(place).awaitsListOf;
    for (; at !== null && length < world.nodes.length; length++) at = world.view(placeOf(at)).awaitsListOf;
    longest = Math.max(longest, length);
  }
  return longest;
}
