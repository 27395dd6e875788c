/** The index service: what this node holds, and what the network holds. */
import type { HttpServer } from '../http/http-server.ts';
import { serveFiles } from './file-routes.ts';
import type { IndexOptions } from './index-options.ts';
import { serveMetalink } from './metalink-route.ts';
import { serveOlderIndex } from './older-index.ts';
import { passOn } from './pass-on.ts';
import { serveSearch } from './search-route.ts';
import { serveStatus } from './status-routes.ts';
import { serveTrash } from './trash-routes.ts';

export async function serveIndex(server: HttpServer, options: IndexOptions): Promise<void> {
  serveStatus(server, options);
  serveSearch(server, options.dht);
  serveFiles(server, options);
  serveMetalink(server, options);
  serveTrash(server, options);
  serveOlderIndex(server, options.library);
  const elsewhere = (['upload', 'download'] as const).filter(
    (service) => !options.services.includes(service),
  );
  await passOn(server, { services: elsewhere, endpointOf: (service) => options.endpoints()[service] });
}
