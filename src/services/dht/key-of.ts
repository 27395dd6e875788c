/** The keys under which lookups and finds ask, from the texts that people and services give. */
import { createHash } from 'node:crypto';
import { baseKey, cidKey, nameKey } from '../../records/keys.ts';
import type { Identifier } from '../../ring/identifier.ts';
import type { KeySource } from './dht-api.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** @param text as given; a path and its last component normalized, a CID in its canonical text */
export function keyOf(source: KeySource, text: string): Identifier {
  switch (source) {
    case 'text':
      return createHash('sha256').update(text).digest('hex');
    case 'name':
      return nameKey(sha256, text);
    case 'base':
      return baseKey(sha256, text);
    case 'cid':
      return cidKey(sha256, text);
  }
}
