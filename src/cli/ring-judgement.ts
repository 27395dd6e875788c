/**
 * Whether what the nodes say of themselves adds up to one ring, and what does not: judged from their answers alone, by
 * following successors that answer (Zave 2017: best successors; the conditions of an ideal ring).
 */

interface NodeName {
  readonly id: string;
  readonly address: string;
}

/** What a node says of itself; of `GET /api/v1/status`. */
export interface RingWitness extends NodeName {
  readonly joined: boolean;
  readonly inDoubt: boolean;
  readonly predecessor: NodeName | null;
  readonly successors: readonly NodeName[];
  readonly successorsMax: number;
  readonly suspects: readonly NodeName[];
}

export type RingTrouble =
  /** Rings that know nothing of one another, the largest first. */
  | { readonly type: 'several_rings'; readonly rings: readonly (readonly NodeName[])[] }
  /** Successors lead round the identifiers more than once before they come back (Zave: not an ordered ring). */
  | { readonly type: 'loop'; readonly turns: number }
  /** On the ring by their own word, and no successor leads to them (Zave: appendages). */
  | { readonly type: 'passed_by'; readonly nodes: readonly NodeName[] }
  /** None of their successors answers. */
  | { readonly type: 'cut_off'; readonly nodes: readonly NodeName[] }
  /** The first successor does not answer, or is not on the ring. */
  | { readonly type: 'silent_successor'; readonly node: NodeName; readonly successor: NodeName }
  /** The first successor has another node for its predecessor. */
  | {
      readonly type: 'unknown_to_successor';
      readonly node: NodeName;
      readonly successor: NodeName;
      readonly named: NodeName | null;
    }
  | { readonly type: 'in_doubt'; readonly nodes: readonly NodeName[] }
  | { readonly type: 'suspected'; readonly node: NodeName; readonly by: readonly NodeName[] }
  /** Fewer successors than there are and than fit. */
  | { readonly type: 'short_list'; readonly node: NodeName; readonly has: number; readonly wants: number }
  /** Lists with room for very different numbers: other versions, or sizes of the ring that they believe in. */
  | { readonly type: 'uneven_lists'; readonly least: number; readonly most: number };

export interface RingJudgement {
  /** Nodes on the largest ring. */
  readonly size: number;
  readonly troubles: readonly RingTrouble[];
}

/** Nodes of one build keep lists of one length; of two builds they may differ by so many. */
const UNEVEN_BY = 4;

/** @param answered every node that answered, in any order, of one network; those not on a ring lead nowhere */
export function judgeRing(answered: readonly RingWitness[]): RingJudgement {
  const members = answered.filter(({ joined }) => joined).sort((a, b) => (a.id < b.id ? -1 : 1));
  const byId = new Map(members.map((member) => [member.id, member]));
  const next = new Map(members.map((member) => [member.id, bestSuccessor(member, byId)]));
  const rings = findRings(members, next);
  const onRing = new Set(rings.flat());
  const size = rings[0]?.length ?? 0;
  const troubles = [
    ...judgeRings(rings),
    ...judgeOutside(members, onRing, next),
    ...[...onRing].flatMap((member) => judgeSuccessor(member, byId)),
    ...rings.flatMap((ring) => judgeLists(ring)),
    ...judgeRooms(members),
    ...judgeDoubts(members, answered),
  ];
  return { size, troubles };
}

/** The first successor that answers and is on a ring; itself for a ring of one; null where none does. */
function bestSuccessor(member: RingWitness, byId: ReadonlyMap<string, RingWitness>): RingWitness | null {
  if (member.successors.length === 0) return member;
  for (const { id } of member.successors) {
    const successor = byId.get(id);
    if (successor !== undefined) return successor;
  }
  return null;
}

/** Circles of best successors, the largest first, each from its lowest identifier. */
function findRings(
  members: readonly RingWitness[],
  next: ReadonlyMap<string, RingWitness | null>,
): RingWitness[][] {
  const rings: RingWitness[][] = [];
  const seen = new Set<RingWitness>();
  for (const start of members) {
    const way: RingWitness[] = [];
    let at: RingWitness | null = start;
    for (; at !== null && !seen.has(at); at = next.get(at.id) ?? null) {
      seen.add(at);
      way.push(at);
    }
    const closesAt = at === null ? -1 : way.indexOf(at);
    if (closesAt >= 0) rings.push(way.slice(closesAt));
  }
  return rings.sort((a, b) => b.length - a.length);
}

function judgeRings(rings: readonly (readonly RingWitness[])[]): RingTrouble[] {
  const troubles: RingTrouble[] = rings.length > 1 ? [{ type: 'several_rings', rings }] : [];
  for (const ring of rings) {
    const turns = ring.filter(({ id }, index) => id >= (ring[(index + 1) % ring.length]?.id ?? '')).length;
    if (turns > 1) troubles.push({ type: 'loop', turns });
  }
  return troubles;
}

function judgeOutside(
  members: readonly RingWitness[],
  onRing: ReadonlySet<RingWitness>,
  next: ReadonlyMap<string, RingWitness | null>,
): RingTrouble[] {
  const outside = members.filter((member) => !onRing.has(member));
  const cutOff = outside.filter(({ id }) => next.get(id) === null);
  const passedBy = outside.filter((member) => !cutOff.includes(member));
  return [
    ...(passedBy.length > 0 ? [{ type: 'passed_by', nodes: passedBy } as const] : []),
    ...(cutOff.length > 0 ? [{ type: 'cut_off', nodes: cutOff } as const] : []),
  ];
}

function judgeSuccessor(node: RingWitness, byId: ReadonlyMap<string, RingWitness>): RingTrouble[] {
  const [successor] = node.successors;
  if (successor === undefined) return [];
  const met = byId.get(successor.id);
  if (met === undefined) return [{ type: 'silent_successor', node, successor }];
  if (met.predecessor?.id === node.id) return [];
  return [{ type: 'unknown_to_successor', node, successor, named: met.predecessor }];
}

function judgeLists(ring: readonly RingWitness[]): RingTrouble[] {
  return ring.flatMap((node): RingTrouble[] => {
    const has = node.successors.length;
    const wants = Math.min(node.successorsMax, ring.length - 1);
    return has < wants ? [{ type: 'short_list', node, has, wants }] : [];
  });
}

function judgeRooms(members: readonly RingWitness[]): RingTrouble[] {
  const rooms = members.map(({ successorsMax }) => successorsMax);
  const [least, most] = [Math.min(...rooms), Math.max(...rooms)];
  return most - least > UNEVEN_BY ? [{ type: 'uneven_lists', least, most }] : [];
}

function judgeDoubts(members: readonly RingWitness[], answered: readonly RingWitness[]): RingTrouble[] {
  const doubting = members.filter(({ inDoubt }) => inDoubt);
  const suspected = new Map<string, { node: NodeName; by: NodeName[] }>();
  for (const by of answered) {
    for (const node of by.suspects) {
      const entry = suspected.get(node.id) ?? { node, by: [] };
      entry.by.push(by);
      suspected.set(node.id, entry);
    }
  }
  return [
    ...(doubting.length > 0 ? [{ type: 'in_doubt', nodes: doubting } as const] : []),
    ...[...suspected.values()].map((entry) => ({ type: 'suspected', ...entry }) as const),
  ];
}
