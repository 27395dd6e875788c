/** A node's lives, counted: strictly rising over restarts, even where the clock was set back. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../storage/durable-file.ts';

const FILE = 'incarnation';

/** The number of the life that starts now, stored before it is used. @param nowMs Unix milliseconds */
export async function beginIncarnation(dataDir: string, nowMs: number): Promise<number> {
  const file = join(dataDir, FILE);
  const incarnation = Math.max(nowMs, readLast(file) + 1);
  await writeDurably(file, `${incarnation}\n`);
  return incarnation;
}

function readLast(file: string): number {
  try {
    const last = Number(readFileSync(file, 'utf8').trim());
    return Number.isSafeInteger(last) ? last : 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
