/** What a process takes of the machine, read from /proc. */
import { readFileSync } from 'node:fs';

/** The kernel's clock ticks in a second, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** Processor time so far, all threads, in seconds. */
export function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Follows the highest resident memory of processes until stopped. */
export function watchMemory(pids: readonly number[], everyMs = 100): { stop(): Map<number, number> } {
  const highest = new Map<number, number>(pids.map((pid) => [pid, residentBytes(pid)]));
  const timer = setInterval(() => {
    for (const pid of pids) highest.set(pid, Math.max(highest.get(pid) ?? 0, residentBytes(pid)));
  }, everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      return highest;
    },
  };
}

/** @param share in [0, 1] */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
