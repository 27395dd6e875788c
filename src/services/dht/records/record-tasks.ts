/** What the record worker does, as messages: plain data, identifiers as hexadecimal text, records encoded. */
import type { StoreOutcome } from '../../../generated/anillo/records/v1/records.ts';
import type { ProblemDetails } from '../../../problems/problem.ts';
import type { KeyRange } from '../../../records/key-range.ts';
import type { Identifier } from '../../../ring/identifier.ts';
import type { CataloguedFile, PendingChange, RefusedChange } from './pending-source.ts';

/** The two sets of tables: what is stored for the ring, and what this node asserts. */
export type TableName = 'stored' | 'asserted';

export interface RecordWorkerData {
  readonly dataDir: string;
  readonly networkId: string;
  /** PKCS#8; stays within the process. */
  readonly keyPem: string;
}

export interface Outcomes {
  readonly outcomes: readonly StoreOutcome[];
  readonly codes: readonly string[];
}

export interface StoreDone extends Outcomes {
  /** Bundles for the replicas: what stands on at least 3 nodes, and of that what stands on 5. Null when there is nothing. */
  readonly all: Uint8Array | null;
  readonly wide: Uint8Array | null;
  /** A bundle for the caller to learn from, or null. */
  readonly news: Uint8Array | null;
}

export interface RangeSelection {
  readonly table: TableName;
  readonly range: KeyRange;
  readonly minCopies: number;
  readonly maxCopies?: number;
  /** Only records that this node signed, or only others'. */
  readonly signer?: { readonly node: string; readonly by: 'own' | 'foreign' };
}

export interface RangeSummary {
  readonly summary: Uint8Array;
  readonly buckets: Uint8Array;
  readonly count: number;
}

/** 64 bytes: (placement key, slot). */
export type EntryCursor = Uint8Array | null;

export interface EntryPage {
  /** (placement key, slot, seq, version tag) of 80 bytes each. */
  readonly entries: Uint8Array;
  /** Null after the last. */
  readonly next: EntryCursor;
}

/** A record on its way to the owner of one of its keys. */
export interface Outgoing {
  readonly key: Identifier;
  readonly slot: Identifier;
  readonly root: Uint8Array;
  readonly record: Uint8Array;
  readonly remainingMs: number;
  /** Ids of the pending changes that wait for it. */
  readonly changes: readonly number[];
}

export interface OutgoingBatch {
  readonly outgoing: readonly Outgoing[];
  /** Encoded SignedBatches of their roots. */
  readonly batches: readonly { readonly root: Uint8Array; readonly encoded: Uint8Array }[];
}

export interface RenewTask {
  /** Whose records, 64 hexadecimal digits. */
  readonly signer: string;
  readonly range: KeyRange;
  readonly digest: Uint8Array;
  /** Position in the news that the last answer ended at, or 0. */
  readonly since: bigint;
}

/** What others published of the contents that the caller of a renewal provides. */
export interface News {
  /** An encoded RecordBundle, or null when there is nothing new. */
  readonly bundle: Uint8Array | null;
  /** Where the next answer goes on. */
  readonly position: bigint;
  readonly more: boolean;
}

export interface RenewDone {
  readonly equal: boolean;
  readonly buckets: Uint8Array;
  readonly news: News;
}

export interface StoredLease {
  /** Encoded Lease. */
  readonly lease: Uint8Array;
  readonly node: string;
  /** Below 0 how long ago it ran out. */
  readonly remainingMs: number;
}

export interface RecordTasks {
  /** Opens both files. */
  open(input: Record<never, never>): { readonly storeId: bigint; readonly leases: readonly StoredLease[] };
  /** As owner of `owned`; `isWide` where some nodes hold only what stands on many. */
  store(input: {
    readonly bundle: Uint8Array;
    readonly owned: KeyRange;
    readonly isWide: boolean;
  }): StoreDone;
  /** As replica or neighbour. */
  replicate(input: { readonly bundle: Uint8Array }): Outcomes;
  digest(input: RangeSelection): RangeSummary;
  entries(input: RangeSelection & { readonly cursor: EntryCursor; readonly limit: number }): EntryPage;
  /** The records at these (key, slot) pairs, as bundles of bounded size. */
  pick(input: { readonly table: TableName; readonly wanted: Uint8Array; readonly bundlesMax: number }): {
    readonly bundles: readonly Uint8Array[];
    /** Nodes whose providers are among them. */
    readonly providers: readonly string[];
    /** How many of the pairs are in the bundles; the rest did not fit. */
    readonly picked: number;
  };
  /** Which of these entries stand here neither in this version nor in a newer one: their indexes. */
  missing(input: {
    readonly table: TableName;
    readonly entries: Uint8Array;
    /** Also those of which a newer version stands here. */
    readonly orSuperseded: boolean;
  }): {
    readonly missing: readonly number[];
  };
  renew(input: RenewTask): RenewDone;
  /** Signs pending changes in one batch, and remembers them before they are sent. */
  sign(input: { readonly changes: readonly PendingChange[]; readonly nowMs: number }): OutgoingBatch & {
    /** Changes of which no record was signed: no node would take it. */
    readonly refused: readonly RefusedChange[];
  };
  /** Signs again some of what was signed by a clock far ahead; before anything else is signed, until there is no more. */
  resign(input: { readonly nowMs: number }): OutgoingBatch & { readonly more: boolean };
  /** Full base keys: moves these assertions one shard deeper and asserts that the key is split. */
  shard(input: {
    readonly refused: readonly { key: Identifier; slot: Identifier; changes: readonly number[] }[];
    readonly nowMs: number;
  }): OutgoingBatch & {
    /** Indexes of those that no deeper shard takes. */
    readonly stuck: readonly number[];
  };
  /** Asserted records at (key, slot) pairs. */
  outgoing(input: { readonly wanted: Uint8Array }): OutgoingBatch;
  /** Which of these files this node neither publishes nor provides: their indexes. */
  unasserted(input: { readonly files: readonly CataloguedFile[] }): {
    readonly unasserted: readonly number[];
  };
  /** Publications by others of contents that this node provides, and what superseded its own. */
  learn(input: { readonly bundle: Uint8Array }): { readonly learned: number };
  /** The first asserted key after `after`, from 0 up; null when there is none. */
  nextAsserted(input: { readonly after: Identifier | null }): { readonly key: Identifier | null };
  /** The first stored key after `after` in ring order within the range; null when there is none. */
  nextStored(input: { readonly after: Identifier; readonly range: KeyRange }): {
    readonly key: Identifier | null;
  };
  saveLeases(input: { readonly leases: readonly StoredLease[]; readonly ended: readonly string[] }): null;
  /** Providers of these nodes are taken and kept from now on, others' are swept. */
  keep(input: { readonly nodes: readonly string[] }): null;
  /** Counts `elapsedMs` as lived, and removes some of what expired: withdrawals, and providers of nodes that are not kept. */
  sweep(input: { readonly elapsedMs: number }): { readonly removed: number; readonly more: boolean };
  /** Takes away copies that others have confirmed. */
  drop(input: { readonly pairs: Uint8Array }): { readonly removed: number };
  close(input: Record<never, never>): null;
}

export type TaskName = keyof RecordTasks;
export type TaskInput<Name extends TaskName> = Parameters<RecordTasks[Name]>[0];
export type TaskOutput<Name extends TaskName> = ReturnType<RecordTasks[Name]>;

export interface TaskRequest {
  readonly id: number;
  readonly name: TaskName;
  readonly input: unknown;
}

export type TaskResponse =
  | { readonly id: number; readonly output: unknown }
  | {
      readonly id: number;
      readonly code: string;
      readonly details: ProblemDetails;
      readonly stack: string;
    };
