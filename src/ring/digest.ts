/** Short digests of lists, to see that two nodes hold the same. They detect difference; they prove nothing. */
import type { Contact } from './message.ts';

/** Digits of an identifier that are mixed in: identifiers are hashes, and 64 bits tell them apart. */
const DIGITS = 16;
const SEED_A = 0x811c9dc5;
const SEED_B = 0x9747b28c;
const PRIME_A = 0x01000193;
const PRIME_B = 0x5bd1e995;

/** 16 hexadecimal digits that depend on the order. */
export function listDigest(contacts: readonly Contact[]): string {
  let a = SEED_A;
  let b = SEED_B;
  for (const contact of contacts) {
    a = mix(a, contact, PRIME_A);
    b = mix(b, contact, PRIME_B);
  }
  return hexadecimal(a) + hexadecimal(b);
}

/** 16 hexadecimal digits that do not depend on the order. */
export function setDigest(contacts: Iterable<Contact>): string {
  let a = 0;
  let b = 0;
  for (const contact of contacts) {
    a ^= mix(SEED_A, contact, PRIME_A);
    b ^= mix(SEED_B, contact, PRIME_B);
  }
  return hexadecimal(a) + hexadecimal(b);
}

/** 32 bits that tell this life from others in a list of some. */
export function contactMark(contact: Contact): number {
  return mix(SEED_A, contact, PRIME_A) >>> 0;
}

function mix(start: number, contact: Contact, prime: number): number {
  const text = contact.id;
  let hash = start;
  const length = Math.min(text.length, DIGITS);
  for (let i = 0; i < length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), prime);
  hash = Math.imul(hash ^ (contact.incarnation >>> 0), prime);
  hash = Math.imul(hash ^ Math.floor(contact.incarnation / 2 ** 32), prime);
  return hash ^ (hash >>> 15);
}

function hexadecimal(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
