/** Values against a number: lines, with their bounds as bands, on straight or logarithmic axes. */
import { numberText } from './number-text.ts';
import { type Axis, across, type Kind, PlotFrame, round } from './plot-frame.ts';
import { linearScale, logScale, type Scale } from './scale.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
  /** Bounds of y. */
  readonly low?: number;
  readonly high?: number;
}

interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  readonly kind?: Kind;
  /** Small discs where the points are, with their bounds as whiskers: for few of them. */
  readonly marked?: boolean;
}

interface AxisChoice {
  readonly label: string;
  readonly log?: boolean;
  /** Where the axis must reach at least. */
  readonly from?: number;
  readonly to?: number;
  readonly text?: (value: number) => string;
}

export interface LinePlot {
  readonly title: string;
  /** Seeds, sizes of samples, what the bands are. */
  readonly caption: string;
  readonly x: AxisChoice;
  readonly y: AxisChoice;
  readonly series: readonly Series[];
}

export function linePlot({ title, caption, x, y, series }: LinePlot): string {
  const points = series.flatMap((each) => each.points);
  const xAxis = axisOf(
    x,
    points.map((point) => point.x),
  );
  const yAxis = axisOf(
    y,
    points.flatMap((point) => [point.y, point.low ?? point.y, point.high ?? point.y]),
  );
  const marks = xAxis.scale.ticks.map((value) => ({ at: xAxis.scale.place(value), text: xAxis.text(value) }));
  const legend = series.map(({ name, kind = 'measured' }, colour) => ({ name, colour, kind }));
  const frame = new PlotFrame({ title, caption, legend, y: yAxis, below: { label: xAxis.label, marks } });
  const at = (value: number): number => across(xAxis.scale.place(value));
  const up = (value: number): number => frame.up(clamped(yAxis.scale, value));
  return frame.svg(series.flatMap((each, colour) => drawn(each, colour, at, up)));
}

type Place = (value: number) => number;

function drawn(
  { points, kind = 'measured', marked }: Series,
  colour: number,
  at: Place,
  up: Place,
): string[] {
  const banded = points.filter(({ low, high }) => Number.isFinite(low) && Number.isFinite(high));
  const parts: string[] = [];
  if (banded.length > 1 && !marked) {
    const over = banded.map(({ x, high }) => `${at(x)},${up(high as number)}`);
    const under = banded.map(({ x, low }) => `${at(x)},${up(low as number)}`).reverse();
    parts.push(`<polygon class="band c${colour}" points="${[...over, ...under].join(' ')}"/>`);
  }
  const path = points.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${at(x)} ${up(y)}`).join('');
  parts.push(`<path class="line c${colour} ${kind}" d="${path}"/>`);
  if (!marked) return parts;
  for (const { x, y, low, high } of points) {
    if (low !== undefined && high !== undefined && Number.isFinite(low) && Number.isFinite(high))
      parts.push(whisker(at(x), up(low), up(high), `c${colour}`));
    parts.push(`<circle class="mark c${colour}" cx="${at(x)}" cy="${up(y)}" r="3.5"/>`);
  }
  return parts;
}

export function whisker(x: number, low: number, high: number, style = ''): string {
  const [left, right] = [round(x - 4), round(x + 4)];
  const classes = style === '' ? 'bound' : `bound ${style}`;
  return `<path class="${classes}" d="M${left} ${low}H${right}M${x} ${low}V${high}M${left} ${high}H${right}"/>`;
}

function axisOf({ label, log = false, from, to, text = numberText }: AxisChoice, values: number[]): Axis {
  const finite = values.filter((value) => Number.isFinite(value) && (!log || value > 0));
  const low = Math.min(from ?? Number.POSITIVE_INFINITY, ...finite);
  const high = Math.max(to ?? Number.NEGATIVE_INFINITY, ...finite);
  if (low > high) throw new Error(`nothing to show along ${label}`);
  return { label, scale: log ? logScale(low, high) : linearScale(low, high), text };
}

/** What lies outside, such as 0 on a logarithmic axis, stands at the edge. */
function clamped(scale: Scale, value: number): number {
  const place = scale.place(value);
  return Number.isNaN(place) ? 0 : Math.min(1, Math.max(0, place));
}
