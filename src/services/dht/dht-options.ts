/** What the DHT service is started with, and what it gives while it runs. */
import type { Logger } from 'pino';
import type { Endpoints } from '../../identity/descriptor.ts';
import type { NodeKey } from '../../identity/node-key.ts';
import type { ReportBody } from '../../identity/signed-report.ts';
import type { Problem } from '../../problems/problem.ts';
import type { RingParameters } from '../../ring/parameters.ts';
import type { DhtApi } from './dht-api.ts';
import type { FoundingTiming } from './founding.ts';
import type { RecordParameters } from './records/parameters.ts';
import type { PendingSource } from './records/pending-source.ts';
import type { RingFigures } from './ring-watch.ts';

export interface DhtServiceOptions {
  readonly dataDir: string;
  /** 64 hexadecimal digits. */
  readonly networkId: string;
  readonly key: NodeKey;
  readonly incarnation: number;
  /** Where to listen; the caller has made sure that it may. */
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** The host under which others reach this node, where it is not `host`. */
  readonly advertise?: string;
  /** Of the node's other services, now; asked each second. `dht` is filled in here. */
  readonly endpoints: () => Endpoints;
  readonly labels: Readonly<Record<string, string>>;
  readonly version: string;
  /** `host:port` of DHT services. */
  readonly join: readonly string[];
  /** URLs. */
  readonly portmappers: readonly string[];
  /** Publications that wait for the ring, or null where the node has no library. */
  readonly catalog: PendingSource | null;
  /** What the node's reports to portmappers say beside its place in the ring. */
  readonly report: () => Omit<ReportBody, 'roundTripMs' | 'joined'>;
  /** The service cannot go on and has stopped: `other_network`, `other_version`, `superseded`, `no_space`, `cannot_write`, `internal`. */
  readonly onFatal: (problem: Problem) => void;
  readonly log: Logger;
  readonly timing?: {
    readonly founding?: Partial<FoundingTiming>;
    readonly ring?: Partial<RingParameters>;
    readonly records?: Partial<RecordParameters>;
  };
}

export interface RunningDht {
  readonly api: DhtApi;
  /** How the ring looks from here now. */
  ringFigures(): RingFigures;
  /** `host:port` under which others reach the service. */
  readonly address: string;
  readonly id: string;
  /**
   * Says goodbye to the portmappers, for at most a second: nothing new is sent here. On the ring the node stays till its
   * stop.
   */
  takeLeave(): Promise<void>;
  /** With `leave`, hands records over and tells the neighbours first. Ends within 5 s. */
  stop(options: { readonly leave: boolean }): Promise<void>;
}
