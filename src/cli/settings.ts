/** Which network a command talks to: flags, then environment, then the configuration file, then this machine's own. */
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { isHostPort } from '../client/known-node.ts';
import { Problem } from '../problems/problem.ts';

export interface Globals {
  readonly portmapper?: readonly string[];
  /** URL, or NODE. */
  readonly node?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly lang?: string;
  /** False: --no-color. */
  readonly color: boolean;
  readonly config?: string;
}

const PORTMAPPER_DEFAULT = 'http://127.0.0.1:8000';
const USUAL_FILE = 'anillo.yaml';

/** Base URLs of the portmappers to ask, in order. @throws Problem `usage`, `bad_configuration` */
export function portmapperBases(globals: Globals, environment: NodeJS.ProcessEnv): readonly string[] {
  const said = globals.portmapper ?? fromEnvironment(environment) ?? fromFile(globals, environment);
  const bases = said ?? [PORTMAPPER_DEFAULT];
  return [...new Set(bases.map((text) => baseUrl(text, '--portmapper')))];
}

/** `http://host:port` from a URL, or from a bare `host:port`. @throws Problem `usage` */
export function baseUrl(text: string, flag: string): string {
  const url = URL.parse(isHostPort(text) ? `http://${text}` : text);
  const plain = url !== null && url.protocol === 'http:' && url.host !== '';
  if (!plain || (url.pathname !== '/' && url.pathname !== '') || url.search !== '') {
    throw new Problem('bad_url', { flag, text });
  }
  return url.origin;
}

export function isUrl(text: string): boolean {
  return /^[a-z]+:\/\//i.test(text);
}

function fromEnvironment(environment: NodeJS.ProcessEnv): readonly string[] | null {
  const urls = (environment.ANILLO_PORTMAPPER ?? '').split(/[\s,]+/).filter((url) => url !== '');
  return urls.length === 0 ? null : urls;
}

/** The file is checked in full by what it configures; a command needs one list of it. */
function fromFile(globals: Globals, environment: NodeJS.ProcessEnv): readonly string[] | null {
  const named = globals.config ?? environment.ANILLO_CONFIG;
  const file = named ?? USUAL_FILE;
  if (named === undefined && !existsSync(file)) return null;
  const content = readYaml(file);
  const list =
    typeof content === 'object' && content !== null && 'portmappers' in content && content.portmappers;
  if (!Array.isArray(list) || list.length === 0) return null;
  return list.map(String);
}

function readYaml(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8')) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
    throw new Problem('bad_configuration', { complaints: `${file}: ${reason}` }, error);
  }
}
