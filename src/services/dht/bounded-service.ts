/**
 * Handlers that see only requests within their bound, and whose failures go out as problems. grpc-js knows one size for a
 * whole server, and answers what cannot be decoded with INTERNAL; each service here has its own bound and honest codes.
 */
import type {
  handleServerStreamingCall,
  handleUnaryCall,
  MethodDefinition,
  ServerUnaryCall,
  ServiceDefinition,
} from '@grpc/grpc-js';
import { Problem } from '../../problems/problem.ts';
import { malformed } from './contact-codec.ts';
import { toStatus } from './grpc-problems.ts';

/** The service, its requests held to `maxBytes` each. To be served by handlers of `unary` and `streaming` only. */
export function bounded<Service extends ServiceDefinition>(service: Service, maxBytes: number): Service {
  const methods = Object.entries(service).map(([name, method]) => [name, boundedMethod(method, maxBytes)]);
  return Object.fromEntries(methods) as Service;
}

function boundedMethod<Request, Response>(
  method: MethodDefinition<Request, Response>,
  maxBytes: number,
): MethodDefinition<Request | Problem, Response> {
  return {
    ...method,
    requestSerialize: (request) => {
      if (request instanceof Problem) throw request;
      return method.requestSerialize(request);
    },
    // A problem is handed on in the request's place: thrown here it would reach the caller as INTERNAL.
    requestDeserialize: (bytes) => {
      if (bytes.length > maxBytes) {
        return new Problem('too_large', { what: 'the.request', limit: `${maxBytes} bytes` });
      }
      try {
        return method.requestDeserialize(bytes);
      } catch {
        return malformed('the message cannot be decoded');
      }
    },
  };
}

/** What handlers may look at beside the request. */
export type Call = Pick<ServerUnaryCall<unknown, unknown>, 'metadata' | 'once' | 'getDeadline'>;

/** The answer needs a moment on its way back, or the caller sees a deadline instead of it. */
const DEADLINE_MARGIN_MS = 100;

/** Till the caller gives up; Infinity when it did not say. */
export function timeLeftMs(call: Call): number {
  return Math.max(Number(call.getDeadline()) - Date.now() - DEADLINE_MARGIN_MS, 1);
}

export type Answer<Request, Response> = (request: Request, call: Call) => Promise<Response> | Response;

export function unary<Request, Response>(
  answer: Answer<Request, Response>,
): handleUnaryCall<Request, Response> {
  return async (call, callback) => {
    try {
      if (call.request instanceof Problem) throw call.request;
      callback(null, await answer(call.request, call));
    } catch (error) {
      callback(toStatus(error));
    }
  };
}

export type Pages<Request, Page> = (request: Request, call: Call) => Promise<Iterable<Page>>;

export function streaming<Request, Page>(
  pages: Pages<Request, Page>,
): handleServerStreamingCall<Request, Page> {
  return async (call) => {
    try {
      if (call.request instanceof Problem) throw call.request;
      for (const page of await pages(call.request, call)) call.write(page);
      call.end();
    } catch (error) {
      call.emit('error', toStatus(error));
    }
  };
}
