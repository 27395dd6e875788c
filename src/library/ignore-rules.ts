/**
 * What in the shared folder is not shared: hidden files, editors' and downloaders' temporary files, and what
 * `.anilloignore` files say (gitignore syntax, in any folder, the deeper one last). One object serves one scan, so that
 * an edited `.anilloignore` counts from the next scan on.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { isHidden } from './name.ts';

export const IGNORE_FILE = '.anilloignore';

/** A rule file beyond this is a mistake, and is not read. */
const RULES_BYTES_MAX = 1_048_576;

const TEMPORARY = [
  /~$/, // most editors' backups
  /^#.*#$/, // Emacs while editing
  /^~\$/, // office suites' owner files
  /\.(swp|swo|swx|tmp|temp|part|partial|crdownload)$/i,
];

/** By its last component alone: hidden, or what a program leaves while it works. */
export function isPassedOver(component: string): boolean {
  return isHidden(component) || TEMPORARY.some((pattern) => pattern.test(component));
}

export class IgnoreRules {
  readonly #root: string;
  /** By folder on disk, '' for the root; null where it has no rules of its own. */
  readonly #byFolder = new Map<string, Ignore | null>();

  /** @param root absolute path of the shared folder */
  constructor(root: string) {
    this.#root = root;
  }

  /** Whether an entry of a folder that is itself not ignored is passed over. Paths as on disk, without the root. */
  ignoresEntry(path: string, isFolder: boolean): boolean {
    const slash = path.lastIndexOf('/');
    if (isPassedOver(path.slice(slash + 1))) return true;
    let ignored = false;
    for (const folder of foldersAbove(path)) {
      const rules = this.#rulesOf(folder);
      if (rules === null) continue;
      const relative = folder === '' ? path : path.slice(folder.length + 1);
      const result = rules.test(isFolder ? `${relative}/` : relative);
      if (result.ignored) ignored = true;
      else if (result.unignored) ignored = false;
    }
    return ignored;
  }

  /** Whether a file is passed over, or a folder above it: git does not look for exceptions inside an ignored folder. */
  ignoresFile(path: string): boolean {
    for (const folder of foldersAbove(path)) {
      if (folder !== '' && this.ignoresEntry(folder, true)) return true;
    }
    return this.ignoresEntry(path, false);
  }

  #rulesOf(folder: string): Ignore | null {
    const known = this.#byFolder.get(folder);
    if (known !== undefined) return known;
    const text = readRules(join(this.#root, folder, IGNORE_FILE));
    const rules = text === null ? null : ignore({ ignorecase: false }).add(text);
    this.#byFolder.set(folder, rules);
    return rules;
  }
}

/** '' and every folder above `path`, from the root down. */
function foldersAbove(path: string): string[] {
  const folders = [''];
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    folders.push(path.slice(0, slash));
  }
  return folders;
}

function readRules(file: string): string | null {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return null; // None there, or none that can be read: the folder has no rules of its own.
  }
  try {
    const stat = fstatSync(descriptor);
    return stat.isFile() && stat.size <= RULES_BYTES_MAX ? readFileSync(descriptor, 'utf8') : null;
  } finally {
    closeSync(descriptor);
  }
}
