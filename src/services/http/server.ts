/**
 * What every REST listener of the project has: limits, problems, OpenAPI with its page, health and metrics. The caller
 * adds its routes, then `listen` opens the port.
 */
import fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import Type from 'typebox';
import type { Problem } from '../../problems/problem.ts';
import { answerFailure, handleFailures } from './failures.ts';
import { allowBody, type HttpReply, type HttpRequest, type HttpServer } from './http-server.ts';
import { createMetrics, serveMetrics } from './metrics.ts';
import { refuseOtherSites } from './other-sites.ts';
import { describeRoutes } from './route-documents.ts';

/** Of a JSON body. Files come as streams and have no limit but the disk. */
const BODY_MAX_BYTES = 1024 * 1024;
/** A name of 4,096 bytes with every byte percent-encoded. */
const PARAM_MAX_CHARACTERS = 3 * 4096;
/** The request line and headers: such a name once in the path, once in the query, and room for the rest. */
const HEADER_MAX_BYTES = 32 * 1024;
/** A client that opens a connection and does not speak. */
const HEADERS_TIMEOUT_MS = 20_000;
/** Nothing moved in either direction for this long: the other side is gone. Transfers may take as long as they move. */
const IDLE_TIMEOUT_MS = 120_000;
const KEEP_ALIVE_TIMEOUT_MS = 30_000;
/** 64 transfers, searches, and people; more is an attack or a fault. */
const CONNECTIONS_MAX = 2048;

export interface HttpServerOptions {
  readonly log: Logger;
  /** Title of the OpenAPI document. */
  readonly title: string;
  readonly version: string;
  /** Names by which it may be called besides its addresses and localhost; null: by any. Default none. */
  readonly names?: readonly string[] | null;
  /** Answers `GET /readyz`: null when ready, else why not. */
  readonly notReady?: () => Promise<Problem | null> | Problem | null;
  /** Metrics of this process; made when absent. */
  readonly metrics?: Registry;
}

export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const server = fastify({
    loggerInstance: options.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_MAX_BYTES,
    connectionTimeout: IDLE_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: PARAM_MAX_CHARACTERS },
    http: { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: 0, maxHeaderSize: HEADER_MAX_BYTES },
    frameworkErrors: (error, request, reply) =>
      answerFailure(error, request as HttpRequest, reply as HttpReply),
  }) as unknown as HttpServer;
  server.server.maxConnections = CONNECTIONS_MAX;
  server.server.on('checkContinue', (request, response) => server.server.emit('request', request, response));
  server.addHook('preParsing', async (request, reply) => {
    if (request.routeOptions.config.bodyWhenAllowed !== true) allowBody(request, reply);
  });
  refuseOtherSites(server, options.names === undefined ? [] : options.names);
  handleFailures(server);
  await describeRoutes(server, options);
  serveMetrics(server, options.metrics ?? createMetrics());
  serveHealth(server, options.notReady ?? (() => null));
  return server;
}

function serveHealth(server: HttpServer, notReady: NonNullable<HttpServerOptions['notReady']>): void {
  const tags = ['operation'];
  const State = Type.Object({ status: Type.String() });
  server.get(
    '/healthz',
    { schema: { summary: 'The process answers', tags, response: { 200: State } } },
    async () => ({ status: 'ok' }),
  );
  server.get(
    '/readyz',
    { schema: { summary: 'It can do its work', tags, response: { 200: State } } },
    async () => {
      const problem = await notReady();
      if (problem !== null) throw problem;
      return { status: 'ready' };
    },
  );
}
