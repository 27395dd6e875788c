/** Lines up columns; on a terminal the table fits its width, elsewhere nothing is cut. */
import { padEnd, padStart, shorten, widthOf } from './text.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Gives way, before others, when the terminal is narrow. */
  readonly shrinks?: boolean;
}

const GAP = '  ';
const SHRUNK_MIN = 8;

/** @param rows printable cells, as many as columns @param columnsMax of the terminal, or null: as wide as it needs */
export function layOut(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  columnsMax: number | null,
): readonly string[] {
  const titles = columns.map(({ title }) => title);
  const natural = columns.map((_, index) =>
    [titles, ...rows].reduce((widest, row) => Math.max(widest, widthOf(row[index] ?? '')), 0),
  );
  const widths = columnsMax === null ? natural : fit(columns, natural, columnsMax);
  return [titles, ...rows].map((row) => lineOf(columns, row, widths));
}

function lineOf(columns: readonly Column[], row: readonly string[], widths: readonly number[]): string {
  const cells = columns.map(({ align }, index) => {
    const width = widths[index] ?? 0;
    const cell = shorten(row[index] ?? '', Math.max(1, width));
    return align === 'right' ? padStart(cell, width) : padEnd(cell, width);
  });
  return cells.join(GAP).trimEnd();
}

function fit(columns: readonly Column[], natural: readonly number[], columnsMax: number): readonly number[] {
  const widths = [...natural];
  const tooWide = (): number =>
    widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1)) - columnsMax;
  const shrinking = columns.flatMap(({ shrinks }, index) => (shrinks ? [index] : []));
  // The widest first, down to the next, until all fit or none gives way any more.
  while (tooWide() > 0) {
    const widest = shrinking.reduce<number>(
      (best, index) => ((widths[index] ?? 0) > (widths[best] ?? 0) ? index : best),
      shrinking[0] ?? 0,
    );
    const width = widths[widest] ?? 0;
    if (shrinking.length === 0 || width <= SHRUNK_MIN) break;
    const next = Math.max(SHRUNK_MIN, ...shrinking.filter((i) => i !== widest).map((i) => widths[i] ?? 0));
    widths[widest] = Math.max(
      SHRUNK_MIN,
      width - Math.max(1, Math.min(tooWide(), width - Math.min(next, width - 1))),
    );
  }
  return widths;
}
