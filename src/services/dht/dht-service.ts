/** The DHT service of a node, composed: one gRPC port, the ring, its records, the registration with portmappers. */
import { mkdirSync } from 'node:fs';
import { DEFAULT_PARAMETERS } from '../../ring/parameters.ts';
import { formatAddress } from '../http/listen.ts';
import { bounded } from './bounded-service.ts';
import { DhtNode, type DhtParts } from './dht-node.ts';
import type { DhtServiceOptions, RunningDht } from './dht-options.ts';
import { type GrpcListener, openGrpcListener } from './grpc-listener.ts';
import { addHealth, addReflection } from './introspection.ts';
import { localService } from './local-server.ts';
import { makeLocalToken } from './local-token.ts';
import { MembersFile } from './members-file.ts';
import { NodeDirectory } from './node-directory.ts';
import { olderService } from './older-lookup.ts';
import { OwnDescriptor } from './own-descriptor.ts';
import { OwnDht } from './own-dht.ts';
import { RECORDS_MAX_BYTES } from './peer-channel.ts';
import { Peers } from './peers.ts';
import { startRecords } from './records/records-service.ts';
import { RingDriver } from './ring-driver.ts';
import { ringService } from './ring-server.ts';
import { CountedRecordsService } from './traffic.ts';

/** How often the endpoints of the node's services are compared with what the descriptor says. */
const ENDPOINTS_POLL_MS = 5_000;

/**
 * Resolves when the port is open and the way to the ring has begun; `api.status()` says when it is found.
 * @throws Problem `port_taken`, `bad_configuration`, `newer_data`
 */
export async function startDhtService(options: DhtServiceOptions): Promise<RunningDht> {
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const token = await makeLocalToken(options.dataDir);
  const listener = await openGrpcListener(options.host, options.port);
  try {
    const parts = await compose(options, listener);
    const node = new DhtNode(options, parts, serve(parts, token));
    node.begin();
    options.log.info({ id: node.id, address: node.address }, 'DHT service listens');
    return node;
  } catch (error) {
    await listener.close();
    throw error;
  }
}

async function compose(options: DhtServiceOptions, listener: GrpcListener): Promise<DhtParts> {
  const { log, timing } = options;
  const address = formatAddress(options.advertise ?? options.host, listener.port);
  const members = new MembersFile(options.dataDir, log);
  const own = new OwnDescriptor({ ...options, address }, ENDPOINTS_POLL_MS);
  const peers = new Peers(own, log);
  const driver = new RingDriver({
    self: own.contact,
    parameters: { ...DEFAULT_PARAMETERS, ...timing?.ring },
    exchange: (to, request, timeoutMs, done) => peers.exchange(to, request, timeoutMs, done),
    remember: (entries) => members.save(entries),
    log,
  });
  try {
    const pending = options.catalog;
    const parameters = timing?.records ?? {};
    const records = await startRecords({ ...options, ring: driver, peers, pending, parameters });
    const api = new OwnDht(driver, peers, new NodeDirectory(driver, peers), records);
    return { listener, members, own, peers, driver, records, api };
  } catch (error) {
    peers.stop();
    own.stop();
    throw error;
  }
}

/** @returns how to say that the node is, or is not, a ring member */
function serve(
  { listener, own, peers, driver, records, api }: DhtParts,
  token: string,
): (joined: boolean) => void {
  const { server } = listener;
  const ring = ringService(own, peers, driver);
  server.addService(ring.service, ring.handlers);
  server.addService(bounded(CountedRecordsService, RECORDS_MAX_BYTES), records.handlers);
  const local = localService(api, token);
  server.addService(local.service, local.handlers);
  const older = olderService(api);
  server.addService(older.service, older.handlers);
  addReflection(server);
  return addHealth(server);
}
