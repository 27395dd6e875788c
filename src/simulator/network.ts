/** The links between simulated nodes: how long a message takes, and whether it arrives, once or twice. */
import type { Random } from '../ring/effect.ts';
import { drawLatencyMs, type Latency, LatencyMap } from './latency.ts';
import { seededRandom, textHash } from './random.ts';

export interface NetworkConditions {
  /** One way, drawn for each message. */
  readonly latency: Latency;
  /** With it, the places of both ends on a map add to that: what the side of the map takes one way. */
  readonly acrossMs?: number;
  /** Share of messages lost, 0 to 1. */
  readonly loss?: number;
  /** Share of messages that arrive twice. */
  readonly duplication?: number;
  /** Share of messages held back by up to `reorderMaxMs`, so that later ones overtake them. */
  readonly reordering?: number;
  readonly reorderMaxMs?: number;
}

export const CALM: NetworkConditions = { latency: { type: 'uniform', minMs: 0.2, maxMs: 2 } };

/** What `delayMs` says of a message that does not arrive. */
export const LOST = -1;

export class Network {
  /** Messages put on the wire, copies not counted. */
  sent = 0;
  /** Of these, lost by chance or because the way was closed. */
  lost = 0;
  readonly #seed: number;
  readonly #random: Random;
  #conditions: NetworkConditions;
  #map: LatencyMap | null = null;
  readonly #cuts = new Set<string>();
  readonly #shut = new Set<string>();
  #sideOf: ((address: string) => number) | null = null;
  #brokenPairs = 0;

  constructor(seed: number, conditions: NetworkConditions) {
    this.#seed = seed;
    this.#random = seededRandom(seed);
    this.#conditions = conditions;
    this.conditions = conditions;
  }

  get conditions(): NetworkConditions {
    return this.#conditions;
  }

  set conditions(conditions: NetworkConditions) {
    this.#conditions = conditions;
    const { acrossMs = 0 } = conditions;
    this.#map = acrossMs > 0 ? new LatencyMap(this.#seed, acrossMs) : null;
  }

  /**
   * How long this message takes, or `LOST`. A request `opens` the way to `to`; its reply comes back on the same one.
   * Draws from the seed: asked once for each copy of a message.
   */
  delayMs(from: string, to: string, opens: boolean): number {
    this.sent++;
    const { latency, loss = 0 } = this.#conditions;
    if ((loss > 0 && this.#random() < loss) || !this.isOpen(from, to) || (opens && this.#shut.has(to))) {
      this.lost++;
      return LOST;
    }
    return drawLatencyMs(latency, this.#random) + this.#heldBackMs() + (this.#map?.distanceMs(from, to) ?? 0);
  }

  /** Whether the message just sent is sent once more. */
  duplicates(): boolean {
    const { duplication = 0 } = this.#conditions;
    return duplication > 0 && this.#random() < duplication;
  }

  isOpen(from: string, to: string): boolean {
    if (this.#cuts.size > 0 && this.#cuts.has(`${from}>${to}`)) return false;
    if (this.#brokenPairs > 0 && this.#isBrokenPair(from, to)) return false;
    return this.#sideOf === null || this.#sideOf(from) === this.#sideOf(to);
  }

  /** One way only. */
  cut(from: string, to: string): void {
    this.#cuts.add(`${from}>${to}`);
  }

  mend(from: string, to: string): void {
    this.#cuts.delete(`${from}>${to}`);
  }

  /** This share of all pairs cannot reach each other, each of them only by way of others (Freedman et al.: 2.3 % at times). */
  breakPairs(share: number): void {
    this.#brokenPairs = share;
  }

  /** It speaks to others, and nobody can open a way to it: a wrong address, a firewall. */
  shut(address: string): void {
    this.#shut.add(address);
  }

  /** Nodes hear only those on their own side. */
  partition(sideOf: (address: string) => number): void {
    this.#sideOf = sideOf;
  }

  /** Every way is open again; latency and loss stay as they are. */
  heal(): void {
    this.#cuts.clear();
    this.#shut.clear();
    this.#sideOf = null;
    this.#brokenPairs = 0;
  }

  #heldBackMs(): number {
    const { reordering = 0, reorderMaxMs = 0 } = this.#conditions;
    return reordering > 0 && this.#random() < reordering ? this.#random() * reorderMaxMs : 0;
  }

  /** By the seed and the two names, so that a pair is broken or not for the whole run. */
  #isBrokenPair(a: string, b: string): boolean {
    const pair = a < b ? `${a}|${b}` : `${b}|${a}`;
    return textHash(pair, this.#seed) < this.#brokenPairs * 2 ** 32;
  }
}
