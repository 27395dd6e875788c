/** A file that may be what a download would bring: told by its bytes, as the CID says. */
import { open, stat } from 'node:fs/promises';
import { FileHasher } from '../content/file-hasher.ts';
import type { ChosenFile } from './file-choice.ts';

/** @param path of a regular file; one that cannot be read is not the same @throws the signal's reason */
export async function holdsContent(
  path: string,
  { cid, size }: Pick<ChosenFile, 'cid' | 'size'>,
  signal: AbortSignal,
): Promise<boolean> {
  const hasher = new FileHasher({ workers: 1 });
  try {
    return (await stat(path)).size === size && (await hasher.hashFile(path, { signal })).cid === cid;
  } catch (error) {
    signal.throwIfAborted();
    if (typeof (error as NodeJS.ErrnoException).code === 'string') return false;
    throw error;
  } finally {
    await hasher.close();
  }
}

/** Has a file safe from a loss of power. */
export async function syncFile(path: string): Promise<void> {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
