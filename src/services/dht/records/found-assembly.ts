/** From the records under a key to what a find answers. */
import { headsOf, type Versioned } from '../../../records/heads.ts';
import type { FoundPublication } from '../dht-api.ts';
import type { ReadRecord } from './checked-page.ts';
import type { FoundProviderRecord, FoundRecords } from './found-records.ts';

interface Read {
  readonly asked: number;
  readonly agreed: number;
  readonly truncated: boolean;
  readonly limit: number;
}

type Version = FoundPublication & Versioned;

export function assembleFound(
  records: readonly ReadRecord[],
  { asked, agreed, truncated, limit }: Read,
): FoundRecords {
  const { heads, older } = headsOf(records.map(versionOf).filter((version) => version !== null));
  return {
    publications: heads.slice(0, limit).map(withoutPlace),
    versions: older.slice(0, limit).map(withoutPlace),
    providers: records.map(providerOf).filter((provider) => provider !== null),
    replicasAsked: asked,
    replicasAgreed: agreed,
    truncated: truncated || heads.length > limit,
  };
}

function versionOf({ record, body }: ReadRecord): Version | null {
  const { publisher, seq } = record;
  if (body.kind === 'publication') {
    const { cid, path, size, type, modified, tags, copies, previous } = body.body;
    const file = { cid, path, size, type, modified, tags, copies, previous };
    return { kind: 'publication', publisher, seq, withdrawn: null, ...file };
  }
  if (body.kind !== 'tombstone') return null;
  const { cid, path } = body.body;
  const withdrawn = body.body.withdrawn === null ? null : BigInt(body.body.withdrawn);
  const nothing = { size: 0, type: '', modified: 0, tags: [], copies: 0, previous: null };
  return { kind: 'tombstone', publisher, seq, withdrawn, cid, path, ...nothing };
}

function withoutPlace({ withdrawn: _, ...publication }: Version): FoundPublication {
  return publication;
}

function providerOf({ record, body, remainingMs }: ReadRecord): FoundProviderRecord | null {
  if (body.kind !== 'provider' || body.body.state === 'none' || remainingMs <= 0) return null;
  const { cid, state } = body.body;
  return { cid, node: record.batch.signer, complete: state === 'complete', remainingMs };
}
