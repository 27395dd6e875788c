/** How much a node knows of a key or a range, and how it says so on the wire. */
import { Holding as WireHolding } from '../../../generated/anillo/records/v1/records.ts';

/**
 * How much of what was acknowledged stands at a node for certain: all of it (`whole`, the owner once it has pulled); a `copy`,
 * which together with another one is all of it; or perhaps only a `part`.
 */
export type Holding = 'part' | 'copy' | 'whole';

const ON_WIRE: Readonly<{ [holding in Holding]: WireHolding }> = {
  part: WireHolding.HOLDING_UNSPECIFIED,
  copy: WireHolding.HOLDING_COPY,
  whole: WireHolding.HOLDING_WHOLE,
};

export function encodeHolding(holding: Holding): WireHolding {
  return ON_WIRE[holding];
}

/** What is not understood counts for nothing. */
export function decodeHolding(wire: WireHolding): Holding {
  if (wire === WireHolding.HOLDING_WHOLE) return 'whole';
  return wire === WireHolding.HOLDING_COPY ? 'copy' : 'part';
}

/** The lesser of two: what holds for both of them. */
export function lesserHolding(left: Holding, right: Holding): Holding {
  return ON_WIRE[left] < ON_WIRE[right] ? left : right;
}
