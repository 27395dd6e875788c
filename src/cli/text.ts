/** Text for a terminal: what remotes named cannot steer it, and columns line up whatever the script. */

/**
 * Control characters (C0, DEL, C1), which may start an escape sequence; line and paragraph separators; and the marks
 * that turn the direction of text, which make one name look like another (Unicode TR36, section 2.3).
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
/** As above, but for what JSON itself escapes: inside a document only these are left. */
const UNPRINTABLE_IN_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** `text` on one line, with everything that could steer the terminal shown instead of done. */
export function printable(text: string): string {
  return text.toWellFormed().replace(UNPRINTABLE, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
  });
}

/** Of a text with several lines: each made printable. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** One line of JSON: the same data, without a character that could steer a terminal. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(
    UNPRINTABLE_IN_JSON,
    (character) => `\\u${hex(character.charCodeAt(0), 4)}`,
  );
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Emoji, flags, and the scripts that take two columns (Unicode TR11: Wide and Fullwidth). */
const WIDE =
  /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;
const ZERO = /^[\p{Mark}\u200b-\u200d]+$/u;
const PLAIN = /^[\x20-\x7e]*$/;

/** Columns of a terminal that `text` takes; it holds no control characters. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += columnsOf(segment);
  return width;
}

function columnsOf(grapheme: string): number {
  if (ZERO.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}

/** At most `columns` wide, the end replaced by `…` when it does not fit. */
export function shorten(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    const columnsMore = columnsOf(segment);
    if (width + columnsMore > columns - 1) break;
    kept += segment;
    width += columnsMore;
  }
  return `${kept}…`;
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)));
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - widthOf(text))) + text;
}
