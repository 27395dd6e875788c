/**
 * What the owner of a content's key does for its copies. It decides from what it sees now and keeps nothing: whoever owns the key the
 * next moment decides the same, because all choose in the one order of `copies.ts`. Facts in, a decision out.
 */
import type { Identifier } from '../ring/identifier.ts';
import { type Copy, compareFrom, type Holder, inOrder, isSpare, siteOf } from './copies.ts';

/** A machine that was restarted is back by then: nothing is copied for its sake. */
export const RETURN_MS = 15 * 60_000;
/** A copy counts as one too many once its holders have been here so long: of nodes that come and go nobody's copy is dropped. */
export const STEADY_MS = 60 * 60_000;
/** From asking a node to keep a content until it counts no more, unless it says meanwhile that it is still at it. */
export const ASK_MS = 10 * 60_000;

export interface Candidate {
  readonly node: Identifier;
  readonly site: string | null;
  /** What it has room for; 0 of one that refused not long ago. */
  readonly roomBytes: number;
}

export interface Asked {
  readonly node: Identifier;
  /** When it was asked, or last said that it is at it. */
  readonly sinceMs: number;
}

export interface ContentState {
  readonly key: Identifier;
  /** The most that a standing publication asks for; 0 when none stands. */
  readonly wanted: number;
  /** Bytes. */
  readonly size: number;
  /** Of whom there is a provider record that says `complete`. */
  readonly holders: readonly Holder[];
  /** Asked by this node, and no holders yet. */
  readonly asked: readonly Asked[];
  /** The nodes that are here, in any order. */
  readonly candidates: readonly Candidate[];
}

export type Decision =
  /** Ask these to keep it, in this order. */
  | { readonly type: 'ask'; readonly nodes: readonly Identifier[] }
  /** As many as wanted are counted, but some of them only until then. */
  | { readonly type: 'wait'; readonly untilMs: number }
  /** Tell this one that it may let go, if it finds these nearer ones whole. One at a time. */
  | { readonly type: 'drop'; readonly node: Identifier; readonly nearer: readonly Identifier[] }
  /** Nothing, until something changes: enough copies, nobody to copy from, or nobody to ask. */
  | { readonly type: 'rest' };

const REST: Decision = { type: 'rest' };

/** @param nowMs on the clock of the presences */
export function decide(state: ContentState, nowMs: number): Decision {
  const { wanted, holders } = state;
  const here = holders.filter(({ presence }) => presence.type === 'here');
  const expected = holders.filter((holder) => returnsUntilMs(holder) > nowMs);
  const coming = comingTo(state, nowMs);
  const missing = wanted - here.length - expected.length - coming.length;
  if (missing > 0) return here.length === 0 ? REST : ask(state, [...here, ...expected, ...coming], missing);
  if (here.length < wanted) return { type: 'wait', untilMs: soonestEnd(expected, coming) };
  return here.length > wanted && wanted > 0 ? dropOne(state, here, nowMs) : REST;
}

/** Of one that is away: until then it counts as if it were here. */
function returnsUntilMs({ presence }: Holder): number {
  return presence.type === 'away' ? presence.sinceMs + RETURN_MS : Number.NEGATIVE_INFINITY;
}

/** Those that were asked, are here, and have not had their time. */
function comingTo({ asked, holders, candidates }: ContentState, nowMs: number): (Candidate & Asked)[] {
  return asked.flatMap(({ node, sinceMs }) => {
    const isHolder = holders.some((holder) => holder.node === node);
    const candidate = candidates.find((one) => one.node === node);
    if (isHolder || candidate === undefined || sinceMs + ASK_MS <= nowMs) return [];
    return [{ ...candidate, sinceMs }];
  });
}

function soonestEnd(expected: readonly Holder[], coming: readonly Asked[]): number {
  const ends = [...expected.map(returnsUntilMs), ...coming.map(({ sinceMs }) => sinceMs + ASK_MS)];
  return Math.min(...ends);
}

/** The next in ring order that have room, those first whose site has no copy yet. */
function ask(
  { key, size, holders, candidates }: ContentState,
  counted: readonly Pick<Copy, 'node' | 'site'>[],
  missing: number,
): Decision {
  const taken = new Set([...counted, ...holders].map(({ node }) => node));
  const open = candidates
    .filter(({ node, roomBytes }) => !taken.has(node) && roomBytes >= size)
    .toSorted((left, right) => compareFrom(key, left.node, right.node));
  const sites = new Set(counted.map(siteOf));
  const chosen: Candidate[] = [];
  while (chosen.length < missing && open.length > 0) {
    const elsewhere = open.findIndex((candidate) => !sites.has(siteOf(candidate)));
    const [next] = open.splice(Math.max(0, elsewhere), 1);
    if (next === undefined) break;
    sites.add(siteOf(next));
    chosen.push(next);
  }
  return chosen.length === 0 ? REST : { type: 'ask', nodes: chosen.map(({ node }) => node) };
}

/** The farthest that is spare, once it and all nearer ones have been here long enough. */
function dropOne({ key, wanted }: ContentState, here: readonly Holder[], nowMs: number): Decision {
  const order = inOrder(key, here.filter(isSteady(nowMs)));
  for (let at = order.length - 1; at >= wanted; at--) {
    const copy = order[at] as Holder;
    const nearer = order.slice(0, at);
    if (isSpare(copy, nearer, wanted))
      return { type: 'drop', node: copy.node, nearer: nearer.map(({ node }) => node) };
  }
  return REST;
}

function isSteady(nowMs: number): (holder: Holder) => boolean {
  return ({ presence }) => presence.type === 'here' && nowMs - presence.sinceMs >= STEADY_MS;
}
