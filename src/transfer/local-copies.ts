/** Files of this machine that may hold pieces of a file that is wanted, at the same places: those are not fetched. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Assembly } from './assembly.ts';

const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/** Returns the bytes that were found. What is not there, or may not be read, has none. @throws Problem as `Assembly.adoptFrom` */
export async function adoptLocal(assembly: Assembly, paths: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const path of paths) {
    if (assembly.missing.size === 0) break;
    const handle = await openFile(path);
    if (handle === null) continue;
    try {
      bytes += await assembly.adoptFrom(handle.fd);
    } finally {
      await handle.close();
    }
  }
  return bytes;
}

async function openFile(path: string): Promise<FileHandle | null> {
  const handle = await open(path, OPEN_FLAGS).catch(() => null);
  if (handle === null) return null;
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  return null;
}
