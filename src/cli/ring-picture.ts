/** The ring as text: a circle where there is room, and the members in order with their successors. */
import type { RingMember } from '../client/schemas/shared.ts';
import type { Say } from './language.ts';
import { padEnd, printable, shorten, widthOf } from './text.ts';

/** What the picture is drawn with; ASCII where the locale has nothing better. */
export interface Pens {
  readonly active: string;
  readonly suspect: string;
  readonly inactive: string;
  readonly dot: string;
  readonly down: string;
  readonly top: string;
  readonly side: string;
  readonly bottom: string;
  readonly arrow: string;
}

export const UNICODE_PENS: Pens = {
  active: '●',
  suspect: '◐',
  inactive: '○',
  dot: '·',
  down: '↓',
  top: '╭▶',
  side: '│ ',
  bottom: '╰─',
  arrow: '→',
};

export const ASCII_PENS: Pens = {
  active: '*',
  suspect: '?',
  inactive: 'o',
  dot: '.',
  down: '|',
  top: ',>',
  side: '| ',
  bottom: "'-",
  arrow: '->',
};

const CIRCLE_MEMBERS_MAX = 12;
const CIRCLE_COLUMNS_MIN = 60;
const LABEL_COLUMNS_MAX = 24;
const ID_DIGITS = 8;

/** UTF-8 is what POSIX' locale variables say it is. */
export function pensFor(environment: NodeJS.ProcessEnv): Pens {
  const locale = environment.LC_ALL || environment.LC_CTYPE || environment.LANG || '';
  return /utf-?8/i.test(locale) ? UNICODE_PENS : ASCII_PENS;
}

/** @param columns that may be used */
export function drawRing(
  members: readonly RingMember[],
  say: Say,
  pens: Pens,
  columns: number,
): readonly string[] {
  const circle =
    members.length >= 2 && members.length <= CIRCLE_MEMBERS_MAX && columns >= CIRCLE_COLUMNS_MIN
      ? [...drawCircle(members, pens), '']
      : [];
  return [...circle, ...drawOrder(members, say, pens)];
}

/** Members evenly around an ellipse, clockwise from the top: identifiers grow clockwise. */
function drawCircle(members: readonly RingMember[], pens: Pens): readonly string[] {
  const radiusY = Math.max(4, Math.ceil(members.length * 0.6));
  const radiusX = radiusY * 2;
  const centerX = LABEL_COLUMNS_MAX + 2 + radiusX;
  const rows = Array.from({ length: 2 * radiusY + 1 }, () =>
    new Array<string>(centerX + radiusX + 3).fill(' '),
  );
  const put = (angle: number, mark: string): { x: number; y: number } => {
    const x = Math.round(centerX + radiusX * Math.sin(angle));
    const y = Math.round(radiusY - radiusY * Math.cos(angle));
    const row = rows[y];
    if (row !== undefined) row[x] = mark;
    return { x, y };
  };
  const dots = radiusY * 8;
  for (let dot = 0; dot < dots; dot += 1) put((dot * 2 * Math.PI) / dots, pens.dot);
  const right = new Map<number, string>();
  const left = new Map<number, string>();
  members.forEach((member, index) => {
    const angle = (index * 2 * Math.PI) / members.length;
    const { y } = put(angle, pens[member.state]);
    const label = shorten(labelOf(member), LABEL_COLUMNS_MAX);
    // Labels stand outside: those of the upper and lower ends on the right.
    (Math.sin(angle) < -0.01 ? left : right).set(y, label);
  });
  return rows.map((row, y) => withLabels(row.join(''), left.get(y) ?? '', right.get(y) ?? ''));
}

function withLabels(row: string, left: string, right: string): string {
  const start = row.search(/\S/);
  const shown =
    left === '' ? row : `${' '.repeat(Math.max(0, start - 1 - widthOf(left)))}${left} ${row.slice(start)}`;
  return right === '' ? shown.trimEnd() : `${shown.trimEnd()} ${right}`;
}

function drawOrder(members: readonly RingMember[], say: Say, pens: Pens): readonly string[] {
  const addresses = members.map((member) => printable(member.address));
  const widest = addresses.reduce((width, address) => Math.max(width, widthOf(address)), 0);
  const alive = new Set(members.filter((member) => member.state !== 'inactive').map((member) => member.id));
  return members.map((member, index) => {
    const edge = index === 0 ? pens.top : index === members.length - 1 ? pens.bottom : pens.side;
    const parts = [
      edge,
      pens[member.state],
      member.id.slice(0, ID_DIGITS),
      padEnd(addresses[index] ?? '', widest),
      padEnd(say(`state.${member.state}`), 9),
      `${pens.arrow} ${successorsText(member, alive, say)}`,
    ];
    return parts.join(' ').trimEnd();
  });
}

/** A successor that is away stands in brackets. */
function successorsText(member: RingMember, alive: ReadonlySet<string>, say: Say): string {
  if (member.successors.length === 0) return say('ring.no-successors');
  return member.successors
    .map((id) => (alive.has(id) ? id.slice(0, ID_DIGITS) : `(${id.slice(0, ID_DIGITS)})`))
    .join(' ');
}

function labelOf(member: RingMember): string {
  return `${member.id.slice(0, ID_DIGITS)} ${printable(member.address)}`;
}
