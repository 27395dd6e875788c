/**
 * Identifiers of nodes and keys: points on the ring of size 2^256 (SHA-256).
 * Kept as lower-case hexadecimal of one length, so that comparing strings compares numbers.
 */

/** 64 lower-case hexadecimal digits (tests and the model checker may use shorter ones, all of one length). */
export type Identifier = string;

/** Distance on the ring from `from` clockwise to `to`, as a fraction of the ring in [0, 1), exact to 48 bits. */
export function clockwiseFraction(from: Identifier, to: Identifier): number {
  const digits = Math.min(12, from.length);
  const size = 16 ** digits;
  const difference = Number.parseInt(to.slice(0, digits), 16) - Number.parseInt(from.slice(0, digits), 16);
  return (difference < 0 ? difference + size : difference) / size;
}

/** The point behind it: who owns that is the first node after it. */
export function nextIdentifier(id: Identifier): Identifier {
  let digits = '';
  for (let i = id.length - 1; i >= 0; i--) {
    const digit = Number.parseInt(id.charAt(i), 16);
    if (digit < 15) return id.slice(0, i) + (digit + 1).toString(16) + digits;
    digits = `0${digits}`;
  }
  return digits;
}
