/** Second names for files, which keep bytes safe while names change hands, and what is done on file systems without them. */
import { link, open, rename, rm } from 'node:fs/promises';

/** A second name for a file, or, on file systems that have no hard links, the file itself moved. */
export async function linkOrMove(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!lacksLinks(error)) throw error;
    await rename(from, to);
  }
}

/**
 * Gives a file a name that nothing has yet: unlike a rename, it never takes the name of something that came meanwhile.
 * The old name may be left beside the new one. @throws the system's error, `EEXIST` when the name is taken
 */
export async function nameAnew(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!lacksLinks(error)) throw error;
    await moveAnew(from, to);
  }
}

/** Without links the name is taken first, by an empty file. */
async function moveAnew(from: string, to: string): Promise<void> {
  await (await open(to, 'wx')).close();
  try {
    await rename(from, to);
  } catch (error) {
    await rm(to, { force: true });
    throw error;
  }
}

/** Whether the file system, rather than the name, is why there is no link: FAT, exFAT, some network file systems. */
function lacksLinks(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ENOSYS'].includes(code ?? '');
}
