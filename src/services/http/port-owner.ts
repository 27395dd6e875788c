/** Says which process listens on a TCP port of this machine, where the system tells (Linux: proc(5)). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const LISTEN = '0A';
const PROCESSES_MAX = 4096;
const COMMAND_MAX_CHARACTERS = 80;

/** ` (PID 123: node bin/anillo.js …)`, or an empty text when it cannot be found out. */
export function portOwner(port: number): string {
  try {
    const sockets = listeningSockets(port);
    const pid = sockets.size === 0 ? null : processOf(sockets);
    return pid === null ? '' : ` (PID ${pid}: ${commandOf(pid)})`;
  } catch {
    // No /proc: the message goes without.
    return '';
  }
}

function listeningSockets(port: number): Set<string> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const sockets = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readFileSync(table, 'utf8').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      const inode = fields[9];
      if (fields[1]?.endsWith(`:${wanted}`) && fields[3] === LISTEN && inode !== undefined)
        sockets.add(`socket:[${inode}]`);
    }
  }
  return sockets;
}

function processOf(sockets: ReadonlySet<string>): string | null {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.slice(0, PROCESSES_MAX).find((pid) => holdsOneOf(pid, sockets)) ?? null;
}

function holdsOneOf(pid: string, sockets: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((handle) => sockets.has(linkOf(`/proc/${pid}/fd/${handle}`)));
  } catch {
    // It ended meanwhile, or is another user's.
    return false;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function commandOf(pid: string): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    .replaceAll('\0', ' ')
    .trim()
    .slice(0, COMMAND_MAX_CHARACTERS);
}
