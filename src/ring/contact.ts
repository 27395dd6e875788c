/** Lives and the pointers to them. */
import type { Contact } from './message.ts';

/** The same life of the same node, wherever it listens. */
export function isSameLife(a: Contact, b: Contact): boolean {
  return a.id === b.id && a.incarnation === b.incarnation;
}

export function areSameLives(a: readonly Contact[], b: readonly Contact[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!isSameLife(a[i] as Contact, b[i] as Contact)) return false;
  return true;
}
