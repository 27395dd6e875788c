/**
 * The slots of a node's fingers (Chord 4.3, to base b): slot (i, d) is [self + d·b^i, self + (d+1)·b^i), d from 1 to b-1. Numbers
 * stand for slots, since there are some fifty in each of very many nodes.
 */
import type { Identifier } from './identifier.ts';
import { isBetweenOpenOpen } from './interval.ts';
import type { Contact } from './message.ts';

const DIGIT_BITS = 4;
/** A slot's code: the digit of the identifier that is raised, and by how much, at most 16. */
const RAISE_SPAN = 32;

/** Nearest slot first; the lists run side by side, for there are some fifty slots in each of very many nodes. */
export interface Fingers {
  /** The end of the successor list for which the slots were laid out; '' before the first time. */
  beyond: Identifier;
  slots: number[];
  contacts: (Contact | null)[];
  /** To the contact and back, milliseconds; Infinity before it was measured. */
  roundTripsMs: number[];
  /** When the slot was last filled, found empty or seen to answer; -Infinity if never. */
  checkedAt: number[];
  /** Others near the slot's start, from which the nearest is chosen. */
  readonly others: Map<number, readonly Contact[]>;
  /** Whose turn it is to be checked. */
  turn: number;
}

export function noFingers(): Fingers {
  return {
    beyond: '',
    slots: [],
    contacts: [],
    roundTripsMs: [],
    checkedAt: [],
    others: new Map(),
    turn: 0,
  };
}

/** Slots of `self` that end beyond `last`, nearest first. `base` is 2, 4 or 16; 0 for no slot at all. */
export function slotsBeyond(self: Identifier, last: Identifier, base: number): number[] {
  const slots: number[] = [];
  const bits = Math.log2(base);
  if (!(bits >= 1)) return slots;
  for (let digit = 0; digit < self.length; digit++) {
    for (let shift = DIGIT_BITS - bits; shift >= 0; shift -= bits) {
      for (let times = base - 1; times >= 1; times--) {
        const isOutermost = digit === 0 && (times + 1) << shift === 16;
        const end = raise(self, digit, (times + 1) << shift);
        if (!isOutermost && !isBetweenOpenOpen(last, end, self)) return slots.reverse();
        slots.push(digit * RAISE_SPAN * RAISE_SPAN + (times << shift) * RAISE_SPAN + (1 << shift));
      }
    }
  }
  return slots.reverse();
}

export function slotStart(self: Identifier, slot: number): Identifier {
  const digit = Math.floor(slot / RAISE_SPAN ** 2);
  return raise(self, digit, Math.floor(slot / RAISE_SPAN) % RAISE_SPAN);
}

export function slotEnd(self: Identifier, slot: number): Identifier {
  const digit = Math.floor(slot / RAISE_SPAN ** 2);
  return raise(self, digit, (Math.floor(slot / RAISE_SPAN) % RAISE_SPAN) + (slot % RAISE_SPAN));
}

/** The identifier with one digit raised by at most 16, modulo the ring. */
function raise(id: Identifier, digit: number, by: number): Identifier {
  let tail = id.slice(digit + 1);
  let at = digit;
  let carried = by;
  while (at >= 0 && carried > 0) {
    const value = Number.parseInt(id[at] as string, 16) + carried;
    tail = (value % 16).toString(16) + tail;
    carried = value >= 16 ? (value - (value % 16)) / 16 : 0;
    at--;
  }
  return id.slice(0, at + 1) + tail;
}
