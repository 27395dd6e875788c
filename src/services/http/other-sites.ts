/**
 * What pages of other sites may not do. A page that is open in a browser on this machine reaches a loopback listener:
 * directly, and by a name of its own that it lets point here (DNS rebinding), under which the browser takes it for ours.
 */
import { isIP } from 'node:net';
import { Problem } from '../../problems/problem.ts';
import type { HttpRequest, HttpServer } from './http-server.ts';

const SHOWN_MAX_CHARACTERS = 256;

/** @param names by which the listener may be called besides its addresses and localhost; null: by any */
export function refuseOtherSites(server: HttpServer, names: readonly string[] | null): void {
  const own = new Set(['localhost', ...(names ?? [])].map((name) => name.toLowerCase()));
  server.addHook('onRequest', async (request) => {
    if (names !== null) refuseOtherNames(request, own);
    refuseOtherOrigins(request);
  });
}

/** An address cannot be made to point elsewhere. Browsers always send the name that they were given as `Host`. */
function refuseOtherNames({ headers: { host } }: HttpRequest, own: ReadonlySet<string>): void {
  if (host === undefined) return;
  const name = hostnameOf(host);
  if (isIP(name) !== 0 || own.has(name)) return;
  throw new Problem('other_host', { host: host.slice(0, SHOWN_MAX_CHARACTERS) });
}

/** Lower case, without port and brackets; empty for what is no host. */
function hostnameOf(host: string): string {
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '';
}

/** Browsers send the site as `Origin` with every request that may change something (Fetch standard, section 3.2). */
function refuseOtherOrigins({ method, headers: { origin, host } }: HttpRequest): void {
  if (origin === undefined || method === 'GET' || method === 'HEAD') return;
  if (URL.canParse(origin) && new URL(origin).host === host) return;
  throw new Problem('forbidden', {
    reason: `Pages of ${origin.slice(0, SHOWN_MAX_CHARACTERS)} may not change anything here.`,
  });
}
