/** Values of named things, side by side: bars with their bounds, and a line where a demand stands. */
import { whisker } from './line-plot.ts';
import { numberText } from './number-text.ts';
import { across, PlotFrame, round } from './plot-frame.ts';
import { linearScale } from './scale.ts';

interface Bar {
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
  /** The most that is allowed. */
  readonly demand?: number;
}

export interface BarPlot {
  readonly title: string;
  readonly caption: string;
  readonly y: { readonly label: string };
  readonly below: string;
  readonly groups: readonly string[];
  /** One bar of each series in every group; null where it has none. */
  readonly series: readonly { readonly name: string; readonly bars: readonly (Bar | null)[] }[];
}

const GROUP_FILL = 0.7;

export function barPlot({ title, caption, y, below, groups, series }: BarPlot): string {
  const all = series.flatMap(({ bars }) => bars).filter((bar) => bar !== null);
  if (all.length === 0) throw new Error(`nothing to show in ${title}`);
  const tops = all.flatMap(({ value, high, demand }) => [value, high ?? value, demand ?? value]);
  const scale = linearScale(0, Math.max(...tops.filter(Number.isFinite)));
  const hasDemand = all.some(({ demand }) => demand !== undefined);
  const legend = [
    ...series.map(({ name }, colour) => ({ name, colour, kind: 'measured' as const })),
    ...(hasDemand ? [{ name: 'at most, by the demand', colour: 5, kind: 'demand' as const }] : []),
  ];
  const marks = groups.map((text, i) => ({ at: (i + 0.5) / groups.length, text }));
  const axis = { label: y.label, scale, text: numberText };
  const frame = new PlotFrame({ title, caption, legend, y: axis, below: { label: below, marks } });
  const width = GROUP_FILL / groups.length / series.length;
  const inside = series.flatMap(({ bars }, colour) =>
    bars.flatMap((bar, group) => {
      if (bar === null) return [];
      const left = (group + (1 - GROUP_FILL) / 2) / groups.length + colour * width;
      return drawn(bar, colour, across(left), across(left + width * 0.92), (value) =>
        frame.up(scale.place(value)),
      );
    }),
  );
  return frame.svg(inside);
}

function drawn(
  { value, low, high, demand }: Bar,
  colour: number,
  left: number,
  right: number,
  up: (value: number) => number,
): string[] {
  const [top, ground] = [up(value), up(0)];
  const parts = [
    `<rect class="mark c${colour}" x="${left}" y="${top}" width="${round(right - left)}" height="${round(ground - top)}"/>`,
  ];
  if (low !== undefined && high !== undefined && Number.isFinite(low))
    parts.push(whisker(round((left + right) / 2), up(Math.max(0, low)), up(high)));
  if (demand !== undefined)
    parts.push(`<path class="line c5 demand" d="M${left - 4} ${up(demand)}H${right + 4}"/>`);
  return parts;
}
