/** The type of every REST listener: fastify with typebox schemas as the source of its types. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifyTypeProvider,
  RawServerDefault,
} from 'fastify';
import type { Static, TSchema } from 'typebox';

interface TypeBoxProvider extends FastifyTypeProvider {
  readonly validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
  readonly serializer: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
}

export type HttpServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxProvider
>;
/** For code that serves more than one route: the request and reply without a route's own types. */
export type HttpRequest = FastifyRequest;
export type HttpReply = FastifyReply;

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * The handler itself calls `allowBody` before it reads: a refusal then reaches a client that sent
     * `Expect: 100-continue` before it sends a byte of the body (RFC 9110, section 10.1.1).
     */
    readonly bodyWhenAllowed?: boolean;
  }

  interface FastifySchema {
    /** A body that the handler reads as a stream: documented, not parsed. */
    readonly 'x-body'?: { readonly type: string; readonly schema: object };
  }
}

/** Tells a client that waits with `Expect: 100-continue` to send its body. */
export function allowBody(
  request: { readonly raw: IncomingMessage },
  reply: { readonly raw: ServerResponse },
): void {
  if (request.raw.headers.expect?.toLowerCase() === '100-continue' && !reply.raw.headersSent)
    reply.raw.writeContinue();
}
