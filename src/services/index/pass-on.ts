/**
 * Older clients know one address of a node. Where its upload or download service runs in another process, their routes
 * are passed on to it, streaming both ways.
 */
import type { IncomingHttpHeaders } from 'node:http';
import Type from 'typebox';
import { Agent } from 'undici';
import { Problem } from '../../problems/problem.ts';
import { allowBody, type HttpReply, type HttpRequest, type HttpServer } from '../http/http-server.ts';

type PassedService = 'upload' | 'download';

/** The other process is on the same machine or network. */
const CONNECT_TIMEOUT_MS = 3_000;
/** It waits for the ring before it answers an upload. */
const HEADERS_TIMEOUT_MS = 120_000;
const CONNECTIONS_MAX = 128;

/** Of one connection, not of the message (RFC 9110, section 7.6.1); `expect` was answered here. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
];

export interface PassOnOptions {
  readonly services: readonly PassedService[];
  /** `host:port` of a service now, or null when no process runs it. */
  readonly endpointOf: (service: PassedService) => string | null;
}

export async function passOn(server: HttpServer, { services, endpointOf }: PassOnOptions): Promise<void> {
  if (services.length === 0) return;
  const agent = new Agent({
    connections: CONNECTIONS_MAX,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: HEADERS_TIMEOUT_MS,
  });
  server.addHook('onClose', () => agent.destroy());
  const routes = {
    upload: { method: 'POST' as const, urls: ['/upload/', '/upload'] },
    download: { method: ['GET', 'HEAD'] as const, urls: ['/download/*'] },
  };
  await server.register(async (scope: HttpServer) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    for (const service of services) {
      const { method, urls } = routes[service];
      for (const url of urls) {
        scope.route({
          method: method as 'GET',
          url,
          config: { bodyWhenAllowed: true },
          schema: {
            summary: `Passed on to the ${service} service (older route)`,
            tags: ['older'],
            hide: url === '/upload',
            ...(service === 'download' ? { params: Type.Object({ '*': Type.String() }) } : {}),
          },
          handler: (request, reply) => passRequest(agent, service, endpointOf(service), request, reply),
        });
      }
    }
  });
}

async function passRequest(
  agent: Agent,
  service: PassedService,
  endpoint: string | null,
  request: HttpRequest,
  reply: HttpReply,
): Promise<HttpReply> {
  const passed = { what: 'the.service', service, hint: 'hint.service' };
  if (endpoint === null) throw new Problem('unreachable', { ...passed, address: '-' });
  const hasBody = request.method === 'POST';
  if (hasBody) allowBody(request, reply);
  try {
    const answer = await agent.request({
      origin: `http://${endpoint}`,
      // As it came: names are decoded and judged where they are used.
      path: request.raw.url ?? '/',
      method: request.method as 'GET',
      headers: endToEnd(request.headers),
      body: hasBody ? request.raw : null,
    });
    return reply.code(answer.statusCode).headers(endToEnd(answer.headers)).send(answer.body);
  } catch (error) {
    request.raw.resume();
    throw new Problem('unreachable', { ...passed, address: endpoint }, error);
  }
}

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)));
}
