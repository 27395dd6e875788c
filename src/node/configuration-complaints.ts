/** Compares a source of settings with the schema: one line for each value that does not fit, and where it stands. */
import type { TSchema } from 'typebox';
import Value from 'typebox/value';
import type { Layer } from './configuration-layer.ts';

export interface Complaints {
  readonly lines: readonly string[];
  /** Paths of the values complained of, dotted. */
  readonly paths: ReadonlySet<string>;
}

export function complaintsOf(schema: TSchema, layer: Layer): Complaints {
  const lines = new Map<string, string>();
  for (const { keyword, instancePath, params, message } of Value.Errors(schema, layer.values)) {
    const path = instancePath.split('/').slice(1).map(unescapePointer);
    // The schema `false` under an unknown key says what `additionalProperties` says above it.
    if (keyword === 'boolean') continue;
    if (keyword === 'additionalProperties') {
      for (const key of (params as { additionalProperties: readonly string[] }).additionalProperties) {
        const full = [...path, key];
        lines.set(full.join('.'), `${layer.where(full)}: ${full.join('.')} is not a setting`);
      }
      continue;
    }
    const expected = descriptionAt(schema, path);
    const allowed = (params as { allowedValues?: readonly unknown[] }).allowedValues;
    const hint = [expected, allowed?.join(', ')]
      .filter((text) => text !== undefined && text !== null)
      .join(': ');
    lines.set(
      path.join('.'),
      `${layer.where(path)}: ${path.join('.')} ${message}${hint === '' ? '' : ` (${hint})`}`,
    );
  }
  return { lines: [...lines.values()], paths: new Set(lines.keys()) };
}

function descriptionAt(schema: TSchema, path: readonly string[]): string | null {
  let at: unknown = schema;
  let description: string | null = null;
  for (const key of path) {
    const { properties, items } = at as { properties?: Record<string, unknown>; items?: unknown };
    at = properties?.[key] ?? items;
    if (at === undefined) return description;
    description = (at as { description?: string }).description ?? description;
  }
  return description;
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
