/**
 * A file's name: its path inside the shared folder, `/` between components, in NFC (contract, "Names and files").
 * Everything that comes from outside passes here before it is joined to a path on disk.
 */
import { Problem } from '../problems/problem.ts';
import type { ReasonCode } from '../problems/reasons.ts';

/** What the usual file systems take for one component. */
const COMPONENT_BYTES_MAX = 255;
/** `PATH_MAX` of Linux. */
const PATH_BYTES_MAX = 4096;

/** A name is decoded once by its route; one that would escape after this many more decodings is refused as well. */
const DECODINGS_CHECKED = 3;

/** Names shown in a failure are cut here: they come from strangers. */
const SHOWN_CHARACTERS = 200;

/**
 * The canonical form of a name: NFC, no empty, `.`, `..` or hidden component, no control character, not absolute.
 * A backslash is an ordinary character. Percent-decoding is the caller's.
 * @throws Problem `bad_name`
 */
export function checkName(raw: string): string {
  const reason = nameFault(raw);
  if (reason !== null) throw new Problem('bad_name', { name: shown(raw), reason });
  return raw.normalize('NFC');
}

/** Why `raw` is not a name, or null. */
export function nameFault(raw: string): ReasonCode | null {
  if (!raw.isWellFormed()) return 'name.unicode';
  const name = raw.normalize('NFC');
  if (name === '') return 'name.empty';
  if (name.startsWith('/')) return 'name.absolute';
  if (Buffer.byteLength(name) > PATH_BYTES_MAX) return 'name.long';
  if (hasControlCharacter(name)) return 'name.control';
  for (const component of name.split('/')) {
    const fault = componentFault(component);
    if (fault !== null) return fault;
  }
  return escapesWhenDecoded(name) ? 'name.escapes' : null;
}

/** Hidden names are never listed; `.anillo`, where the library keeps its own files, is one of them. */
export function isHidden(component: string): boolean {
  return component.startsWith('.');
}

function componentFault(component: string): ReasonCode | null {
  if (component === '') return 'name.empty-component';
  if (component === '.' || component === '..') return 'name.escapes';
  if (isHidden(component)) return 'name.hidden';
  if (Buffer.byteLength(component) > COMPONENT_BYTES_MAX) {
    return 'name.component-long';
  }
  return null;
}

function hasControlCharacter(name: string): boolean {
  for (let index = 0; index < name.length; index += 1) {
    const code = name.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

/** Whether a careless reader further on, who decodes `%2e%2e%2f` again, would be led out of the folder. */
function escapesWhenDecoded(name: string): boolean {
  let decoded = name;
  for (let round = 0; round < DECODINGS_CHECKED; round += 1) {
    const next = decoded.replace(/%(2e|2f|5c|00|25)/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (next === decoded) return false;
    decoded = next;
    if (decoded.startsWith('/') || decoded.includes('\0')) return true;
    if (decoded.split(/[/\\]/).some((component) => component === '..')) return true;
  }
  return false;
}

function shown(raw: string): string {
  const text = raw.toWellFormed();
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
