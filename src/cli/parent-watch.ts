/**
 * A part of `anillo up` holds the other end of a pipe on its stdin. The pipe closes when `up` ends, however it ends, and
 * then the part stops as well.
 */

/** Name in the environment; its only value is `stdin`. */
export const PARENT_WATCH = 'ANILLO_PARENT_WATCH';

/** Calls `onGone` when the process that started this one is gone. Does nothing when nobody asked for it. */
export function watchParent(environment: NodeJS.ProcessEnv, onGone: () => void): void {
  if (environment[PARENT_WATCH] !== 'stdin') return;
  process.stdin.once('end', onGone);
  process.stdin.once('error', onGone);
  process.stdin.resume();
}
