/** Where a download is saved: under the name that the person gave, or the file's own last component, never elsewhere. */
import { stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { lastComponent } from '../client/file-choice.ts';
import { Problem } from '../problems/problem.ts';

/**
 * @param name the file's name, as a remote gave it
 * @param asked what -o said: a folder (there is one, or it ends in a separator) or a file
 * @returns an absolute path
 * @throws Problem `not_found` (the folder)
 */
export async function savePlace(name: string, cid: string, asked: string | undefined): Promise<string> {
  const own = ownName(name, cid);
  if (asked === undefined) return resolve(own);
  if (await isFolder(asked)) return resolve(asked, own);
  if (asked.endsWith('/') || asked.endsWith(sep)) throw new Problem('not_found', { what: `"${asked}"` });
  const folder = join(asked, '..');
  if (!(await isFolder(folder))) throw new Problem('not_found', { what: `"${folder}"` });
  return resolve(asked);
}

/** A remote's word is not trusted with the file system: what is no plain name is replaced by the CID. */
function ownName(name: string, cid: string): string {
  const last = lastComponent(name);
  const plain = last !== '' && last !== '.' && last !== '..' && !last.includes('\0') && !last.includes(sep);
  return plain ? last : cid;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
