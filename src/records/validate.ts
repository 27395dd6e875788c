/** What must hold of a record before it is stored or shown. Signature and hash are arguments; reasons are for people. */
import type { Identifier } from '../ring/identifier.ts';
import { BATCH_DOMAIN, leadsToRoot, type ProvenNodes } from './batch.ts';
import { parseBody } from './body.ts';
import { fromHex, type Sha256 } from './bytes.ts';
import { isInstant, millisOf } from './clock.ts';
import { leafHash } from './encoding.ts';
import { type Placement, placementKeys, placementOf } from './placement-keys.ts';
import { RECORD_VERSION, type Record, type RecordBody, type SignedBatch } from './record.ts';
import { slotOf } from './slot.ts';

/** How far a record may be ahead of the receiver's wall clock. */
export const CLOCK_SKEW_MAX_MS = 5 * 60 * 1000;
const CREDENTIAL_MAX_BYTES = 4096;

export interface Checks {
  readonly networkId: string;
  readonly sha256: Sha256;
  /** The node id that follows from a raw Ed25519 public key. */
  readonly nodeIdOf: (publicKey: Uint8Array) => string;
  readonly verify: (
    publicKey: Uint8Array,
    signature: Uint8Array,
    domain: string,
    ...message: Uint8Array[]
  ) => boolean;
}

type RefusalCode = 'invalid_record' | 'clock_skew';
export interface Refusal {
  readonly code: RefusalCode;
  readonly reason: string;
}

export interface ValidRecord {
  readonly body: RecordBody;
  readonly slot: Identifier;
  /** Where it stands by itself; shards of its base key come besides. */
  readonly placements: readonly Placement[];
  /** 32 bytes. */
  readonly leaf: Uint8Array;
}

export const isRefusal = (result: object): result is Refusal => 'code' in result && 'reason' in result;

/** Null when the batch's signature and names hold. Worth remembering by root: one check for all of its records. */
export function refuseBatch(checks: Checks, batch: SignedBatch): Refusal | null {
  if (batch.networkId !== checks.networkId) return invalid('it is of another network');
  if (batch.version !== RECORD_VERSION) return invalid(`its version is ${batch.version}`);
  if (batch.credential.length > CREDENTIAL_MAX_BYTES) return invalid('its credential is too large');
  if (batch.root.length !== 32) return invalid('its batch has no root');
  if (checks.nodeIdOf(batch.signerKey) !== batch.signer) return invalid('its signer does not own its key');
  const signed = checks.verify(
    batch.signerKey,
    batch.signature,
    BATCH_DOMAIN,
    fromHex(batch.networkId),
    batch.root,
  );
  return signed ? null : invalid('its signature does not hold');
}

/**
 * Checks a record whose batch held.
 * @param nowMs Unix milliseconds of the receiver's wall clock
 * @param proven what other records of the batch proved of its tree
 */
export function validateRecord(
  checks: Checks,
  record: Record,
  nowMs: number,
  proven?: ProvenNodes,
): ValidRecord | Refusal {
  const refused = refuseEnvelope(record, nowMs);
  if (refused !== null) return refused;
  const parsed = parseBody(record.kind, record.body);
  if ('refused' in parsed) return invalid(parsed.refused);
  const body = parsed.record;
  const placements = placementKeys(checks.sha256, record.publisher, body);
  if (placements[0]?.key !== record.key) return invalid('its key does not follow from it');
  const { batch, batchIndex, batchPath } = record;
  const leaf = leafHash(checks.sha256, batch, record);
  if (!leadsToRoot(checks.sha256, leaf, batchIndex, batchPath, batch.root, proven)) {
    return invalid('it does not belong to its batch');
  }
  return { body, slot: slotOf(checks.sha256, record.publisher, batch.signer, body), placements, leaf };
}

/** How the record comes to stand under `key`. */
export function validatePlacement(
  checks: Checks,
  record: Record,
  { body, placements }: ValidRecord,
  key: Identifier,
): Placement | Refusal {
  const placement = placementOf(checks.sha256, record.publisher, body, placements, key);
  return placement ?? invalid('it does not stand under that key');
}

function refuseEnvelope(record: Record, nowMs: number): Refusal | null {
  // Until networks have an authority nobody signs for another.
  if (record.publisher !== record.batch.signer) return invalid('its publisher did not sign it');
  if (!isInstant(record.seq) || !Number.isSafeInteger(record.issuedAtMs))
    return invalid('its times are out of range');
  const aheadMs = Math.max(record.issuedAtMs, millisOf(record.seq)) - nowMs;
  if (aheadMs <= CLOCK_SKEW_MAX_MS) return null;
  return { code: 'clock_skew', reason: String(Math.ceil(aheadMs / 60_000)) };
}

function invalid(reason: string): Refusal {
  return { code: 'invalid_record', reason };
}
