/** Puts the sources of settings over one another for one section of the configuration. */
import { dirname, resolve } from 'node:path';
import Type, { type TObject } from 'typebox';
import { complaintsOf } from './configuration-complaints.ts';
import { isMapping, readFileLayer, usualFile } from './configuration-file.ts';
import {
  type FlagValue,
  type Layer,
  readEnvironmentLayer,
  readFlagLayer,
  type Settings,
} from './configuration-layer.ts';
import { ConfigurationFile } from './configuration-schema.ts';

export interface ConfigurationSources {
  /** `--config`; without it `ANILLO_CONFIG`, else `anillo.yaml` of the working folder where there is one. */
  readonly file?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

interface SettingsRead {
  /** What fits the schema, from the source of highest precedence that gives it. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The same with what does not fit. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly complaints: string[];
}

/** @param section name of the section; `portmappers` stand beside the sections, for the commands use them too */
export function readSettings(
  section: 'node' | 'portmapper',
  schema: TObject,
  settings: Settings,
  sources: ConfigurationSources,
  flags: Readonly<Record<string, FlagValue>>,
): SettingsRead {
  const complaints: string[] = [];
  const values: Record<string, unknown> = {};
  const given: Record<string, unknown> = {};
  const take = (layer: Readonly<Record<string, unknown>>, isBad: (key: string) => boolean): void => {
    for (const [key, value] of Object.entries(layer)) {
      given[key] = value;
      if (!isBad(key)) values[key] = value;
    }
  };
  const file = sources.file ?? sources.env.ANILLO_CONFIG ?? usualFile(process.cwd());
  if (file !== null) {
    const layer = readFileLayer(file, complaints);
    const judged = complaintsOf(ConfigurationFile, layer);
    complaints.push(...judged.lines);
    take(sectionOf(layer, section, settings, dirname(resolve(file))), (key) =>
      startsAny(judged.paths, key === 'portmappers' ? key : `${section}.${key}`),
    );
  }
  const flat = Type.Object(
    {
      ...schema.properties,
      ...Type.Pick(ConfigurationFile, ['portmappers']).properties,
      broker: Type.Optional(Type.String()),
    },
    { additionalProperties: false },
  );
  for (const layer of [readEnvironmentLayer(settings, sources.env), readFlagLayer(settings, flags)]) {
    const judged = complaintsOf(flat, layer);
    complaints.push(...judged.lines);
    take(layer.values, (key) => startsAny(judged.paths, key));
  }
  return { values, given, complaints };
}

/** The section's values; relative folders are meant from where the file stands. */
function sectionOf(
  layer: Layer,
  section: string,
  settings: Settings,
  folder: string,
): Record<string, unknown> {
  const { portmappers, [section]: own } = layer.values;
  const values: Record<string, unknown> = isMapping(own) ? { ...own } : {};
  if (portmappers !== undefined) values.portmappers = portmappers;
  for (const [key, value] of Object.entries(values)) {
    if (settings[key]?.kind === 'folder' && typeof value === 'string') values[key] = resolve(folder, value);
  }
  return values;
}

function startsAny(paths: ReadonlySet<string>, key: string): boolean {
  return [...paths].some((path) => path === key || path.startsWith(`${key}.`));
}
