/** Members of the ring to join by. Everybody is told some with every answer, so that rings that split find together. */
import type { Seed } from '../client/schemas/portmapper-routes.ts';
import type { Clock } from './clock.ts';
import type { KnownNode, Registry } from './registry.ts';

/** For a node that is not on the ring: more than any join needs, and its answer stays under 8 KiB. */
export const SEEDS_MAX = 32;
/** For a member: it hears of two others at random every 2 s, which costs 1 KiB an answer. */
const SEEDS_FOR_MEMBER = 4;
/** Of those, the ones that are active longest: likely to be there tomorrow too. */
const STABLE_SEEDS = 2;
/** While thousands join, the list is made anew this often, not with each of them. */
const FRESH_MS = 200;

export class Seeds {
  readonly #registry: Registry;
  /** Uniform in [0, 1). */
  readonly #random: () => number;
  readonly #clock: Clock;
  #revision = -1;
  #madeMs = 0;
  /** Active members with an endpoint, the longest active first. */
  #members: readonly Seed[] = [];

  constructor(registry: Registry, clock: Clock, random: () => number) {
    this.#registry = registry;
    this.#clock = clock;
    this.#random = random;
  }

  /** Whether an active node is on the ring, other than `node`. */
  anyBut(node: string): boolean {
    return this.#current().some(({ id }) => id !== node);
  }

  sampleFor(node: KnownNode): Seed[] {
    const count = node.report.joined ? SEEDS_FOR_MEMBER : SEEDS_MAX;
    const members = this.#current();
    const chosen = new Map<string, Seed>();
    const take = (seed: Seed | undefined) => {
      if (seed !== undefined && seed.id !== node.id) chosen.set(seed.id, seed);
    };
    if (members.length <= count) {
      for (const seed of members) take(seed);
      return [...chosen.values()];
    }
    for (const seed of members.slice(0, STABLE_SEEDS)) take(seed);
    // Twice as many draws as places: some hit twice, and a seed less does no harm.
    for (let draw = 0; draw < 2 * count && chosen.size < count; draw++) {
      take(members[Math.floor(this.#random() * members.length)]);
    }
    return [...chosen.values()];
  }

  #current(): readonly Seed[] {
    if (this.#revision === this.#registry.revision) return this.#members;
    const nowMs = this.#clock.monotonicMs();
    // An empty list decides who may found: that one is never old.
    if (this.#members.length > 0 && nowMs - this.#madeMs < FRESH_MS) return this.#members;
    this.#madeMs = nowMs;
    this.#members = this.#registry
      .inState('active')
      .filter((node) => node.report.joined)
      .sort((one, other) => activeSinceMs(one) - activeSinceMs(other))
      .flatMap(toSeed);
    this.#revision = this.#registry.revision;
    return this.#members;
  }
}

function activeSinceMs(node: KnownNode): number {
  return node.transitions.at(-1)?.atMs ?? 0;
}

function toSeed({ id, descriptor }: KnownNode): Seed[] {
  const address = descriptor.endpoints.dht;
  return address === null ? [] : [{ id, incarnation: descriptor.incarnation, address }];
}
