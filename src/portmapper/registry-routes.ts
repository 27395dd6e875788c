/** The routes of the registry: nodes register and speak, people and clients read it. */
import Type from 'typebox';
import {
  NetworkInfo,
  NodeList,
  NodesQuery,
  Placement,
  PlacementQuery,
  type RegisteredNode,
  RegistrationAnswer,
  SignedReport,
} from '../client/schemas/portmapper-routes.ts';
import { Identifier } from '../client/schemas/shared.ts';
import type { HttpServer } from '../services/http/http-server.ts';
import type { Admission } from './admission.ts';
import type { Clock } from './clock.ts';
import { placeUpload } from './placement.ts';
import type { KnownNode, Registry } from './registry.ts';

const IdParams = Type.Object({ id: Identifier });
/** A report, its descriptor and the base64 of both. */
const REPORT_MAX_BYTES = 80 * 1024;

export interface RegistryRoutes {
  readonly registry: Registry;
  readonly admission: Admission;
  readonly clock: Clock;
  readonly network: Omit<NetworkInfo, 'time'>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export function serveRegistry(server: HttpServer, routes: RegistryRoutes): void {
  serveReading(server, routes);
  serveReports(server, routes.admission);
}

function serveReading(server: HttpServer, { registry, clock, network, random }: RegistryRoutes): void {
  const tags = ['network'];
  server.get(
    '/api/v1/network',
    { schema: { summary: 'The network that this portmapper serves', tags, response: { 200: NetworkInfo } } },
    async () => ({ ...network, time: clock.unixMs() }),
  );
  server.get(
    '/api/v1/nodes',
    {
      schema: {
        summary: 'Every node that is known, with its state and availability',
        tags,
        querystring: NodesQuery,
        response: { 200: NodeList },
      },
    },
    async ({ query: { limit = 10_000, cursor = '' } }) => {
      const rest = registry.nodes().filter((node) => node.id > cursor);
      const page = rest.slice(0, limit);
      const nextCursor = rest.length > limit ? (page.at(-1)?.id ?? null) : null;
      return { nodes: page.map((node) => describe(node, registry, clock.unixMs())), nextCursor };
    },
  );
  server.get(
    '/api/v1/placement',
    {
      schema: {
        summary: 'The nodes to upload to',
        tags,
        querystring: PlacementQuery,
        response: { 200: Placement },
      },
    },
    async ({ query: { size, replicas = 1 } }) =>
      placeUpload(registry.inState('active'), size, replicas, random),
  );
}

function serveReports(server: HttpServer, admission: Admission): void {
  const tags = ['registration'];
  const response = { 200: RegistrationAnswer };
  server.post(
    '/api/v1/nodes',
    {
      bodyLimit: REPORT_MAX_BYTES,
      schema: { summary: 'A node registers', tags, body: SignedReport, response },
    },
    async ({ body }) => admission.register(body),
  );
  server.post(
    '/api/v1/nodes/:id/heartbeat',
    {
      bodyLimit: REPORT_MAX_BYTES,
      schema: { summary: 'A node is there', tags, params: IdParams, body: SignedReport, response },
    },
    async ({ params, body }) => admission.heartbeat(params.id, body),
  );
  server.post(
    '/api/v1/nodes/:id/leave',
    {
      bodyLimit: REPORT_MAX_BYTES,
      schema: { summary: 'A node leaves', tags, params: IdParams, body: SignedReport, response },
    },
    async ({ params, body }) => admission.leave(params.id, body),
  );
}

function describe(node: KnownNode, registry: Registry, unixMs: number): RegisteredNode {
  const { id, address, descriptor, report, presence, lastSeenMs } = node;
  return {
    id,
    address,
    endpoints: { ...descriptor.endpoints },
    state: presence.state,
    joined: report.joined,
    incarnation: descriptor.incarnation,
    lastSeen: lastSeenMs,
    roundTripMs: report.roundTripMs,
    availability: registry.availability(node, unixMs),
    files: report.files,
    bytes: report.bytes,
    freeBytes: report.freeBytes,
    insecure: report.insecure,
    labels: { ...descriptor.labels },
    version: descriptor.version,
  };
}
