/** Threads that do much work stand behind those that answer: a busy node still answers the ring at once. */
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

const NICENESS = 5;

/** Lowers the calling thread's priority, and with it that of the threads it starts. Linux keeps one for each thread. */
export function yieldToOthers(): void {
  if (process.platform !== 'linux') return;
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(thread, NICENESS);
  } catch {
    // Without /proc the thread runs at the priority of the others.
  }
}
