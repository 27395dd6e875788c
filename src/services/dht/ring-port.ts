/** What the parts of the DHT service need of the ring and of peers, without its driver and channels. */

import type { RecordsServiceClient } from '../../generated/anillo/records/v1/records.ts';
import type { NodeDescriptor } from '../../identity/descriptor.ts';
import type { LookupResult, RingEvent } from '../../ring/effect.ts';
import type { Identifier } from '../../ring/identifier.ts';
import type { Contact } from '../../ring/message.ts';

export interface Neighbours {
  readonly joined: boolean;
  /** It joined just now, or was paused and may have been taken for dead: it owns nothing until it is sure. */
  readonly inDoubt: boolean;
  /** Null only before the first rectify, and in a ring of one. This node owns (predecessor, self]. */
  readonly predecessor: Contact | null;
  readonly successors: readonly Contact[];
}

export interface RingPort {
  readonly self: Contact;
  neighbours(): Neighbours;
  lookup(key: Identifier, timeoutMs: number): Promise<LookupResult>;
  /** Returns the way to stop listening. */
  onEvent(listener: (event: RingEvent) => void): () => void;
}

export interface PeerPort {
  /** 64 hexadecimal digits. */
  readonly networkId: string;
  /** First 8 bytes of the network id as the wire's fixed64. */
  readonly networkTag: bigint;
  /** A client on a channel whose other end has proved to be this life of this node. Rejects when it cannot be reached. */
  records(to: Contact, timeoutMs: number): Promise<RecordsServiceClient>;
  /** The newest descriptor seen of a node, or null. */
  descriptor(id: string): NodeDescriptor | null;
}
