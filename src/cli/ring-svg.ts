/** The ring as one SVG file that needs nothing else and is readable on light and on dark. */
import type { RingMember } from '../client/schemas/shared.ts';
import type { Say } from './language.ts';
import { printable } from './text.ts';

const RADIUS = 220;
const MARGIN = 190;
const NODE_RADIUS = 9;
/** Beyond this the labels would cover one another. */
const LABELS_MAX = 64;
/** Around the circle, a node's share of it, in pixels. */
const ARC_PER_NODE = 26;

const STYLE = `
  svg { background: #ffffff; color: #1c2733; font: 13px ui-sans-serif, system-ui, sans-serif; }
  .ring { fill: none; stroke: #9aa7b4; stroke-width: 2; }
  .successor { fill: none; stroke: #2f6fb0; stroke-width: 2; marker-end: url(#tip); }
  .tip { fill: #2f6fb0; }
  .active { fill: #1f8f4e; }
  .suspect { fill: #c98a00; }
  .inactive { fill: #ffffff; stroke: #c0392b; stroke-width: 3; stroke-dasharray: 4 3; }
  text { fill: currentColor; }
  .id { font-family: ui-monospace, monospace; }
  @media (prefers-color-scheme: dark) {
    svg { background: #12181f; color: #e3e9ef; }
    .ring { stroke: #4d5b69; }
    .successor { stroke: #6fb1f0; }
    .tip { fill: #6fb1f0; }
    .active { fill: #3fcf7f; }
    .suspect { fill: #f0b429; }
    .inactive { fill: #12181f; stroke: #ff7b6b; }
  }
`;

interface Point {
  readonly x: number;
  readonly y: number;
}

export function ringSvg(members: readonly RingMember[], say: Say): string {
  const radius = Math.max(RADIUS, Math.round((members.length * ARC_PER_NODE) / (2 * Math.PI)));
  const size = 2 * (radius + MARGIN);
  const center = size / 2;
  const place = (index: number, distance: number): Point => {
    const angle = (index * 2 * Math.PI) / Math.max(1, members.length);
    return { x: round(center + distance * Math.sin(angle)), y: round(center - distance * Math.cos(angle)) };
  };
  const title = say('ring.title', { n: members.length });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" width="${size}" height="${size}" role="img" aria-labelledby="title">`,
    `<title id="title">${escapeXml(title)}</title>`,
    `<style>${STYLE}</style>`,
    '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0 0 10 5 0 10z"/></marker></defs>',
    `<circle class="ring" cx="${center}" cy="${center}" r="${radius}"/>`,
    ...members.map((member, index) => successorArrow(members, member, index, place, radius)),
    ...members.map((member, index) => nodeMark(member, say, place(index, radius))),
    ...(members.length <= LABELS_MAX
      ? members.map((member, index) => label(member, place(index, radius + 18), center))
      : []),
    `<text x="${center}" y="${center}" text-anchor="middle">${escapeXml(title)}</text>`,
    '</svg>',
    '',
  ].join('\n');
}

/** From a node to its first successor, bent inwards; nothing where the ring does not know it. */
function successorArrow(
  members: readonly RingMember[],
  member: RingMember,
  index: number,
  place: (index: number, distance: number) => Point,
  radius: number,
): string {
  const next = members.findIndex(({ id }) => id === member.successors[0]);
  if (next === -1 || next === index) return '';
  const from = place(index, radius - NODE_RADIUS - 4);
  const to = place(next, radius - NODE_RADIUS - 4);
  const span = (next - index + members.length) % members.length;
  const middle = place(index + span / 2, radius * (span > members.length / 2 ? 0.2 : 0.75));
  return `<path class="successor" d="M${from.x} ${from.y} Q${middle.x} ${middle.y} ${to.x} ${to.y}"/>`;
}

function nodeMark(member: RingMember, say: Say, { x, y }: Point): string {
  const words = `${member.id} ${printable(member.address)} ${say(`state.${member.state}`)}`;
  return `<circle class="${member.state}" cx="${x}" cy="${y}" r="${NODE_RADIUS}"><title>${escapeXml(words)}</title></circle>`;
}

function label(member: RingMember, { x, y }: Point, center: number): string {
  const anchor = Math.abs(x - center) < 20 ? 'middle' : x > center ? 'start' : 'end';
  const down = Math.abs(x - center) < 20 && y < center ? -14 : 0;
  return `<text x="${x}" y="${round(y + down)}" text-anchor="${anchor}"><tspan class="id">${member.id.slice(0, 8)}</tspan><tspan x="${x}" dy="1.2em">${escapeXml(printable(member.address))}</tspan></text>`;
}

function escapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? '');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
