/** `Range` of HTTP: one range of bytes (RFC 9110, section 14). Several at once are not served, which it allows. */

/** The inclusive first and the exclusive last byte. */
export type RangeAnswer =
  | { readonly type: 'whole' }
  | { readonly type: 'part'; readonly start: number; readonly end: number }
  | { readonly type: 'unsatisfiable' };

const WHOLE: RangeAnswer = { type: 'whole' };
const UNSATISFIABLE: RangeAnswer = { type: 'unsatisfiable' };
/** More digits than any file's size has. */
const DIGITS_MAX = 15;

/** What `Range` asks for of a file of `size` bytes. A unit or form that is not known is ignored (section 14.2). */
export function readRange(header: string | undefined, size: number): RangeAnswer {
  const match = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(header ?? '');
  if (match === null) return WHOLE;
  const [, first = '', last = ''] = match;
  if (first.length > DIGITS_MAX) return UNSATISFIABLE;
  if (first === '') return last === '' ? WHOLE : readSuffix(last, size);
  const start = Number(first);
  const lastByte = last === '' || last.length > DIGITS_MAX ? size - 1 : Number(last);
  // A range that runs backwards is not valid, so it is ignored (section 14.1.1).
  if (last !== '' && lastByte < start && last.length <= DIGITS_MAX) return WHOLE;
  return start >= size ? UNSATISFIABLE : { type: 'part', start, end: Math.min(lastByte + 1, size) };
}

/** The last so many bytes. */
function readSuffix(length: string, size: number): RangeAnswer {
  const wanted = length.length > DIGITS_MAX ? size : Number(length);
  if (wanted === 0 || size === 0) return UNSATISFIABLE;
  return { type: 'part', start: Math.max(0, size - wanted), end: size };
}
