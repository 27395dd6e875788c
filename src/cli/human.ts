/** Sizes, ages and rates as people read and write them. */
import type { Language } from '../problems/problem.ts';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `1.4 GiB`; whole bytes below 1 KiB. */
export function humanSize(bytes: number, language: Language): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${formatNumber(value, digits, language)} ${UNITS[unit]}`;
}

export function formatNumber(value: number, digits: number, language: Language): string {
  return new Intl.NumberFormat(language, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}

/** `98 %`, or `–` for null. @param share 0 to 1 */
export function humanShare(share: number | null, language: Language): string {
  // Down, so that 100 % means always.
  return share === null
    ? '–'
    : `${formatNumber(Math.floor(share * 1000) / 10, share === 1 ? 0 : 1, language)} %`;
}

/** `42 s`, `3:05`, `1:02:09`. */
export function humanDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const two = (part: number): string => String(part).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** Milliseconds of something short: `0.4 ms`, `12 ms`. */
export function humanMilliseconds(ms: number, language: Language): string {
  return `${formatNumber(ms, ms < 10 ? 1 : 0, language)} ms`;
}

const AGES: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** How long ago, or how far ahead: `3 min. ago`. @param atMs and @param nowMs Unix milliseconds */
export function humanAge(atMs: number, nowMs: number, language: Language): string {
  const seconds = Math.round((atMs - nowMs) / 1000);
  const [unit, length] = AGES.find(([, size]) => Math.abs(seconds) >= size) ?? (['second', 1] as const);
  return new Intl.RelativeTimeFormat(language, { style: 'short' }).format(Math.trunc(seconds / length), unit);
}

/** Bytes a second from `500k`, `2M`, `1.5MiB`, `800`; units of 1024. Null when it is not a rate. */
export function parseRate(text: string): number | null {
  const match = /^(\d+(?:[.,]\d+)?)\s*([kmgt]?)(?:i?b)?(?:\/s)?$/i.exec(text.trim());
  if (match === null) return null;
  const [, digits = '', unit = ''] = match;
  const power = ' kmgt'.indexOf(unit.toLowerCase() || ' ');
  const rate = Number(digits.replace(',', '.')) * 1024 ** power;
  return Number.isFinite(rate) && rate >= 1 ? rate : null;
}
