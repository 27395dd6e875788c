/**
 * What every plot has: its own ground, title, legend, two labelled axes and a caption, in colours for light and for dark.
 * The ground is painted, so that the picture reads on any page, also where the page's colours are not the system's.
 */
import type { Scale } from './scale.ts';

export interface Axis {
  /** With its unit. */
  readonly label: string;
  readonly scale: Scale;
  readonly text: (value: number) => string;
}

/** How a series is drawn: what was measured in full lines, what was computed in dashes, what is demanded in dots. */
export type Kind = 'measured' | 'theory' | 'demand';

export interface LegendEntry {
  readonly name: string;
  /** Index of its colour. */
  readonly colour: number;
  readonly kind: Kind;
}

interface Frame {
  readonly title: string;
  readonly caption: string;
  readonly legend: readonly LegendEntry[];
  readonly y: Axis;
  /** Marks and label below. */
  readonly below: { readonly label: string; readonly marks: readonly { at: number; text: string }[] };
}

const WIDTH = 760;
const PLOT = { left: 74, right: WIDTH - 24, height: 300 };
const LINE_HEIGHT = 17;
const TITLE_AT = 28;
const LEGEND_AT = 50;
/** Of the mean letter at 12 pixels: nothing here measures text. */
const LETTER = 6.3;

/** Colours that people with any colour vision tell apart (Okabe and Ito 2008), darker on light and lighter on dark ground. */
const LIGHT = ['#0060a8', '#b34700', '#007a55', '#8b3f85', '#6b6b00', '#555555'];
const DARK = ['#6cb8ff', '#ff9d5c', '#3fd0a0', '#e39be0', '#d6d65c', '#b0b0b0'];

const STYLE = `
text { font-family: system-ui, -apple-system, "Segoe UI", sans-serif; font-size: 12px; }
.title { font-size: 15px; font-weight: 600; }
.grid, .axis { stroke-width: 1; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.theory { stroke-dasharray: 7 4; stroke-width: 1.5; }
.demand { stroke-dasharray: 2 3; stroke-width: 1.5; }
.band { opacity: 0.18; }
.bound { stroke-width: 1.2; fill: none; }
${rules(LIGHT, { ink: '#1f2328', soft: '#59636e', ground: '#ffffff', grid: '#e4e7eb' })}
@media (prefers-color-scheme: dark) {
${rules(DARK, { ink: '#f0f6fc', soft: '#a3adb8', ground: '#0d1117', grid: '#2a313a' })}
}`;

/** Where a value of 0 to 1 stands, in pixels. */
export function across(place: number): number {
  return round(PLOT.left + place * (PLOT.right - PLOT.left));
}

export class PlotFrame {
  readonly #frame: Frame;
  readonly #legendRows: LegendEntry[][];
  readonly #top: number;

  constructor(frame: Frame) {
    this.#frame = frame;
    this.#legendRows = rowsOf(frame.legend);
    this.#top = LEGEND_AT + this.#legendRows.length * LINE_HEIGHT + 8;
  }

  up(place: number): number {
    return round(this.#top + (1 - place) * PLOT.height);
  }

  /** The whole picture around what was drawn inside. */
  svg(inside: readonly string[]): string {
    const { title, caption, below } = this.#frame;
    const bottom = this.#top + PLOT.height;
    const lines = wrapped(caption, Math.floor((WIDTH - 48) / LETTER));
    const height = bottom + 50 + lines.length * LINE_HEIGHT + 10;
    const captionLines = lines.map((line, i) => text(24, bottom + 62 + i * LINE_HEIGHT, line, 'soft'));
    return `${[
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title caption">`,
      `<title id="title">${escaped(title)}</title>`,
      `<desc id="caption">${escaped(caption)}</desc>`,
      `<style>${STYLE}</style>`,
      `<rect class="ground" width="${WIDTH}" height="${height}" rx="6"/>`,
      text(24, TITLE_AT, title, 'title'),
      ...this.#legend(),
      ...this.#left(),
      ...below.marks.map(({ at, text: mark }) => text(across(at), bottom + 18, mark, '', 'middle')),
      text(across(0.5), bottom + 38, below.label, 'soft', 'middle'),
      ...inside,
      `<line class="axis" x1="${PLOT.left}" y1="${bottom}" x2="${PLOT.right}" y2="${bottom}"/>`,
      ...captionLines,
      '</svg>',
    ].join('\n')}\n`;
  }

  #left(): string[] {
    const { label, scale, text: write } = this.#frame.y;
    const marks = scale.ticks.flatMap((value) => {
      const y = this.up(scale.place(value));
      return [
        `<line class="grid" x1="${PLOT.left}" y1="${y}" x2="${PLOT.right}" y2="${y}"/>`,
        text(PLOT.left - 8, y + 4, write(value), '', 'end'),
      ];
    });
    const middle = this.up(0.5);
    return [
      ...marks,
      `<text class="soft" text-anchor="middle" transform="translate(18 ${middle}) rotate(-90)">${escaped(label)}</text>`,
    ];
  }

  #legend(): string[] {
    return this.#legendRows.flatMap((row, rowIndex) => {
      const y = LEGEND_AT + rowIndex * LINE_HEIGHT;
      let x = 24;
      return row.flatMap(({ name, colour, kind }) => {
        const at = x;
        x += widthOf(name);
        return [
          `<line class="line c${colour} ${kind}" x1="${at}" y1="${y}" x2="${at + 24}" y2="${y}"/>`,
          text(at + 30, y + 4, name),
        ];
      });
    });
  }
}

export function text(x: number, y: number, content: string, style = '', anchor = 'start'): string {
  const attributes = `${style === '' ? '' : ` class="${style}"`}${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}`;
  return `<text x="${x}" y="${y}"${attributes}>${escaped(content)}</text>`;
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

interface Tones {
  readonly ink: string;
  readonly soft: string;
  readonly ground: string;
  readonly grid: string;
}

/** Written out, without variables: not everything that shows pictures knows those. */
function rules(colours: readonly string[], { ink, soft, ground, grid }: Tones): string {
  return [
    `text { fill: ${ink}; } .soft { fill: ${soft}; } .ground { fill: ${ground}; }`,
    `.grid { stroke: ${grid}; } .axis { stroke: ${soft}; } .bound { stroke: ${ink}; }`,
    ...colours.map(
      (colour, i) =>
        `.line.c${i}, .bound.c${i} { stroke: ${colour}; } .band.c${i}, .mark.c${i} { fill: ${colour}; }`,
    ),
  ].join('\n');
}

function widthOf(name: string): number {
  return round(30 + name.length * LETTER + 22);
}

function rowsOf(legend: readonly LegendEntry[]): LegendEntry[][] {
  const rows: LegendEntry[][] = [];
  let left = 0;
  for (const entry of legend) {
    const width = widthOf(entry.name);
    const row = rows.at(-1);
    if (row === undefined || left < width) {
      rows.push([entry]);
      left = WIDTH - 48 - width;
    } else {
      row.push(entry);
      left -= width;
    }
  }
  return rows;
}

function wrapped(content: string, letters: number): string[] {
  const lines: string[] = [];
  for (const word of content.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > letters) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
