/** The records' part of the DHT service, composed: store, server, reader, publisher, replication, renewal. */
import type { Logger } from 'pino';
import type { RecordsServiceServer } from '../../../generated/anillo/records/v1/records.ts';
import type { NodeKey } from '../../../identity/node-key.ts';
import type { Identifier } from '../../../ring/identifier.ts';
import type { PeerPort, RingPort } from '../ring-port.ts';
import type { FoundRecords } from './found-records.ts';
import type { RecordParameters } from './parameters.ts';
import type { PendingSource } from './pending-source.ts';

export interface RecordsOptions {
  readonly ring: RingPort;
  readonly peers: PeerPort;
  readonly key: NodeKey;
  readonly incarnation: number;
  readonly dataDir: string;
  /** Null where the node has no library. */
  readonly pending: PendingSource | null;
  readonly log: Logger;
  readonly parameters?: Partial<RecordParameters>;
}

export interface RunningRecords {
  /** Serve these before the ring is joined. */
  readonly handlers: RecordsServiceServer;
  /**
   * Everything that stands under a key, at most `limit` publications.
   * @throws Problem `not_ready` (not on the ring), `deadline` (neither owner nor replicas answered)
   */
  find(key: Identifier, limit: number): Promise<FoundRecords>;
  /** Looks for pending changes now. With `wait`, resolves when those up to now stand on the ring. @throws Problem `deadline` */
  publish(options: { readonly wait: boolean; readonly timeoutMs: number }): Promise<{ readonly pending: number }>;
  /** Placements that this node stores for the ring. */
  recordCount(): number;
  /** Changes not yet on the ring. */
  pendingCount(): number;
  /** Before the ring is left: gives the successors what they lack, and ends this node's lease. Bounded to a few seconds. */
  leave(): Promise<void>;
  /** Ends all work and closes the store. */
  stop(): Promise<void>;
}

/** @throws Problem `newer_data` */
export declare function startRecords(options: RecordsOptions): Promise<RunningRecords>;
