/** Routes and parameters that the contract fixes and this version does not serve: 501 `not_built`, and not a word in OpenAPI. */
import { Problem } from '../../problems/problem.ts';
import type { ReasonCode } from '../../problems/reasons.ts';
import type { HttpServer } from './http-server.ts';

type Place = 'node' | 'portmapper';

interface UnbuiltRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly feature: ReasonCode;
  readonly on: readonly Place[];
}

const BOTH: readonly Place[] = ['node', 'portmapper'];

export const UNBUILT_ROUTES: readonly UnbuiltRoute[] = [
  { method: 'POST', url: '/api/v1/files/:cid/keep', feature: 'feature.keep', on: ['node'] },
  { method: 'GET', url: '/api/v1/tasks', feature: 'feature.tasks', on: BOTH },
  { method: 'POST', url: '/api/v1/tasks/:id/retry', feature: 'feature.tasks', on: BOTH },
  { method: 'DELETE', url: '/api/v1/tasks/:id', feature: 'feature.tasks', on: BOTH },
  { method: 'GET', url: '/api/v1/events', feature: 'feature.events', on: BOTH },
  { method: 'POST', url: '/api/v1/network/join', feature: 'feature.authority', on: ['portmapper'] },
  { method: 'POST', url: '/api/v1/network/revoke', feature: 'feature.authority', on: ['portmapper'] },
];

interface UnbuiltParameter extends UnbuiltRoute {
  readonly parameter: string;
}

/** Of routes that are served. */
const UNBUILT_PARAMETERS: readonly UnbuiltParameter[] = [
  {
    method: 'PUT',
    url: '/api/v1/files',
    parameter: 'replicas',
    feature: 'feature.copies',
    on: ['node'],
  },
];

/** Refused before a body is looked at: whatever its type, what is missing is the route. */
export function refuseUnbuiltRoutes(server: HttpServer, place: Place): void {
  for (const { method, url, feature, on } of UNBUILT_ROUTES) {
    if (!on.includes(place)) continue;
    const refuse = async (): Promise<never> => {
      throw new Problem('not_built', { feature });
    };
    server.route({
      method,
      url,
      schema: { hide: true },
      onRequest: refuse,
      handler: refuse,
    });
  }
  const parameters = UNBUILT_PARAMETERS.filter(({ on }) => on.includes(place));
  server.addHook('onRequest', async (request) => {
    const { url } = request.routeOptions;
    for (const unbuilt of parameters) {
      if (unbuilt.url !== url || unbuilt.method !== request.method) continue;
      if (Object.hasOwn(request.query as object, unbuilt.parameter))
        throw new Problem('not_built', { feature: unbuilt.feature });
    }
  });
}
