/** Opens and closes ports: the rule that everything stays on loopback, and whose port it is when it is taken. */
import type { AddressInfo } from 'node:net';
import { isIP } from 'node:net';
import { Problem } from '../../problems/problem.ts';
import type { HttpServer } from './http-server.ts';
import { portOwner } from './port-owner.ts';

/** Transfers that run when a stop is asked for may end within this time. */
const DRAIN_MAX_MS = 5_000;

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** @throws Problem `not_loopback` (exit 5) unless `insecure` was said aloud */
export function requireLoopback(host: string, insecure: boolean): void {
  if (!insecure && !isLoopback(host)) throw new Problem('not_loopback', { host });
}

/** `host:port`, `[v6]:port`. */
export function formatAddress(host: string, port: number): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Opens the listener. @param port 0 takes any that is free
 * @returns the port that was opened
 * @throws Problem `port_taken`, `not_loopback`, `bad_configuration` (a host that is not this machine's)
 */
export async function listen(
  server: HttpServer,
  { host, port, insecure }: { readonly host: string; readonly port: number; readonly insecure: boolean },
): Promise<number> {
  requireLoopback(host, insecure);
  try {
    await server.listen({ host, port });
  } catch (error) {
    throw listenProblem(error, host, port);
  }
  return (server.server.address() as AddressInfo).port;
}

/** What a failed `listen` means. Also for listeners that are not HTTP. */
export function listenProblem(error: unknown, host: string, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return new Problem('port_taken', { host, port, who: portOwner(port) }, error);
  if (code === 'EACCES')
    return new Problem(
      'bad_configuration',
      { complaints: [{ reason: 'config.port-forbidden', port }] },
      error,
    );
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new Problem('bad_configuration', { complaints: [{ reason: 'config.host', host }] }, error);
  }
  return error;
}

/** Stops accepting, lets what runs end within `drainMs`, then breaks what is left. */
export async function closeServer(server: HttpServer, drainMs: number = DRAIN_MAX_MS): Promise<void> {
  const cut = setTimeout(() => server.server.closeAllConnections(), drainMs);
  try {
    await server.close();
  } finally {
    clearTimeout(cut);
  }
}
