/**
 * What the ring stores: signed, mergeable records. A record is signed once and stands under every key that follows from
 * it (`placement-keys.ts`). Records of one slot replace one another by `seq`; different slots unite.
 */
import type { Identifier } from '../ring/identifier.ts';

export type RecordKind = 'publication' | 'provider' | 'tombstone' | 'term' | 'split';

/** Version of the envelope and of the canonical encoding; part of what is signed. */
export const RECORD_VERSION = 1;

/** What the records signed together share. */
export interface SignedBatch {
  /** 64 hexadecimal digits. */
  readonly networkId: string;
  readonly version: number;
  /** Node that signed, 64 hexadecimal digits. */
  readonly signer: string;
  /** Raw Ed25519 public key of the signer, 32 bytes; hashes to `signer`. */
  readonly signerKey: Uint8Array;
  /** Empty until networks have an authority. */
  readonly credential: Uint8Array;
  /** Root of the Merkle tree over the leaves, 32 bytes. */
  readonly root: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/** What one record adds to its batch. */
export interface RecordDraft {
  readonly kind: RecordKind;
  /** The first of the record's placement keys. */
  readonly key: Identifier;
  /** Node (later: user) that published, 64 hexadecimal digits. */
  readonly publisher: string;
  /** Hybrid logical clock: 48 bits of Unix milliseconds, 16 bits of counter. */
  readonly seq: bigint;
  /** Unix milliseconds. Never expires anything. */
  readonly issuedAtMs: number;
  /** UTF-8 JSON of the kind's body, as signed. */
  readonly body: Uint8Array;
}

export interface Record extends RecordDraft {
  readonly batch: SignedBatch;
  /** Sibling hashes from the leaf up, 32 bytes each, concatenated. */
  readonly batchPath: Uint8Array;
  readonly batchIndex: number;
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

/** What `signer` has of a content: lives while the signer's lease does, `none` as long as a tombstone. */
export interface ProviderBody {
  readonly cid: string;
  readonly state: 'complete' | 'partial' | 'none';
}

/** Withdraws the publication of the same (publisher, cid, path). */
export interface TombstoneBody {
  readonly cid: string;
  readonly path: string;
  /** `seq` of the publication that it withdraws, as decimal text, or null where the publisher no longer knew it. */
  readonly withdrawn: string | null;
}

/** The base key of `base` (of its shard, when `shard` is not '') is full: its 16 shards hold entries too. */
export interface SplitBody {
  /** A last path component. */
  readonly base: string;
  /** Hexadecimal digits, one a level; '' for the base key itself. */
  readonly shard: string;
}

/** A parsed body with its kind. */
export type RecordBody =
  | { readonly kind: 'publication'; readonly body: PublicationBody }
  | { readonly kind: 'provider'; readonly body: ProviderBody }
  | { readonly kind: 'tombstone'; readonly body: TombstoneBody }
  | { readonly kind: 'split'; readonly body: SplitBody };
