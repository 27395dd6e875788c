/** Seeded chance: the same seed, the same run. */
import type { Random } from '../ring/effect.ts';

/** mulberry32: 32 bits of state, good enough for schedules, not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A number below 2^32 for a text: the same seed and text, the same number. FNV-1a, mixed at the end. */
export function textHash(text: string, seed: number): number {
  let hash = (seed ^ 0x811c9dc5) >>> 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function randomInteger(random: Random, below: number): number {
  return Math.floor(random() * below);
}

/** `count` of `items`, chosen by chance, each at most once. */
export function sample<Item>(random: Random, items: readonly Item[], count: number): Item[] {
  const rest = [...items];
  const chosen: Item[] = [];
  while (chosen.length < count && rest.length > 0) {
    chosen.push(...rest.splice(randomInteger(random, rest.length), 1));
  }
  return chosen;
}

export function randomIdentifier(random: Random, digits = 64): string {
  let id = '';
  while (id.length < digits) id += randomInteger(random, 0x10000).toString(16).padStart(4, '0');
  return id.slice(0, digits);
}
