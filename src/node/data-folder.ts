/** Where a node keeps its own files, and the rule that this is never inside the folder that it shares. */
import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';

/** XDG Base Directory Specification. */
export function dataHome(): string {
  const home = process.env.XDG_DATA_HOME;
  return join(home !== undefined && isAbsolute(home) ? home : join(homedir(), '.local', 'share'), 'anillo');
}

/** One for each shared folder, so that a second node on this machine gets its own. @param share absolute */
export function usualDataDir(share: string): string {
  return join(dataHome(), createHash('sha256').update(realPathOf(share)).digest('hex').slice(0, 16));
}

/** Also through symbolic links. Both absolute; neither need exist. */
export function isInside(folder: string, outer: string): boolean {
  const way = relative(realPathOf(outer), realPathOf(folder));
  return way === '' || (way !== '..' && !way.startsWith('../') && !isAbsolute(way));
}

function realPathOf(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const above = dirname(path);
  return above === path ? path : join(realPathOf(above), basename(path));
}
