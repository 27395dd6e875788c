/** Which network a data directory belongs to: 32 random bytes, made once or taken from the first contact, and kept. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '../problems/problem.ts';
import { writeDurably } from '../storage/durable-file.ts';
import { NETWORK_ID_BYTES } from './protocol.ts';

const FILE = 'network-id';
const PATTERN = new RegExp(`^[0-9a-f]{${NETWORK_ID_BYTES * 2}}$`);

export function isNetworkId(text: unknown): text is string {
  return typeof text === 'string' && PATTERN.test(text);
}

export function makeNetworkId(): string {
  return randomBytes(NETWORK_ID_BYTES).toString('hex');
}

/** The network of `dataDir`, or null before its first contact. @throws Problem `bad_configuration` */
export function readNetworkId(dataDir: string): string | null {
  const file = join(dataDir, FILE);
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  if (!isNetworkId(text)) {
    throw new Problem('bad_configuration', { complaints: `${file} does not hold a network id` });
  }
  return text;
}

export async function storeNetworkId(dataDir: string, networkId: string): Promise<void> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  await writeDurably(join(dataDir, FILE), `${networkId}\n`);
}
