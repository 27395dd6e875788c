/** How long a message is under way: distributions, and the distance between two places on a map. */
import type { Random } from '../ring/effect.ts';
import { textHash } from './random.ts';

/** One way, milliseconds. */
export type Latency =
  | { readonly type: 'uniform'; readonly minMs: number; readonly maxMs: number }
  /** Long to the right, as measured on the Internet: half of all below `medianMs`; none above `maxMs`. */
  | {
      readonly type: 'lognormal';
      readonly medianMs: number;
      /** Standard deviation of the logarithm: 0.3 varies little, 1 much. */
      readonly sigma: number;
      readonly maxMs: number;
    };

export function drawLatencyMs(latency: Latency, random: Random): number {
  if (latency.type === 'uniform') return latency.minMs + random() * (latency.maxMs - latency.minMs);
  return Math.min(latency.maxMs, latency.medianMs * Math.exp(latency.sigma * standardNormal(random)));
}

/** Box and Muller 1958. */
function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/**
 * Every address has its place on a square, by the seed; the distance of two adds to what a message between them takes, the
 * same both ways, so that near and far nodes are the same ones throughout a run.
 */
export class LatencyMap {
  readonly #seed: number;
  readonly #acrossMs: number;
  readonly #places = new Map<string, { readonly x: number; readonly y: number }>();

  /** @param acrossMs what the side of the square takes one way */
  constructor(seed: number, acrossMs: number) {
    this.#seed = seed;
    this.#acrossMs = acrossMs;
  }

  distanceMs(from: string, to: string): number {
    const a = this.#placeOf(from);
    const b = this.#placeOf(to);
    return this.#acrossMs * Math.hypot(a.x - b.x, a.y - b.y);
  }

  #placeOf(address: string): { readonly x: number; readonly y: number } {
    let place = this.#places.get(address);
    if (place === undefined) {
      const hash = textHash(address, this.#seed);
      place = { x: hash / 2 ** 32, y: textHash(address, hash) / 2 ** 32 };
      this.#places.set(address, place);
    }
    return place;
  }
}
