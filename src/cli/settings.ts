/** What a command is told of its network: flags, environment and configuration file, read as the servers read them. */
import { isHostPort } from '../client/known-node.ts';
import { readCommandConfig } from '../node/configuration.ts';
import { Problem } from '../problems/problem.ts';

export interface Globals {
  readonly portmapper?: readonly string[];
  /** URL, or NODE. */
  readonly node?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly lang?: string;
  readonly config?: string;
}

const PORTMAPPER_DEFAULT = 'http://127.0.0.1:8000';

/** Base URLs of the portmappers to ask, in order. @throws Problem `bad_configuration` for all that is wrong */
export function portmapperBases(globals: Globals, environment: NodeJS.ProcessEnv): readonly string[] {
  const sources = { file: globals.config, env: environment };
  const bases = readCommandConfig(sources, { portmappers: globals.portmapper });
  return bases.length === 0 ? [PORTMAPPER_DEFAULT] : bases;
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
