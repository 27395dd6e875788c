/** What lets a process use the local DHT interface: it can read the node's data directory. `DATA/local-token`, mode 0600. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '../../problems/problem.ts';
import { writeDurably } from '../../storage/durable-file.ts';

/** Metadata key that carries it. */
export const TOKEN_KEY = 'anillo-token';
const FILE = 'local-token';
const TOKEN_BYTES = 32;

/** Made once by the DHT service, and kept, so that the other services need not notice its restarts. */
export async function makeLocalToken(dataDir: string): Promise<string> {
  const kept = read(dataDir);
  if (kept !== null) return kept;
  const token = randomBytes(TOKEN_BYTES).toString('hex');
  await writeDurably(join(dataDir, FILE), `${token}\n`);
  return token;
}

/** @throws Problem `unauthenticated` when the DHT service of the data directory has made none yet */
export function readLocalToken(dataDir: string): string {
  const token = read(dataDir);
  if (token === null) throw new Problem('unauthenticated');
  return token;
}

/** In a time that tells nothing about the token. */
export function isToken(given: unknown, token: string): boolean {
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function read(dataDir: string): string | null {
  try {
    const token = readFileSync(join(dataDir, FILE), 'utf8').trim();
    return token.length === TOKEN_BYTES * 2 ? token : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
