/** Compares a source of settings with the schema: one complaint for each value that does not fit, and where it stands. */
import type { TSchema } from 'typebox';
import Value from 'typebox/value';
import type { Complaint } from '../problems/problem.ts';
import type { ReasonCode } from '../problems/reasons.ts';
import type { Layer } from './configuration-layer.ts';

export interface Complaints {
  readonly list: readonly Complaint[];
  /** Paths of the values complained of, dotted. */
  readonly paths: ReadonlySet<string>;
}

/** What a schema says that a complaint tells. */
interface Rule {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Rule>>;
  readonly patternProperties?: Readonly<Record<string, Rule>>;
  readonly items?: Rule;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
}

export function complaintsOf(schema: TSchema, layer: Layer): Complaints {
  const found = new Map<string, Complaint>();
  const complain = (path: readonly string[], complaint: ReturnType<typeof complaintOf>): void => {
    const setting = path.join('.');
    found.set(setting, { where: layer.where(path), setting, ...complaint });
  };
  for (const { keyword, instancePath, params } of Value.Errors(schema, layer.values)) {
    const path = instancePath.split('/').slice(1).map(unescapePointer);
    // The schema `false` under an unknown key says what `additionalProperties` says above it.
    if (keyword === 'boolean') continue;
    if (keyword === 'additionalProperties') {
      const { additionalProperties } = params as { additionalProperties: readonly string[] };
      for (const key of additionalProperties) complain([...path, key], { reason: 'config.unknown' });
    } else complain(path, complaintOf(ruleAt(schema as Rule, path)));
  }
  return { list: [...found.values()], paths: new Set(found.keys()) };
}

/** What the value should have been, whichever part of the rule it broke. */
function complaintOf(rule: Rule): {
  readonly reason: ReasonCode;
  readonly [detail: string]: string | number;
} {
  const [example] = rule.examples ?? [];
  if (rule.enum !== undefined) return { reason: 'config.one-of', allowed: rule.enum.join(', ') };
  if (example !== undefined) return { reason: 'config.like', example: String(example) };
  switch (rule.type) {
    case 'integer':
      return { reason: 'config.integer', min: rule.minimum ?? 0, max: rule.maximum ?? 0 };
    case 'boolean':
      return { reason: 'config.switch' };
    case 'array':
      return { reason: 'config.list', min: rule.minItems ?? 0, max: rule.maxItems ?? '∞' };
    case 'object':
      return {
        reason: 'config.mapping',
        max: rule.maxProperties ?? Object.keys(rule.properties ?? {}).length,
      };
    default:
      return { reason: 'config.text', min: rule.minLength ?? 0, max: rule.maxLength ?? '∞' };
  }
}

function ruleAt(schema: Rule, path: readonly string[]): Rule {
  let at = schema;
  for (const key of path) {
    const [ofPattern] = Object.values(at.patternProperties ?? {});
    at = at.properties?.[key] ?? at.items ?? ofPattern ?? at;
  }
  return at;
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
