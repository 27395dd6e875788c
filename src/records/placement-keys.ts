/**
 * A record is signed once and stands under every key that follows from it: a publication or tombstone under its cid, its
 * name and, for a nested path, its base; a provider under its cid; a split under the key that it speaks of.
 */
import type { Identifier } from '../ring/identifier.ts';
import type { Sha256 } from './bytes.ts';
import { baseOf, baseShardKey, cidKey, isNested, nameKey, shardOf } from './keys.ts';
import { CID_COPIES, NAME_COPIES } from './placement.ts';
import type { RecordBody } from './record.ts';

/** Deeper than this no shard of a base key goes: 16^8 shards hold any network's entries. */
export const SHARD_LEVELS_MAX = 8;

export type PlacementClass = 'cid' | 'name' | 'base';

export interface Placement {
  readonly key: Identifier;
  readonly class: PlacementClass;
  /** Level of the shard under a base key; 0 elsewhere. */
  readonly level: number;
}

export function copiesOf(placement: PlacementClass): number {
  return placement === 'cid' ? CID_COPIES : NAME_COPIES;
}

/** The keys of a record as it is first placed, its envelope's `key` first. */
export function placementKeys(sha256: Sha256, publisher: string, record: RecordBody): Placement[] {
  const first = firstPlacement(sha256, record);
  if (record.kind !== 'publication' && record.kind !== 'tombstone') return [first];
  const { path } = record.body;
  const placements: Placement[] = [first, { key: nameKey(sha256, path), class: 'name', level: 0 }];
  if (isNested(path)) placements.push(basePlacement(sha256, path, publisher, 0));
  return placements;
}

/** Every key under which the record may stand, the shards of its base key included. */
export function allKeys(sha256: Sha256, publisher: string, record: RecordBody): Identifier[] {
  const keys = placementKeys(sha256, publisher, record).map(({ key }) => key);
  if (record.kind !== 'publication' && record.kind !== 'tombstone') return keys;
  const levels = Array.from({ length: SHARD_LEVELS_MAX }, (_, index) => index + 1);
  return [...keys, ...levels.map((level) => basePlacement(sha256, record.body.path, publisher, level).key)];
}

/** The envelope's `key`. */
export function firstKey(sha256: Sha256, record: RecordBody): Identifier {
  return firstPlacement(sha256, record).key;
}

/** Where (path, publisher) stands under its base key when `level` levels above are full. */
export function basePlacement(sha256: Sha256, path: string, publisher: string, level: number): Placement {
  const shard = level === 0 ? '' : shardOf(sha256, path, publisher, level);
  return { key: baseShardKey(sha256, baseOf(path), shard), class: 'base', level };
}

/**
 * How `key` follows from the record, or null when it does not.
 * @param placements the record's `placementKeys`
 */
export function placementOf(
  sha256: Sha256,
  publisher: string,
  record: RecordBody,
  placements: readonly Placement[],
  key: Identifier,
): Placement | null {
  const first = placements.find((placement) => placement.key === key);
  if (first !== undefined) return first;
  if (record.kind !== 'publication' && record.kind !== 'tombstone') return null;
  if (!isNested(record.body.path)) return null;
  for (let level = 1; level <= SHARD_LEVELS_MAX; level++) {
    const placement = basePlacement(sha256, record.body.path, publisher, level);
    if (placement.key === key) return placement;
  }
  return null;
}

function firstPlacement(sha256: Sha256, record: RecordBody): Placement {
  if (record.kind === 'split') {
    const { base, shard } = record.body;
    return { key: baseShardKey(sha256, base, shard), class: 'base', level: shard.length };
  }
  return { key: cidKey(sha256, record.body.cid), class: 'cid', level: 0 };
}
