/**
 * What the ring stores: signed, mergeable records. A record is signed once and stands under every key that follows from
 * it (`placementKeys`). Records of one slot replace one another by `seq`; different slots unite.
 */
import type { Identifier } from '../ring/identifier.ts';

export type RecordKind = 'publication' | 'provider' | 'tombstone' | 'term';

/** The envelope. Byte fields are as they were signed. */
export interface Record {
  /** 64 hexadecimal digits. */
  readonly networkId: string;
  readonly version: number;
  readonly kind: RecordKind;
  /** The first of the record's placement keys. */
  readonly key: Identifier;
  /** Node (later: user) that published, 64 hexadecimal digits. */
  readonly publisher: string;
  /** Node that signed, 64 hexadecimal digits. */
  readonly signer: string;
  /** Raw Ed25519 public key of the signer, 32 bytes; hashes to `signer`. */
  readonly signerKey: Uint8Array;
  /** Empty until networks have an authority. */
  readonly credential: Uint8Array;
  /** Hybrid logical clock: 48 bits of Unix milliseconds, 16 bits of counter. */
  readonly seq: bigint;
  /** Unix milliseconds. Never expires anything. */
  readonly issuedAtMs: number;
  /** UTF-8 JSON of the kind's body, as signed. */
  readonly body: Uint8Array;
  readonly batchRoot: Uint8Array;
  readonly batchPath: readonly Uint8Array[];
  readonly batchIndex: number;
  readonly signature: Uint8Array;
}

/** A publication outlives its publisher's machine: no lease, valid until a tombstone of the same slot. */
export interface PublicationBody {
  /** Canonical text of the CIDv1. */
  readonly cid: string;
  /** Path inside the shared folder, NFC, `/` between components. */
  readonly path: string;
  readonly size: number;
  /** Media type, or ''. */
  readonly type: string;
  /** Unix milliseconds. */
  readonly modified: number;
  readonly tags: readonly string[];
  /** Copies wanted on the network. */
  readonly copies: number;
  readonly labels: Readonly<{ [name: string]: string }>;
  /** CID that this one replaces under the same path by the same publisher, or null. */
  readonly previous: string | null;
}

/** `signer` holds the content. Lives while the signer's lease does. */
export interface ProviderBody {
  readonly cid: string;
  readonly complete: boolean;
}

/** Withdraws the publication of the same (publisher, cid, path). */
export interface TombstoneBody {
  readonly cid: string;
  readonly path: string;
}
