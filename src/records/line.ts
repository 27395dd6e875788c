/**
 * The versions of a path by one publisher are a line. Under the keys of names every holder keeps the same few of it, the newest
 * by their place in time (`heads.ts`): the newest of two unions are the newest of their newest, so lines still merge in any order.
 */
import { type Sha256, utf8 } from './bytes.ts';
import { isInstant } from './clock.ts';
import { placeInTime } from './heads.ts';
import type { PlacementClass } from './placement-keys.ts';
import type { RecordBody } from './record.ts';

export interface LinePlace {
  /** First 64 bits of the line's hash, signed. */
  readonly line: bigint;
  /** Where in its line the record stands; newer is larger. */
  readonly place: bigint;
}

/** Null for what has no versions, and under the key of a content, where each version is another. */
export function linePlaceOf(
  sha256: Sha256,
  publisher: string,
  record: RecordBody,
  seq: bigint,
  placement: PlacementClass,
): LinePlace | null {
  if (placement === 'cid') return null;
  if (record.kind !== 'publication' && record.kind !== 'tombstone') return null;
  const hash = sha256(utf8(`line\0${publisher}\0${record.body.path}`));
  const line = new DataView(hash.buffer, hash.byteOffset).getBigInt64(0);
  return { line, place: placeOf(record, seq) };
}

function placeOf(record: RecordBody & { readonly kind: 'publication' | 'tombstone' }, seq: bigint): bigint {
  if (record.kind === 'publication') return seq;
  const { withdrawn } = record.body;
  const place = placeInTime({
    kind: 'tombstone',
    seq,
    withdrawn: withdrawn === null ? null : BigInt(withdrawn),
  });
  return isInstant(place) ? place : seq;
}
