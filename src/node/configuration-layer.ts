/** A source of settings that is text: environment variables or flags. Text becomes values; the schema judges them. */
import { resolve } from 'node:path';

export interface Layer {
  readonly values: Readonly<Record<string, unknown>>;
  /** Where the value at a path stands: `anillo.yaml:12`, `ANILLO_PORT`, `--port`. */
  readonly where: (path: readonly string[]) => string;
}

/** How the text of a variable or a flag becomes a value. `folder`: relative to the working folder. */
type SettingKind = 'text' | 'folder' | 'integer' | 'list' | 'urls' | 'texts' | 'values' | 'switch';

interface Setting {
  readonly kind: SettingKind;
  /** Name in the environment, without `ANILLO_`. */
  readonly env: string;
  /** Name of the flag, without `--`. */
  readonly flag: string;
}

export type Settings = Readonly<Record<string, Setting>>;
export type FlagValue = string | boolean | readonly string[] | undefined;

export function readEnvironmentLayer(
  settings: Settings,
  env: Readonly<Record<string, string | undefined>>,
): Layer {
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(settings)) {
    const text = env[`ANILLO_${setting.env}`];
    if (text !== undefined && text !== '') values[key] = parseText(setting.kind, [text]);
  }
  return { values, where: ([key = '']) => `ANILLO_${settings[key]?.env ?? key}` };
}

export function readFlagLayer(settings: Settings, flags: Readonly<Record<string, FlagValue>>): Layer {
  const values: Record<string, unknown> = {};
  for (const [key, { kind }] of Object.entries(settings)) {
    const given = flags[key];
    if (typeof given === 'boolean') values[key] = given;
    else if (given !== undefined) values[key] = parseText(kind, typeof given === 'string' ? [given] : given);
  }
  return { values, where: ([key = '']) => `--${settings[key]?.flag ?? key}` };
}

/** Text that cannot be read as its kind stays text, so that the schema complains of it. */
function parseText(kind: SettingKind, texts: readonly string[]): unknown {
  const last = texts.at(-1) ?? '';
  const parts = texts
    .flatMap((text) => text.split(',').map((part) => part.trim()))
    .filter((part) => part !== '');
  switch (kind) {
    case 'text':
      return last;
    case 'folder':
      return last === '' ? last : resolve(last);
    case 'integer':
      return /^\d{1,15}$/.test(last) ? Number(last) : last;
    case 'switch':
      return parseSwitch(last);
    case 'list':
      return parts;
    case 'urls':
      return texts.flatMap((text) => text.split(/[\s,]+/)).filter((url) => url !== '');
    case 'texts':
      return parsePairs(parts, (text) => text);
    case 'values':
      return parsePairs(parts, parseValue);
  }
}

function parseValue(text: string): unknown {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  return parseSwitch(text);
}

function parseSwitch(text: string): boolean | string {
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  return /^(0|false|no|off)$/i.test(text) ? false : text;
}

/** `K=V`, several. */
function parsePairs(parts: readonly string[], parse: (text: string) => unknown): unknown {
  if (parts.some((part) => !part.includes('='))) return parts.join(',');
  return Object.fromEntries(
    parts.map((part) => {
      const split = part.indexOf('=');
      return [part.slice(0, split), parse(part.slice(split + 1))];
    }),
  );
}
