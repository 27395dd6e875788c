/** All chance of the tests comes from one seed, ANILLO_SEED, so that a failure can be played again. */
import { createHash } from 'node:crypto';
import type { Random } from '../src/ring/effect.ts';
import { seededRandom } from '../src/simulator/random.ts';

const SEED_BOUND = 2 ** 31;

/** Whoever runs tests prints it. */
export const SEED = Number(process.env.ANILLO_SEED ?? Math.floor(Math.random() * SEED_BOUND));

/** @param purpose draws for different purposes do not depend on one another's number */
export function chance(purpose: string): Random {
  const digest = createHash('sha256').update(`${SEED}\0${purpose}`).digest();
  return seededRandom(digest.readUInt32LE() >>> 1);
}

export function randomBytes(random: Random, size: number): Buffer {
  // One draw seeds the whole: drawing byte by byte would take longer than what is tested.
  const seed = String(random());
  const blocks = Array.from({ length: Math.ceil(size / 32) }, (_, index) =>
    createHash('sha256').update(`${seed}\0${index}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, size);
}

export function randomText(random: Random): string {
  return randomBytes(random, 12).toString('hex');
}

export function below(random: Random, bound: number): number {
  return Math.floor(random() * bound);
}
