/** What a client is told when something fails: an RFC 9457 problem, or `{"detail"}` on the older routes. */
import { Problem } from '../../problems/problem.ts';
import type { HttpReply, HttpRequest, HttpServer } from './http-server.ts';
import { isOlderRoute } from './older-routes.ts';

const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';
/** How long a client that found the node busy should wait. */
export const RETRY_AFTER_SECONDS = 5;

/** Answers `error` in the shape that the request's route has. */
export function answerFailure(error: unknown, request: HttpRequest, reply: HttpReply): void {
  const problem = asProblem(error);
  if (problem.code === 'internal') request.log.error({ err: error, url: request.url }, 'a request failed');
  if (reply.raw.headersSent) {
    // Half of an answer is out: a broken connection is the only way left to say that it is not whole.
    reply.raw.destroy();
    return;
  }
  dropHeaders(reply);
  reply.code(problem.status);
  if (problem.code === 'busy') reply.header('retry-after', RETRY_AFTER_SECONDS);
  if (isOlderRoute(request.url)) {
    reply.type('application/json; charset=utf-8').send(JSON.stringify({ detail: problem.message }));
  } else {
    reply.type(PROBLEM_TYPE).send(JSON.stringify(problem.toDocument()));
  }
}

/** What was set for the answer that failed (length, caching, name) would be wrong of the failure. */
function dropHeaders(reply: HttpReply): void {
  for (const name of Object.keys(reply.getHeaders())) {
    if (name === 'content-range') continue;
    reply.removeHeader(name);
    reply.raw.removeHeader(name);
  }
}

export function handleFailures(server: HttpServer): void {
  server.setErrorHandler((error, request, reply) => answerFailure(error, request, reply));
  server.setNotFoundHandler((request, reply) => {
    const path = (request.url.split('?', 1)[0] ?? '').slice(0, 256);
    answerFailure(new Problem('no_such_route', { route: `${request.method} ${path}` }), request, reply);
  });
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (!(error instanceof Error)) return Problem.from(error);
  const { code, statusCode } = error as Error & { code?: unknown; statusCode?: unknown };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new Problem('too_large', { what: 'the.body', limit: '1 MiB' }, error);
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new Problem('bad_request', { reason: error.message }, error);
  }
  return Problem.from(error);
}
