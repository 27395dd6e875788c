/**
 * Where a download is saved: under the name that the person gave, or the file's own last component, never elsewhere. What
 * stands there already is looked at before anything is fetched.
 */
import type { Stats } from 'node:fs';
import { readlink, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { lastComponent } from '../client/file-choice.ts';
import { Problem } from '../problems/problem.ts';

export type SavePlace =
  /** Absolute, with no link at its end. `present`: a file is there; `named`: the person named it, and wants it replaced. */
  | { readonly type: 'file'; readonly path: string; readonly present: boolean; readonly named: boolean }
  /** A device or FIFO: it stays what it is, and the bytes go into it. */
  | { readonly type: 'outlet'; readonly path: string };

/** As the system's own bound on a chain of links. */
const LINKS_MAX = 40;

/**
 * @param name the file's name, as a remote gave it
 * @param asked what -o said: a folder (there is one, or it ends in a separator), a file, or something else to write to
 * @throws Problem `no_such_path` (the folder), `is_a_folder`, `file_exists` (a link or device that nobody named)
 */
export async function savePlace(name: string, cid: string, asked: string | undefined): Promise<SavePlace> {
  const own = ownName(name, cid);
  if (asked === undefined) return lookAt(resolve(own), false);
  if (await isFolder(asked)) return lookAt(resolve(asked, own), false);
  if (asked.endsWith('/') || asked.endsWith(sep)) throw new Problem('no_such_path', { path: asked });
  const folder = join(asked, '..');
  if (!(await isFolder(folder))) throw new Problem('no_such_path', { path: folder });
  return lookAt(resolve(asked), true);
}

async function lookAt(path: string, named: boolean): Promise<SavePlace> {
  const there = await statOrNull(path);
  if (there?.isDirectory()) throw new Problem('is_a_folder', { path });
  if (there?.isFile()) return { type: 'file', path: await realpath(path), present: true, named };
  const end = await endOfLinks(path);
  if (!named && (there !== null || end !== path)) throw new Problem('file_exists', { path });
  return there === null ? { type: 'file', path: end, present: false, named } : { type: 'outlet', path };
}

/** What a link leads to where nothing is yet. @throws Problem `cannot_write` when it leads in a circle */
async function endOfLinks(path: string): Promise<string> {
  let end = path;
  for (let links = 0; links < LINKS_MAX; links += 1) {
    const next = await readlink(end).catch(() => null);
    if (next === null) return end;
    end = resolve(dirname(end), next);
  }
  throw new Problem('cannot_write', { path, reason: 'ELOOP' });
}

/** A remote's word is not trusted with the file system: what is no plain name is replaced by the CID. */
function ownName(name: string, cid: string): string {
  const last = lastComponent(name);
  const plain = last !== '' && last !== '.' && last !== '..' && !last.includes('\0') && !last.includes(sep);
  return plain ? last : cid;
}

async function isFolder(path: string): Promise<boolean> {
  return (await statOrNull(path))?.isDirectory() ?? false;
}

/** What is there, through links; null also where nobody may look: writing will say why. */
async function statOrNull(path: string): Promise<Stats | null> {
  return stat(path).catch(() => null);
}
