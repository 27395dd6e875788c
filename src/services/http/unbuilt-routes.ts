/** Routes that the contract fixes and this version does not serve: 501 `not_built`, and not a word in OpenAPI. */
import { Problem } from '../../problems/problem.ts';
import type { HttpServer } from './http-server.ts';

type Place = 'node' | 'portmapper';

interface UnbuiltRoute {
  readonly method: 'GET' | 'POST' | 'DELETE' | readonly string[];
  readonly url: string;
  readonly feature: string;
  readonly on: readonly Place[];
}

const BOTH: readonly Place[] = ['node', 'portmapper'];
const TUS_METHODS = ['OPTIONS', 'POST', 'GET', 'PATCH', 'DELETE'];

export const UNBUILT_ROUTES: readonly UnbuiltRoute[] = [
  { method: 'POST', url: '/api/v1/files/:cid/keep', feature: 'Keeping a file', on: ['node'] },
  { method: TUS_METHODS, url: '/api/v1/uploads', feature: 'Resumable upload (tus)', on: ['node'] },
  { method: TUS_METHODS, url: '/api/v1/uploads/*', feature: 'Resumable upload (tus)', on: ['node'] },
  { method: 'GET', url: '/api/v1/files/:cid.meta4', feature: 'Metalink', on: BOTH },
  { method: 'GET', url: '/api/v1/tasks', feature: 'Queued work', on: BOTH },
  { method: 'POST', url: '/api/v1/tasks/:id/retry', feature: 'Queued work', on: BOTH },
  { method: 'DELETE', url: '/api/v1/tasks/:id', feature: 'Queued work', on: BOTH },
  { method: 'GET', url: '/api/v1/events', feature: 'The stream of events', on: BOTH },
  { method: 'POST', url: '/api/v1/network/join', feature: "The network's authority", on: ['portmapper'] },
  { method: 'POST', url: '/api/v1/network/revoke', feature: "The network's authority", on: ['portmapper'] },
];

export function refuseUnbuiltRoutes(server: HttpServer, place: Place): void {
  for (const { method, url, feature, on } of UNBUILT_ROUTES) {
    if (!on.includes(place)) continue;
    const refuse = async (): Promise<never> => {
      throw new Problem('not_built', { feature });
    };
    server.route({
      method: method as string | string[] as 'GET',
      url,
      schema: { hide: true },
      handler: refuse,
    });
  }
}
