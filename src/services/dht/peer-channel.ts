/**
 * One connection to one address, of use once both ends have said Hello on it. It never reconnects by itself: whoever
 * listens there after a break may be another life or another node, so a broken channel is thrown away and the next use
 * opens a new one, with a new Hello.
 */
import {
  type CallOptions,
  type ChannelOptions,
  Client,
  connectivityState,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import type { RecordsServiceClient } from '../../generated/anillo/records/v1/records.ts';
import type { HelloResponse, RingServiceClient } from '../../generated/anillo/ring/v1/ring.ts';
import type { NodeDescriptor } from '../../identity/descriptor.ts';
import { Problem } from '../../problems/problem.ts';
import { fromServiceError } from './grpc-problems.ts';
import { checkNetwork, checkVersion, makeHello, networkOf, readDescriptor } from './hello.ts';
import type { OwnDescriptor } from './own-descriptor.ts';
import { CountedRecordsClient, CountedRingClient, ringTraffic } from './traffic.ts';

/** Longest message with records (contract, "gRPC"). */
export const RECORDS_MAX_BYTES = 1024 * 1024;
/** What a connection takes in: a little more, so that what is too long is refused by its name. */
export const MESSAGE_MAX_BYTES = RECORDS_MAX_BYTES + 64 * 1024;

export const CHANNEL_OPTIONS: ChannelOptions = {
  // A connection's identity is proved once, so no two channels may share one.
  'grpc.use_local_subchannel_pool': 1,
  // Peers are reached as they say, whatever proxy the environment names.
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
  // The ring and the records repeat what may be repeated themselves.
  'grpc.enable_retries': 0,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.max_receive_message_length': MESSAGE_MAX_BYTES,
  // Measured: 8 MiB doubles what one stream carries.
  'grpc-node.flow_control_window': 8 * 1024 * 1024,
};

const EXCHANGE = CountedRingClient.service.exchange.path;
/** Calls in a row without an answer, after which the path itself is suspected and the next call connects anew. */
const SILENT_CALLS_MAX = 3;
const NO_METADATA = new Metadata();
const { sent, received } = ringTraffic;

export class PeerChannel {
  readonly address: string;
  /** On the monotonic clock. */
  usedAtMs = performance.now();
  /** Of the life at the other end, while that knows this one's mark. */
  mark: bigint | null = null;
  readonly records: RecordsServiceClient;
  readonly #client: Client;
  readonly #ring: RingServiceClient;
  readonly #own: OwnDescriptor;
  readonly #onClosed: (channel: PeerChannel) => void;
  #peer: NodeDescriptor | null = null;
  #silentCalls = 0;
  #closed = false;

  /** @param onClosed called once, when the channel is of no use any more */
  constructor(address: string, own: OwnDescriptor, onClosed: (channel: PeerChannel) => void) {
    this.address = address;
    this.#own = own;
    this.#onClosed = onClosed;
    const insecure = credentials.createInsecure();
    this.#client = new Client(address, insecure, CHANNEL_OPTIONS);
    const shared = { channelOverride: this.#client.getChannel() };
    this.#ring = new CountedRingClient(address, insecure, shared);
    this.records = new CountedRecordsClient(address, insecure, shared);
  }

  /** Who has proved to be at the other end; null before Hello and after a break. */
  get peer(): NodeDescriptor | null {
    return this.#closed ? null : this.#peer;
  }

  /** Says Hello, for the first time or again. @throws Problem `other_network`, `other_version`, `wrong_node`, `unreachable`, `deadline` */
  async hello(timeoutMs: number): Promise<NodeDescriptor> {
    try {
      const peer = this.#check(await this.#askHello(timeoutMs));
      const known = this.#peer;
      if (known !== null && (known.id !== peer.id || known.incarnation !== peer.incarnation)) {
        throw wrongNode(this.address, peer.id, known.id);
      }
      this.#peer = peer;
      if (known === null) this.#watch();
      return peer;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** One question of the ring, as bytes. The answer's bytes, or why there is none. */
  exchange(
    bytes: Buffer,
    timeoutMs: number,
    done: (error: ServiceError | null, answer?: Buffer) => void,
  ): void {
    const options: CallOptions = { deadline: Date.now() + timeoutMs };
    this.usedAtMs = performance.now();
    this.#client.makeUnaryRequest(EXCHANGE, sent, received, bytes, NO_METADATA, options, (error, answer) => {
      if (error === null) this.#silentCalls = 0;
      else if (error.code === status.DEADLINE_EXCEEDED && ++this.#silentCalls >= SILENT_CALLS_MAX)
        this.close();
      done(error, answer);
    });
  }

  /** Calls under way still end. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#client.close();
    this.#onClosed(this);
  }

  #askHello(timeoutMs: number): Promise<HelloResponse> {
    const request = makeHello(this.#own.networkId, this.#own.signed);
    const { promise, resolve, reject } = Promise.withResolvers<HelloResponse>();
    const call = { what: 'the.node', address: this.address, timeoutMs };
    this.#ring.hello(request, NO_METADATA, { deadline: Date.now() + timeoutMs }, (error, response) => {
      if (error === null) resolve(response);
      else reject(turnRound(fromServiceError(error, call), this.address));
    });
    return promise;
  }

  #check(response: HelloResponse): NodeDescriptor {
    const ours = this.#own.networkId;
    checkVersion(response, this.address);
    checkNetwork({ theirs: networkOf(response), ours, address: this.address });
    return readDescriptor(response.descriptor, ours);
  }

  /** Any change of a working connection is its end. */
  #watch(): void {
    const channel = this.#client.getChannel();
    if (this.#closed) return;
    if (channel.getConnectivityState(false) !== connectivityState.READY) this.close();
    else
      channel.watchConnectivityState(connectivityState.READY, Number.POSITIVE_INFINITY, () => this.close());
  }
}

export function wrongNode(address: string, theirs: string, expected: string): Problem {
  return new Problem('wrong_node', { address, theirs, expected });
}

/** A refusal in the words of the one that refused ("theirs" is ours), turned round. */
function turnRound(problem: Problem, address: string): Problem {
  if (problem.code !== 'other_network' && problem.code !== 'other_version') return problem;
  const { theirs = '?', ours = '?' } = problem.details;
  return new Problem(problem.code, { address, theirs: ours, ours: theirs }, problem);
}
