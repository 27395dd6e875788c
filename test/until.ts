/** Waits for conditions, never for time. */
import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 50;

/** Resolves once `holds` does; rejects with the claim, and the last error, after `timeoutMs`. */
export async function until(
  claim: string,
  timeoutMs: number,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown = null;
  for (;;) {
    try {
      if (await holds()) return;
      last = null;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`within ${timeoutMs} ms it should have been so that ${claim}`, { cause: last });
    }
    await wait(POLL_MS);
  }
}
