/** What all ways in share: the library, the bound on uploads at once, and the publication of what came. */
import type { Logger } from 'pino';
import type { NodeAddress } from '../../client/schemas/shared.ts';
import type { CatalogFile } from '../../library/catalog-file.ts';
import type { Library } from '../../library/library.ts';
import type { DhtApi } from '../dht/dht-api.ts';
import { allowBody, type HttpReply, type HttpRequest } from '../http/http-server.ts';
import { TransferSlots } from '../http/transfer-slots.ts';

/** The sender waits this long for the ring; its file is safe before, and the publication waits in the catalog. */
const PUBLISH_WAIT_MS = 5_000;

export interface UploadOptions {
  readonly library: Library;
  readonly dht: DhtApi;
  /** This node, as it calls itself in answers. */
  readonly self: () => NodeAddress;
  readonly log: Logger;
  /** Uploads at once. */
  readonly transfersMax?: number;
}

export class Intake {
  readonly library: Library;
  readonly self: () => NodeAddress;
  readonly #slots: TransferSlots;
  readonly #dht: DhtApi;
  readonly #log: Logger;

  constructor({ library, dht, self, log, transfersMax }: UploadOptions) {
    this.library = library;
    this.self = self;
    this.#slots = new TransferSlots(transfersMax);
    this.#dht = dht;
    this.#log = log;
  }

  /** Has `take` read the body, in a slot of its own. @throws Problem `busy`, and what `take` throws */
  async receive<Taken>(request: HttpRequest, reply: HttpReply, take: () => Promise<Taken>): Promise<Taken> {
    const release = this.#slots.take(request.ip);
    try {
      allowBody(request, reply);
      return await take();
    } finally {
      release();
      // What is left of a refused body is read away, so that a client that sends before it listens gets its answer.
      request.raw.unpipe();
      request.raw.resume();
    }
  }

  /** True when the file stands on the ring. */
  async publish({ path }: CatalogFile): Promise<boolean> {
    try {
      await this.#dht.publish({ wait: true, timeoutMs: PUBLISH_WAIT_MS, paths: [path] });
      return true;
    } catch (error) {
      this.#log.info({ reason: (error as Error).message }, 'a publication waits for the ring');
      return false;
    }
  }
}
