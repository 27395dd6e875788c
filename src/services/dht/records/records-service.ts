/** The records' part of the DHT service, composed: store, server, reader, publisher, replication, renewal. */
import type { Logger } from 'pino';
import type { RecordsServiceServer } from '../../../generated/anillo/records/v1/records.ts';
import type { NodeKey } from '../../../identity/node-key.ts';
import type { Problem } from '../../../problems/problem.ts';
import type { Random } from '../../../ring/effect.ts';
import type { Identifier } from '../../../ring/identifier.ts';
import { unary } from '../bounded-service.ts';
import type { PublishOptions } from '../dht-api.ts';
import type { PeerPort, RingPort } from '../ring-port.ts';
import { type Clock, MACHINE_CLOCK, signalAfter } from './clock.ts';
import { Delivery } from './delivery.ts';
import type { FoundRecords } from './found-records.ts';
import { Housekeeping } from './housekeeping.ts';
import { LeaseBook } from './lease-book.ts';
import { OwnerMap } from './owner-map.ts';
import { Ownership } from './ownership.ts';
import { RECORD_PARAMETERS, type RecordParameters } from './parameters.ts';
import { PeerCalls, type RecordMethods } from './peer-calls.ts';
import type { PendingSource } from './pending-source.ts';
import { PublicationCheck } from './publication-check.ts';
import { Publisher } from './publisher.ts';
import { RangeSync } from './range-sync.ts';
import { Reader } from './reader.ts';
import { checksOf } from './record-checks.ts';
import { RecordServer } from './record-server.ts';
import { type RecordPlace, RecordStore } from './record-store.ts';
import { Renewal } from './renewal.ts';
import { ReplicaWriter } from './replica-writer.ts';
import { Replication } from './replication.ts';
import { Surplus } from './surplus.ts';

/** What a graceful stop may take: whoever stops waits for it. */
const LEAVE_MAX_MS = 2000;

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
  /** A simulator's; without it this machine's. */
  readonly clock?: Clock;
  readonly random?: Random;
  /** Instead of files in `dataDir` and a thread. */
  readonly place?: RecordPlace;
}

export interface RunningRecords {
  /** Serve these before the ring is joined. */
  readonly handlers: RecordsServiceServer;
  /**
   * Everything that stands under a key, at most `limit` publications.
   * @throws Problem `not_ready` (no owner is found), `deadline` (too few answered to know, though asked again and again)
   */
  find(key: Identifier, limit: number): Promise<FoundRecords>;
  /** As `DhtApi` has it. @throws Problem `deadline`, `invalid_record`, `not_ready` */
  publish(options: PublishOptions): Promise<{ readonly pending: number }>;
  /** Resolves when the node cannot keep records any more: it must not go on owning. `no_space`, `cannot_write`, `internal` */
  readonly failed: Promise<Problem>;
  /** Placements that this node stores for the ring. */
  recordCount(): number;
  /** Changes not yet on the ring. */
  pendingCount(): number;
  /** Changes that the ring will never take. */
  refusedCount(): number;
  /** Before the ring is left: gives the successors what they lack, and ends this node's lease. Bounded to a few seconds. */
  leave(): Promise<void>;
  /** Ends all work and closes the store. */
  stop(): Promise<void>;
}

/** @throws Problem `newer_data` */
export async function startRecords(options: RecordsOptions): Promise<RunningRecords> {
  const parts = await compose(options);
  const { store, server, owners, delivery, reader, publisher, replication, renewal, workers } = parts;
  const { pending } = options;
  const unsubscribe = options.ring.onEvent((event) => {
    const isGone = event.type === 'dead' || event.type === 'departed';
    // Who owned what is asked anew: a range costs one lookup, a dead owner a deadline.
    if (isGone || event.type === 'neighboursChanged') owners.clear();
    if (isGone) delivery.gone(event.contact.id);
  });
  for (const worker of workers) worker.start();
  let isStopped = false;
  return {
    handlers: handlersOf(server),
    find: (key, limit) => reader.find(key, limit),
    publish: async ({ wait, timeoutMs, paths }) => {
      publisher?.nudge();
      if (wait) await publisher?.waitUntilPublished(timeoutMs, paths);
      return { pending: pending?.pendingCount() ?? 0 };
    },
    failed: store.failed,
    recordCount: () => store.count(),
    pendingCount: () => pending?.pendingCount() ?? 0,
    refusedCount: () => pending?.refusedCount() ?? 0,
    leave: async () => {
      const signal = signalAfter(options.clock ?? MACHINE_CLOCK, LEAVE_MAX_MS);
      await Promise.allSettled([replication.handOver(signal), renewal.end(signal)]);
    },
    stop: async () => {
      if (isStopped) return;
      isStopped = true;
      unsubscribe();
      await Promise.allSettled(workers.map((worker) => worker.stop()));
      await store.close();
    },
  };
}

async function compose(options: RecordsOptions) {
  const { ring, peers, key, pending, log, place, clock = MACHINE_CLOCK, random = Math.random } = options;
  const parameters = { ...RECORD_PARAMETERS, ...options.parameters };
  const store =
    place === undefined
      ? await RecordStore.open(options.dataDir, peers.networkId, key)
      : await RecordStore.at(place, clock);
  const leases = openLeases(store, options, parameters.leaseDurationMs, clock);
  const ownership = new Ownership(ring, clock, parameters.syncIntervalMs);
  const owners = new OwnerMap(ring, parameters.lookupTimeoutMs);
  const calls: PeerCalls = new PeerCalls(peers, key.id, parameters.callTimeoutMs, () => server, clock);
  const replicas = new ReplicaWriter(ownership, calls, log);
  const server = new RecordServer({
    networkTag: peers.networkTag,
    store,
    leases,
    ownership,
    replicas,
    random,
  });
  const reader = new Reader({ ...parameters, owners, calls, checks: checksOf(peers.networkId), clock });
  const common = { ring, ownership, owners, store, leases, calls, clock, random, log, ...parameters };
  const sync = new RangeSync(common);
  const delivery = new Delivery(common);
  const publisher = pending === null ? null : new Publisher({ ...common, source: pending, delivery });
  const replication = new Replication({ ...common, sync });
  const renewal = new Renewal({ ...common, delivery, self: key.id });
  const surplus = new Surplus({ ...common, sync });
  const housekeeping = new Housekeeping(common);
  const background: Background[] = [ownership, replication, renewal, surplus, housekeeping];
  const workers =
    pending === null || publisher === null
      ? background
      : [
          publisher,
          new PublicationCheck({ ...common, source: pending, onQueued: () => publisher.nudge() }),
          ...background,
        ];
  return { store, server, owners, delivery, reader, publisher, replication, renewal, workers };
}

interface Background {
  start(): void;
  stop(): Promise<void>;
}

/** The leases of the last life, and this one's own; the worker keeps the providers of those. */
function openLeases(
  store: RecordStore,
  { key, peers, incarnation, log }: RecordsOptions,
  durationMs: number,
  clock: Clock,
): LeaseBook {
  const leases = new LeaseBook(key, peers.networkId, incarnation, durationMs, clock);
  leases.restore(store.leases);
  const keep = () => {
    store
      .run('keep', { nodes: leases.kept() })
      .catch((error) => log.warn({ reason: String(error) }, 'leases not kept'));
  };
  leases.onKept = keep;
  keep();
  return leases;
}

function handlersOf(server: RecordMethods): RecordsServiceServer {
  return {
    store: unary((request) => server.store(request)),
    replicate: unary((request) => server.replicate(request)),
    fetch: unary((request) => server.fetch(request)),
    digest: unary((request) => server.digest(request)),
    list: unary((request) => server.list(request)),
    missing: unary((request) => server.missing(request)),
    renew: unary((request) => server.renew(request)),
  };
}
