/** The DHT for a service in a process of its own, over the local interface of the node's DHT process. */
import { type ClientReadableStream, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import {
  type FindResponse,
  LocalDhtServiceClient,
  type LookupResponse,
  type PublishResponse,
  type RingResponse,
  type StatusResponse,
} from '../../generated/anillo/local/v1/local.ts';
import { Problem } from '../../problems/problem.ts';
import type { Identifier } from '../../ring/identifier.ts';
import { encodeId } from './contact-codec.ts';
import type {
  DhtApi,
  DhtLookup,
  DhtStatus,
  Found,
  KeySource,
  PublishOptions,
  RingMember,
} from './dht-api.ts';
import { fromServiceError } from './grpc-problems.ts';
import { keyOf } from './key-of.ts';
import { decodeFound, decodeLookup, decodeRing, decodeStatus } from './local-codec.ts';
import { readLocalToken, TOKEN_KEY } from './local-token.ts';
import { CHANNEL_OPTIONS } from './peer-channel.ts';

/** What a failure names: another process of this node. */
const DHT_SERVICE = { what: 'the.service', service: 'dht', hint: 'hint.service' };
const STATUS_TIMEOUT_MS = 5_000;
/** Longer than the service itself tries, so that its answer comes first. */
const LOOKUP_TIMEOUT_MS = 6_000;
const FIND_TIMEOUT_MS = 15_000;
const RING_TIMEOUT_MS = 15_000;
/** The DHT process may be restarting: it is tried again soon. */
const RECONNECT = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 1_000 };

export interface LocalClientOptions {
  /** `host:port` of the DHT process now, or null while it is not known: asked before each call. */
  readonly address: () => string | null;
  /** Holds the token. */
  readonly dataDir: string;
}

interface Asking {
  readonly client: LocalDhtServiceClient;
  readonly metadata: Metadata;
  readonly deadline: number;
}

type Answered<Response> = (error: ServiceError | null, response: Response) => void;

export class LocalDht implements DhtApi {
  readonly #options: LocalClientOptions;
  #client: { readonly address: string; readonly stub: LocalDhtServiceClient } | null = null;

  constructor(options: LocalClientOptions) {
    this.#options = options;
  }

  keyOf(source: KeySource, text: string): Identifier {
    return keyOf(source, text);
  }

  async status(): Promise<DhtStatus> {
    return decodeStatus(
      await this.#one<StatusResponse>(STATUS_TIMEOUT_MS, ({ client, metadata, deadline }, done) =>
        client.status({}, metadata, { deadline }, done),
      ),
    );
  }

  async ring(): Promise<readonly RingMember[]> {
    return decodeRing(
      await this.#many<RingResponse>(RING_TIMEOUT_MS, ({ client, metadata, deadline }) =>
        client.ring({}, metadata, { deadline }),
      ),
    );
  }

  async lookup(key: Identifier, timeoutMs = LOOKUP_TIMEOUT_MS): Promise<DhtLookup> {
    return decodeLookup(
      await this.#one<LookupResponse>(
        Math.min(timeoutMs, LOOKUP_TIMEOUT_MS),
        ({ client, metadata, deadline }, done) =>
          client.lookup({ key: encodeId(key) }, metadata, { deadline }, done),
      ),
    );
  }

  async find(key: Identifier, limit: number, timeoutMs = FIND_TIMEOUT_MS): Promise<Found> {
    return decodeFound(
      await this.#many<FindResponse>(Math.min(timeoutMs, FIND_TIMEOUT_MS), ({ client, metadata, deadline }) =>
        client.find({ key: encodeId(key), limit }, metadata, { deadline }),
      ),
    );
  }

  async publish({ wait, timeoutMs, paths = [] }: PublishOptions): Promise<{ pending: number }> {
    const { pending } = await this.#one<PublishResponse>(timeoutMs, ({ client, metadata, deadline }, done) =>
      client.publish({ wait, paths: [...paths] }, metadata, { deadline }, done),
    );
    return { pending: Number(pending) };
  }

  close(): void {
    this.#client?.stub.close();
    this.#client = null;
  }

  #one<Response>(
    timeoutMs: number,
    ask: (asking: Asking, done: Answered<Response>) => void,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      ask(this.#asking(timeoutMs), (error, response) => {
        if (error === null) resolve(response);
        else reject(this.#problem(error, timeoutMs));
      });
    });
  }

  async #many<Page>(timeoutMs: number, ask: (asking: Asking) => ClientReadableStream<Page>): Promise<Page[]> {
    const pages: Page[] = [];
    try {
      for await (const page of ask(this.#asking(timeoutMs))) pages.push(page as Page);
      return pages;
    } catch (error) {
      throw error instanceof Problem ? error : this.#problem(error as ServiceError, timeoutMs);
    }
  }

  #asking(timeoutMs: number): Asking {
    const metadata = new Metadata();
    const client = this.#stub();
    metadata.set(TOKEN_KEY, readLocalToken(this.#options.dataDir));
    return { client, metadata, deadline: Date.now() + timeoutMs };
  }

  #stub(): LocalDhtServiceClient {
    const address = this.#options.address();
    if (address === null) throw this.#unreachable('');
    if (this.#client?.address !== address) {
      this.close();
      const stub = new LocalDhtServiceClient(address, credentials.createInsecure(), {
        ...CHANNEL_OPTIONS,
        ...RECONNECT,
      });
      this.#client = { address, stub };
    }
    return this.#client.stub;
  }

  #problem(error: ServiceError, timeoutMs: number): Problem {
    const address = this.#client?.address ?? '';
    const problem = fromServiceError(error, { ...DHT_SERVICE, address, timeoutMs });
    return problem.code === 'unreachable' ? this.#unreachable(address, error) : problem;
  }

  #unreachable(address: string, cause?: unknown): Problem {
    return new Problem('unreachable', { ...DHT_SERVICE, address }, cause);
  }
}
