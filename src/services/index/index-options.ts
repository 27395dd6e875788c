/** What the index service needs of its node. */
import type { Logger } from 'pino';
import type { Endpoints, NodeAddress } from '../../client/schemas/shared.ts';
import type { Library } from '../../library/library.ts';
import type { DhtApi } from '../dht/dht-api.ts';

export interface IndexOptions {
  readonly library: Library;
  readonly dht: DhtApi;
  /** 64 hexadecimal digits; null before the first start of the DHT service. */
  readonly networkId: () => string | null;
  /** This node, as it calls itself in answers. */
  readonly self: () => NodeAddress;
  /** Where the node's services listen now, in whichever process. */
  readonly endpoints: () => Endpoints;
  /** Services that this process runs. */
  readonly services: readonly string[];
  readonly version: string;
  /** `major.minor` that this node speaks with others. */
  readonly protocolVersion: string;
  readonly insecure: boolean;
  readonly log: Logger;
}
