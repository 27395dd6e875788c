/**
 * Puts the sources of settings over one another, for one section of the configuration. Every source is judged in full,
 * whichever section is asked for, so that each command complains of the same.
 */
import { dirname, resolve } from 'node:path';
import type { Complaint } from '../problems/problem.ts';
import { complaintsOf } from './configuration-complaints.ts';
import { isMapping, readFileLayer, usualFile } from './configuration-file.ts';
import { type FlagValue, type Layer, readEnvironmentLayer, readFlagLayer } from './configuration-layer.ts';
import { ConfigurationFile } from './configuration-schema.ts';
import { SECTIONS, type Section, type SectionName } from './known-settings.ts';

export interface ConfigurationSources {
  /** `--config`; without it `ANILLO_CONFIG`, else `anillo.yaml` of the working folder where there is one. */
  readonly file?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export class SettingsRead {
  /** What fits the schema, from the source of highest precedence that gives it. */
  readonly values: Record<string, unknown> = {};
  /** The same with what does not fit. */
  readonly given: Record<string, unknown> = {};
  readonly complaints: Complaint[] = [];
  readonly #places: Record<string, string> = {};

  /** @param path of a key of this section in the layer */
  take(
    values: Readonly<Record<string, unknown>>,
    layer: Layer,
    judged: ReadonlySet<string>,
    path: (key: string) => readonly string[],
  ): void {
    for (const [key, value] of Object.entries(values)) {
      const full = path(key).join('.');
      this.given[key] = value;
      this.#places[key] = layer.where(path(key));
      if (![...judged].some((bad) => bad === full || bad.startsWith(`${full}.`))) this.values[key] = value;
    }
  }

  /** Complains of what several settings say together, where the first of them that was said stands. */
  complain(keys: readonly string[], complaint: Complaint): void {
    const where = keys.map((key) => this.#places[key]).find((place) => place !== undefined);
    this.complaints.push(where === undefined ? complaint : { ...complaint, where });
  }
}

export function readSettings(
  name: SectionName,
  sources: ConfigurationSources,
  flags: Readonly<Record<string, FlagValue>>,
): SettingsRead {
  const read = new SettingsRead();
  readFile(read, name, sources);
  readEnvironment(read, name, sources.env);
  const layer = readFlagLayer(SECTIONS[name].settings, flags);
  const { list, paths } = complaintsOf(SECTIONS[name].schema, layer);
  read.complaints.push(...list);
  read.take(layer.values, layer, paths, (key) => [key]);
  return read;
}

function readFile(read: SettingsRead, name: SectionName, { file, env }: ConfigurationSources): void {
  const path = file ?? (env.ANILLO_CONFIG || usualFile(process.cwd()));
  if (path === null) return;
  const layer = readFileLayer(path, read.complaints);
  const { list, paths } = complaintsOf(ConfigurationFile, layer);
  read.complaints.push(...list);
  const values = sectionOf(layer, name, SECTIONS[name], dirname(resolve(path)));
  read.take(values, layer, paths, (key) => (key === 'portmappers' ? [key] : [name, key]));
}

function readEnvironment(read: SettingsRead, name: SectionName, env: ConfigurationSources['env']): void {
  for (const [section, { settings, schema }] of Object.entries(SECTIONS)) {
    const layer = readEnvironmentLayer(settings, env);
    const { list, paths } = complaintsOf(schema, layer);
    for (const complaint of list) {
      if (!read.complaints.some(({ where }) => where === complaint.where)) read.complaints.push(complaint);
    }
    if (section === name) read.take(layer.values, layer, paths, (key) => [key]);
  }
}

/** The section's values; relative folders are meant from where the file stands. */
function sectionOf(
  layer: Layer,
  name: SectionName,
  { settings }: Section,
  folder: string,
): Record<string, unknown> {
  const { portmappers, [name]: own } = layer.values;
  const values: Record<string, unknown> = isMapping(own) ? { ...own } : {};
  if (portmappers !== undefined && Object.hasOwn(settings, 'portmappers')) values.portmappers = portmappers;
  for (const [key, value] of Object.entries(values)) {
    if (settings[key]?.kind === 'folder' && typeof value === 'string') values[key] = resolve(folder, value);
  }
  return values;
}
