/** Figures as a person reads them: three digits that count, groups of three, small shares as powers of ten. */

export function numberText(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value < 0) return `−${numberText(-value)}`;
  if (value === 0) return '0';
  if (value < 0.001) return powerText(value);
  if (value >= 1_000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(value >= 100 ? 4 : 3)));
}

/** A share near 1 keeps the digits that tell it from 1; others are percentages or powers of ten. */
export function shareText(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (value > 0 && value < 0.001) return powerText(value);
  const percent = 100 * value;
  if (percent > 99 && percent < 100) return `${floorTo(percent, 4)} %`;
  return `${Number(percent.toPrecision(3))} %`;
}

/** Never rounds up to a whole: 99.99999 is not 100. */
function floorTo(value: number, digits: number): number {
  return Math.floor(value * 10 ** digits + 1e-6) / 10 ** digits;
}

function powerText(value: number): string {
  const [front = '', power = ''] = value.toExponential(1).split('e');
  return Number(front) === 1 ? `10${raised(Number(power))}` : `${Number(front)}·10${raised(Number(power))}`;
}

function raised(power: number): string {
  return String(power).replace(/[-\d]/g, (digit) =>
    digit === '-' ? '⁻' : ('⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)] ?? ''),
  );
}
