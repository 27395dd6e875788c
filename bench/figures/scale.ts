/** From values to places along an axis, straight or logarithmic, with the values at which a reader wants a mark. */

export interface Scale {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
  /** 0 at `from`, 1 at `to`. */
  place(value: number): number;
}

const STEPS = [1, 2, 2.5, 5, 10];

/** Whole steps of 1, 2, 2.5 or 5 times a power of ten, about `marks` of them, around all the values. */
export function linearScale(low: number, high: number, marks = 6): Scale {
  const span = high > low ? high - low : Math.max(1, Math.abs(high));
  const raw = span / marks;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = (STEPS.find((each) => each * power >= raw * 0.999) ?? 10) * power;
  const from = Math.floor(low / step + 1e-9) * step;
  const to = Math.max(from + step, Math.ceil(high / step - 1e-9) * step);
  const count = Math.round((to - from) / step);
  const ticks = Array.from({ length: count + 1 }, (_, i) => Number((from + i * step).toPrecision(12)));
  return { from, to, ticks, place: (value) => (value - from) / (to - from) };
}

/** Marks at powers of ten, and where these are few at 2 and 5 between them. Values must be above 0. */
export function logScale(low: number, high: number): Scale {
  if (!(low > 0)) throw new Error(`a logarithmic axis cannot show ${low}`);
  const [from, to] = high > low ? [low, high] : [low / 2, low * 2];
  const decades = Math.log10(to) - Math.log10(from);
  const factors = decades > 3 ? [1] : decades > 1 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 7];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power++) {
    for (const factor of factors) {
      const value = Number((factor * 10 ** power).toPrecision(12));
      if (value >= from * 0.999 && value <= to * 1.001) ticks.push(value);
    }
  }
  const span = Math.log(to / from);
  return { from, to, ticks, place: (value) => Math.log(value / from) / span };
}
