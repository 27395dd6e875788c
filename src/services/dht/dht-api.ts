/**
 * The DHT as the node's other services see it. Two implementations: inside the process that runs the DHT service, and
 * over gRPC for a service in a process of its own.
 */
import type { Identifier } from '../../ring/identifier.ts';

export interface NodeAddress {
  readonly id: string;
  /** The node's index endpoint, `host:port`; its DHT endpoint while no index service of it is known. */
  readonly address: string;
}

export interface DhtLookupStep extends NodeAddress {
  readonly ms: number;
  /** `failed`: no answer, or none of use. `abandoned`: it redirected, and from there no owner was reached. */
  readonly outcome: 'owner' | 'redirect' | 'failed' | 'abandoned';
}

/** `GET /api/v1/lookup`, without the key's own description. */
export interface DhtLookup {
  /** The key that was looked up. */
  readonly id: Identifier;
  readonly owner: NodeAddress;
  /** Calls in the order made. */
  readonly path: readonly DhtLookupStep[];
  /** Those of the path that led to the owner: `redirect` and `owner`; 0 when the asker owns the key. */
  readonly hops: number;
  readonly ms: number;
}

export interface FoundPublication {
  readonly kind: 'publication' | 'tombstone';
  readonly publisher: string;
  /** Hybrid logical clock as decimal text; newer is larger. */
  readonly seq: bigint;
  readonly cid: string;
  readonly path: string;
  readonly size: number;
  readonly type: string;
  readonly modified: number;
  readonly tags: readonly string[];
  readonly copies: number;
  readonly previous: string | null;
}

export interface FoundProvider extends NodeAddress {
  readonly cid: string;
  readonly complete: boolean;
  /** The node's download endpoint. */
  readonly download: string;
  readonly state: 'active' | 'suspect' | 'inactive';
}

export interface Found {
  readonly publications: readonly FoundPublication[];
  /** What those replaced under this key, newest first. */
  readonly versions: readonly FoundPublication[];
  /** Live providers that a file can be fetched from, for a key of a cid. */
  readonly providers: readonly FoundProvider[];
  readonly replicasAsked: number;
  readonly replicasAgreed: number;
  readonly truncated: boolean;
}

export interface RingMember extends NodeAddress {
  readonly state: 'active' | 'suspect' | 'inactive';
  readonly successors: readonly string[];
}

export interface PublishOptions {
  readonly wait: boolean;
  readonly timeoutMs: number;
  /** Waits for the changes of these paths only. */
  readonly paths?: readonly string[];
}

export interface DhtStatus {
  readonly id: string;
  readonly networkId: string;
  readonly incarnation: number;
  readonly joined: boolean;
  /** It joined just now, or was paused: it claims no key until it is sure. */
  readonly inDoubt: boolean;
  readonly predecessor: NodeAddress | null;
  readonly successors: readonly NodeAddress[];
  /** r: how many successors it keeps where there are as many. */
  readonly successorsMax: number;
  /** Members that do not answer it now. */
  readonly suspects: readonly NodeAddress[];
  readonly estimatedRingSize: number;
  /** Members that are gone without having left, as far as this node knows. */
  readonly away: number;
  readonly records: number;
  /** Publications and withdrawals that wait for the ring. */
  readonly pending: number;
  /** Changes that the ring will never take. */
  readonly refused: number;
}

/** How a key follows from a text: as given, or as records of a path, a last component or a CID are placed. */
export type KeySource = 'text' | 'name' | 'base' | 'cid';

export interface DhtApi {
  /** The key of `text`. Pure: the services that speak REST know no records, so the hashing of keys stands behind this port. */
  keyOf(source: KeySource, text: string): Identifier;
  /** What this node knows now: nobody is asked. */
  status(): Promise<DhtStatus>;
  /** Members in ring order, this node first, as far as it knows. */
  ring(): Promise<readonly RingMember[]>;
  /** @param timeoutMs no longer than that, nor than the service itself tries. @throws Problem `not_ready`, `deadline` */
  lookup(key: Identifier, timeoutMs?: number): Promise<DhtLookup>;
  /**
   * Everything that stands under a key, read from its owner and, in the background, its replicas.
   * @param timeoutMs as for `lookup`
   * @throws Problem `not_ready`, `deadline`, `unreachable`
   */
  find(key: Identifier, limit: number, timeoutMs?: number): Promise<Found>;
  /**
   * Pending publications and withdrawals wait in the catalog. With `wait`, resolves when those up to now stand on the ring.
   * @throws Problem `deadline`, `not_ready`, `invalid_record` where the ring will never take one of `paths`
   */
  publish(options: PublishOptions): Promise<{ readonly pending: number }>;
}
