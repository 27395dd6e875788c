/** After the library changed: tells the DHT service, and waits a little until the ring knows. */
import type { Logger } from 'pino';
import type { DhtApi } from '../dht/dht-api.ts';

/** The change is safe in the catalog; the ring takes it later where it is slower than this. */
const WAIT_MS = 5_000;

/** Beyond so many paths the answer comes at once, and the ring follows. */
const PATHS_MAX = 8;

export async function publishSoon(dht: DhtApi, paths: readonly string[], log: Logger): Promise<void> {
  try {
    await dht.publish({ wait: paths.length <= PATHS_MAX, timeoutMs: WAIT_MS, paths });
  } catch (error) {
    log.info({ reason: (error as Error).message }, 'a withdrawal or publication waits for the ring');
  }
}
