/**
 * Zave's invariants over a world (docs/ring.md names them I1 to I10), and who answers for a key. `live` are the members that
 * run; a pointer names one life, and one to a life that another has followed points at nobody.
 */
import { type Action, crashedBy } from './action.ts';
import type { Bounds } from './bounds.ts';
import { type Life, placeOf } from './node-view.ts';
import type { World } from './world.ts';

/** The name of what is violated and where, or null. */
export type Violation = string | null;

/** For each pair of places, those strictly between them, clockwise, as bits; all others where both are one. */
function between(count: number, from: number, to: number): number {
  let bits = 0;
  for (let at = (from + 1) % count; at !== to && at !== from; at = (at + 1) % count) bits |= 1 << at;
  return bits;
}

export class Properties {
  private readonly betweens: number[][];
  private readonly next: number[];

  constructor(places: number) {
    const all = Array.from({ length: places }, (_, i) => i);
    this.betweens = all.map((from) => all.map((to) => between(places, from, to)));
    this.next = all.map(() => -1);
  }

  /** Of Zave's invariants and the ring's assertions; `principals` are known from `principals()`. */
  violation(world: World, principals: number, keepsPrincipals: boolean): Violation {
    if (world.broken !== null) return `an assertion of the ring: ${world.broken}`;
    return (
      this.lists(world) ??
      this.liveSuccessors(world) ??
      this.rings(principals, keepsPrincipals) ??
      (keepsPrincipals && bitCount(principals) <= world.table.parameters.successorCount
        ? 'I2 SufficientPrincipals'
        : null)
    );
  }

  /** I10 LossOfPrincipal: in one step no node but the one that fails in it ceases to be one. */
  lostPrincipal(before: number, after: number, taken: Action, { keepsPrincipals }: Bounds): Violation {
    if (!keepsPrincipals) return null;
    const crashed = crashedBy(taken);
    const lost = before & ~after & ~(crashed < 0 ? 0 : 1 << crashed);
    return lost === 0 ? null : `I10 LossOfPrincipal: ${placesOf(lost)}`;
  }

  /** I3 NoDuplicates, I4 OrderedSuccessorLists, and nobody keeps or adopts a life that it found out to be over. */
  private lists(world: World): Violation {
    for (let place = 0; place < world.nodes.length; place++) {
      const { isMember, successors, pointsAtDead } = world.view(place);
      if (!isMember) continue;
      if (pointsAtDead) return `dead successor: n${place} keeps a life that it knows to be over`;
      let last = place;
      for (const life of successors) {
        const at = placeOf(life);
        if (at === place) return `I3 NoDuplicates: n${place} stands in its own list`;
        if (last !== place && ((this.betweens[last]?.[place] as number) & (1 << at)) === 0)
          return `I4 OrderedSuccessorLists: n${place}`;
        last = at;
      }
    }
    return null;
  }

  /** I1 OneLiveSuccessor; a ring of one leads to itself. Leaves the first live successors in `next`. */
  private liveSuccessors(world: World): Violation {
    for (let place = 0; place < world.nodes.length; place++) {
      const { isMember, successors } = world.view(place);
      this.next[place] = -1;
      if (!isMember) continue;
      if (successors.length === 0) this.next[place] = place;
      for (const life of successors) {
        if (!world.isLive(life)) continue;
        this.next[place] = placeOf(life);
        break;
      }
      if (this.next[place] === -1) return `I1 OneLiveSuccessor: n${place}`;
    }
    return null;
  }

  /** I5 AtLeastOneRing, I6 AtMostOneRing, I7 OrderedRing, I8 ConnectedAppendages, I9 PrincipalsInRing. */
  private rings(principals: number, keepsPrincipals: boolean): Violation {
    const { next } = this;
    let live = 0;
    let first = 0;
    for (let place = 0; place < next.length; place++) {
      if (next[place] === -1) continue;
      live |= 1 << place;
      const ring = this.ringFrom(place);
      if (first === 0) first = ring;
      if (ring !== first) return `I6 AtMostOneRing: ${placesOf(first)} and ${placesOf(ring)}`;
    }
    if (live === 0) return null;
    for (let place = 0; place < next.length; place++) {
      if ((first & (1 << place)) === 0) continue;
      const skipped = (this.betweens[place]?.[next[place] as number] as number) & first;
      if (skipped !== 0) return `I7 OrderedRing: n${place} skips ${placesOf(skipped)}`;
    }
    if (keepsPrincipals && (principals & ~first) !== 0)
      return `I9 PrincipalsInRing: ${placesOf(principals & ~first)}`;
    return null;
  }

  /** The ring that a walk from `place` ends in, as bits. Every walk ends in one: I5 and I8 hold where all agree. */
  private ringFrom(place: number): number {
    let at = place;
    for (let i = 0; i < this.next.length; i++) at = this.next[at] as number;
    let ring = 0;
    for (let on = at; (ring & (1 << on)) === 0; on = this.next[on] as number) ring |= 1 << on;
    return ring;
  }

  /** Live members that no list skips, neither a member's nor one under way to somebody who runs. As bits. */
  principals(world: World): number {
    let live = 0;
    let skipped = 0;
    for (let place = 0; place < world.nodes.length; place++) {
      const { isMember, life, successors } = world.view(place);
      if (!isMember) continue;
      live |= 1 << place;
      skipped |= this.skippedBy(world, life, successors, 0);
    }
    for (const message of world.letters) {
      const { list } = world.letter(message);
      if (list !== null) skipped |= this.skippedBy(world, list[0] as Life, list, 1);
    }
    return live & ~skipped;
  }

  private skippedBy(world: World, from: Life, list: readonly Life[], start: number): number {
    let last = placeOf(from);
    let skipped = 0;
    for (let i = start; i < list.length; i++) {
      const life = list[i] as Life;
      const at = placeOf(life);
      const there = world.view(at);
      if (there.life !== life) continue;
      skipped |= this.betweens[last]?.[at] as number;
      last = at;
    }
    return skipped;
  }
}

/**
 * Whoever answers as owner of a key is the first live member, in no doubt, at or after it; then no two own one key. No
 * invariant of Zave's: it holds within small bounds, and for moments not beyond them (docs/decisions/0015).
 */
export function dispute(world: World): Violation {
  const count = world.nodes.length;
  for (let place = 0; place < count; place++) {
    const { claims, isMember } = world.view(place);
    if (!isMember || claims === 0) continue;
    for (let key = 0; key < count; key++) {
      if ((claims & (1 << key)) === 0) continue;
      const owner = trueOwner(world, key);
      if (owner !== -1 && owner !== place) return `owner: n${place} answers for a key of n${owner}`;
    }
  }
  return null;
}

/** The place of the first live member, in no doubt, at or after the key of a place; -1 when there is none. */
export function trueOwner(world: World, key: number): number {
  const count = world.nodes.length;
  for (let i = 0; i < count; i++) {
    const place = (key + i) % count;
    const { isMember, isInDoubt } = world.view(place);
    if (isMember && !isInDoubt) return place;
  }
  return -1;
}

export function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

function placesOf(bits: number): string {
  const places: string[] = [];
  for (let place = 0; place < 32; place++) if ((bits & (1 << place)) !== 0) places.push(`n${place}`);
  return places.join('+');
}
