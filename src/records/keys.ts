/** Where records stand: the keys that follow from a CID, from a path, and from a path's last component. */
import type { Identifier } from '../ring/identifier.ts';
import { type Sha256, toHex, utf8 } from './bytes.ts';

/** SHA-256("cid\0" + cid). @param cid canonical text */
export function cidKey(sha256: Sha256, cid: string): Identifier {
  return keyOf(sha256, `cid\0${cid}`);
}

/** SHA-256("name\0" + path). @param path normalized, `/` between components */
export function nameKey(sha256: Sha256, path: string): Identifier {
  return keyOf(sha256, `name\0${path}`);
}

/** SHA-256("base\0" + last component). */
export function baseKey(sha256: Sha256, base: string): Identifier {
  return keyOf(sha256, `base\0${base}`);
}

/** SHA-256("base\0" + last component + "\0" + shard). @param shard hexadecimal digits, one a level, at least one */
export function baseShardKey(sha256: Sha256, base: string, shard: string): Identifier {
  return shard === '' ? baseKey(sha256, base) : keyOf(sha256, `base\0${base}\0${shard}`);
}

/** Which shard of `level` digits takes the entry of (path, publisher) under its base key. */
export function shardOf(sha256: Sha256, path: string, publisher: string, level: number): string {
  return keyOf(sha256, `shard\0${path}\0${publisher}`).slice(0, level);
}

/** The last component of a path. */
export function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function isNested(path: string): boolean {
  return path.includes('/');
}

function keyOf(sha256: Sha256, text: string): Identifier {
  return toHex(sha256(utf8(text)));
}
