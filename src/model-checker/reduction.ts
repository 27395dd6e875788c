/**
 * One row for all worlds that differ only in names. Two renamings, neither of which the step function or a property can see:
 * - The lives of a place are numbered anew, in their order, once nobody remembers the earlier ones. What a start may still do
 *   is counted apart, and a place that never ran keeps its 0.
 * - Within Zave's assumptions the ring is turned: identifiers are compared around the circle alone. Orphans, which compare
 *   who is lowest, do not occur there.
 */
import { textOfReply } from './message-table.ts';
import type { NodeTable } from './node-table.ts';
import { incarnationOf, LIVES, type Life, placeOf } from './node-view.ts';
import { project } from './projection.ts';
import { Renaming } from './renaming.ts';

/** Lives told apart at one place: bits of a mask. */
const LIVES_MAX = 5;
const MASK = (1 << LIVES_MAX) - 1;
/** More places have no room in a mask. */
const PLACES_MAX = 6;
const LIFE = /([0-9a-f]+)\.(\d+)/g;

export class Reduction {
  private readonly table: NodeTable;
  private readonly places: number;
  private readonly nodeMasks: number[] = [];
  private readonly letterMasks: number[] = [];
  /** By mask; null where lives need no other numbers. */
  private readonly orders = new Map<number, Renaming | null>();
  private readonly turns: readonly Renaming[];
  private readonly original: Int32Array;
  private readonly turned: Int32Array;

  /** @param width of a row: the nodes, what failed so far, the messages, rising, then zeros */
  constructor(table: NodeTable, places: number, width: number, turns: boolean) {
    if (places > PLACES_MAX) throw new RangeError(`at most ${PLACES_MAX} places`);
    this.table = table;
    this.places = places;
    const by = Array.from({ length: turns ? places - 1 : 0 }, (_, i) => i + 1);
    this.turns = by.map(
      (turn) =>
        new Renaming(table, (life) => ((placeOf(life) + turn) % places) * LIVES + incarnationOf(life)),
    );
    this.original = new Int32Array(width);
    this.turned = new Int32Array(width);
  }

  /** Replaces the row by the one that stands for all of its kind. */
  reduce(row: Int32Array): void {
    const order = this.orderFor(this.maskOf(row));
    if (order !== null) this.rename(row, row, order, 0);
    const { turns, original, turned } = this;
    if (turns.length === 0) return;
    original.set(row);
    for (let i = 0; i < turns.length; i++) {
      const turn = turns[i] as Renaming;
      // The first number decides nearly always.
      if (turn.node(original[this.places - 1 - i] as number) > (row[0] as number)) continue;
      this.rename(original, turned, turn, i + 1);
      if (isBefore(turned, row)) row.set(turned);
    }
  }

  private rename(from: Int32Array, to: Int32Array, renaming: Renaming, turn: number): void {
    const { places } = this;
    for (let place = 0; place < places; place++)
      to[(place + turn) % places] = renaming.node(from[place] as number);
    to[places] = from[places] as number;
    let end = places + 1;
    for (; end < from.length && from[end] !== 0; end++) {
      const letter = renaming.message(from[end] as number);
      let at = end;
      for (; at > places + 1 && (to[at - 1] as number) > letter; at--) to[at] = to[at - 1] as number;
      to[at] = letter;
    }
    to.fill(0, end);
  }

  private maskOf(row: Int32Array): number {
    let mask = 0;
    for (let i = 0; i < this.places; i++) mask |= this.nodeMask(row[i] as number);
    for (let i = this.places + 1; i < row.length && row[i] !== 0; i++)
      mask |= this.letterMask(row[i] as number);
    return mask;
  }

  private orderFor(mask: number): Renaming | null {
    const known = this.orders.get(mask);
    if (known !== undefined) return known;
    const order = isInOrder(mask)
      ? null
      : new Renaming(this.table, (life) => placeOf(life) * LIVES + rankOf(mask, life));
    this.orders.set(mask, order);
    return order;
  }

  private nodeMask(node: number): number {
    const known = this.nodeMasks[node];
    if (known !== undefined) return known;
    const state = this.table.state(node);
    let mask = bitOf(this.table.view(node).life);
    if (state !== null) {
      mask |= this.livesIn(project(state));
      for (const number of state.pending.keys()) mask |= this.livesIn(this.table.messages.meaning(number));
    }
    this.nodeMasks[node] = mask;
    return mask;
  }

  private letterMask(number: number): number {
    const known = this.letterMasks[number];
    if (known !== undefined) return known;
    const { messages, places } = this.table;
    const message = messages.get(number);
    let mask = bitOf(places.life(message.from)) | bitOf(places.life(message.to));
    mask |= this.livesIn(messages.meaning(message.requestId));
    if (message.kind === 'reply') mask |= this.livesIn(textOfReply(message.reply));
    this.letterMasks[number] = mask;
    return mask;
  }

  private livesIn(text: string): number {
    let mask = 0;
    for (const [, id = '', incarnation] of text.matchAll(LIFE))
      mask |= bitOf(this.table.places.life({ id, incarnation: Number(incarnation), address: '' }));
    return mask;
  }
}

/** A place that never ran has none. */
function bitOf(life: Life): number {
  const incarnation = incarnationOf(life);
  if (incarnation > LIVES_MAX) throw new RangeError(`more than ${LIVES_MAX} lives at one place`);
  return incarnation === 0 ? 0 : 1 << (placeOf(life) * LIVES_MAX + incarnation - 1);
}

/** Each place's lives are 1, 2, … */
function isInOrder(mask: number): boolean {
  for (let rest = mask; rest !== 0; rest >>>= LIVES_MAX) {
    const lives = rest & MASK;
    if ((lives & (lives + 1)) !== 0) return false;
  }
  return true;
}

function rankOf(mask: number, life: Life): number {
  const lives = (mask >>> (placeOf(life) * LIVES_MAX)) & MASK;
  let rank = 0;
  for (let i = 0; i < incarnationOf(life); i++) rank += (lives >>> i) & 1;
  return rank;
}

function isBefore(a: Int32Array, b: Int32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return (a[i] as number) < (b[i] as number);
  return false;
}
