/** Starts a worker beside the calling module, in a checkout (`.ts`) as in the compiled package (`.js`). */
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** `name` without its ending, relative to `importMetaUrl`: `startWorker(import.meta.url, './hash-worker')`. */
export function startWorker(importMetaUrl: string, name: string, options: WorkerOptions = {}): Worker {
  const ending = importMetaUrl.endsWith('.ts') ? '.ts' : '.js';
  return new Worker(new URL(`${name}${ending}`, importMetaUrl), options);
}
