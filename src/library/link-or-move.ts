/** Keeps the bytes of a file under a second name before its first name is given to others. */
import { link, rename } from 'node:fs/promises';

/** A second name for a file, or, on filesystems that have no hard links, the file itself moved. */
export async function linkOrMove(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EMLINK' && code !== 'ENOSYS') throw error;
    await rename(from, to);
  }
}
