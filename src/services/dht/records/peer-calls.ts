/** Calls of one node's records service by another, each with a deadline; a call to oneself goes straight to the server. */
import { Metadata, type ServiceError } from '@grpc/grpc-js';
import type {
  DigestRequest,
  DigestResponse,
  FetchRequest,
  FetchResponse,
  ListRequest,
  ListResponse,
  MissingRequest,
  MissingResponse,
  RenewRequest,
  RenewResponse,
  ReplicateRequest,
  ReplicateResponse,
  StoreRequest,
  StoreResponse,
} from '../../../generated/anillo/records/v1/records.ts';
import type { Contact } from '../../../ring/message.ts';
import { fromServiceError } from '../grpc-problems.ts';
import type { PeerPort } from '../ring-port.ts';
import { type Clock, MACHINE_CLOCK } from './clock.ts';

/** The service as plain functions. */
export interface RecordMethods {
  store(request: StoreRequest): Promise<StoreResponse>;
  replicate(request: ReplicateRequest): Promise<ReplicateResponse>;
  fetch(request: FetchRequest): Promise<FetchResponse>;
  digest(request: DigestRequest): Promise<DigestResponse>;
  list(request: ListRequest): Promise<ListResponse>;
  missing(request: MissingRequest): Promise<MissingResponse>;
  renew(request: RenewRequest): Promise<RenewResponse>;
}

type Method = keyof RecordMethods;
type Asked<Name extends Method> = Omit<Parameters<RecordMethods[Name]>[0], 'networkTag'>;
type Answered<Name extends Method> = Awaited<ReturnType<RecordMethods[Name]>>;
type Callback = (error: ServiceError | null, response: unknown) => void;
type Untyped = {
  [name in Method]: (
    request: unknown,
    metadata: Metadata,
    options: object,
    callback: Callback,
  ) => { cancel(): void };
};

const NO_METADATA = new Metadata();

export class PeerCalls {
  readonly #peers: PeerPort;
  readonly #self: string;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #local: () => RecordMethods;

  /** @param local this node's own service */
  constructor(
    peers: PeerPort,
    self: string,
    timeoutMs: number,
    local: () => RecordMethods,
    clock: Clock = MACHINE_CLOCK,
  ) {
    this.#clock = clock;
    this.#peers = peers;
    this.#self = self;
    this.#timeoutMs = timeoutMs;
    this.#local = local;
  }

  /**
   * @param signal gives the call up
   * @throws Problem `unreachable`, `deadline`, or what the other says; the signal's reason
   */
  async call<Name extends Method>(
    to: Contact,
    name: Name,
    request: Asked<Name>,
    timeoutMs = this.#timeoutMs,
    signal?: AbortSignal,
  ): Promise<Answered<Name>> {
    const tagged = { ...request, networkTag: this.#peers.networkTag };
    if (to.id === this.#self) {
      const own = this.#local() as unknown as { [name in Method]: (request: unknown) => Promise<unknown> };
      return (await own[name](tagged)) as Answered<Name>;
    }
    const deadline = this.#clock.wallMs() + timeoutMs;
    const client = (await this.#peers.records(to, timeoutMs)) as unknown as Untyped;
    signal?.throwIfAborted();
    return await new Promise<Answered<Name>>((resolve, reject) => {
      const call = client[name](tagged, NO_METADATA, { deadline }, (error, response) => {
        signal?.removeEventListener('abort', giveUp);
        if (error === null) resolve(response as Answered<Name>);
        else reject(fromServiceError(error, { what: `records.${name}`, address: to.address, timeoutMs }));
      });
      const giveUp = () => call.cancel();
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }
}
