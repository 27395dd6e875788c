/** Serves the DHT to the node's own services in other processes: those that know the token of the data directory. */
import {
  type FindRequest,
  type FindResponse,
  type LocalDhtServiceServer,
  LocalDhtServiceService,
  type LookupRequest,
  type LookupResponse,
  type PublishRequest,
  type PublishResponse,
  type RingRequest,
  type RingResponse,
  type StatusRequest,
  type StatusResponse,
} from '../../generated/anillo/local/v1/local.ts';
import { Problem } from '../../problems/problem.ts';
import {
  type Answer,
  bounded,
  type Call,
  type Pages,
  streaming,
  timeLeftMs,
  unary,
} from './bounded-service.ts';
import { decodeId, malformed } from './contact-codec.ts';
import type { DhtApi } from './dht-api.ts';
import { encodeFound, encodeLookup, encodeRing, encodeStatus } from './local-codec.ts';
import { isToken, TOKEN_KEY } from './local-token.ts';
import { CONTROL_MAX_BYTES } from './ring-codec.ts';

const FIND_LIMIT_MAX = 10_000;
const PUBLISH_TIMEOUT_MAX_MS = 10 * 60_000;

export function localService(dht: DhtApi, token: string) {
  const check = (call: Call): void => {
    if (!isToken(call.metadata.get(TOKEN_KEY)[0], token)) throw new Problem('unauthenticated');
  };
  const one = <Request, Response>(answer: Answer<Request, Response>) =>
    unary<Request, Response>((request, call) => {
      check(call);
      return answer(request, call);
    });
  const many = <Request, Page>(pages: Pages<Request, Page>) =>
    streaming<Request, Page>(async (request, call) => {
      check(call);
      return pages(request, call);
    });
  const publish = async ({ wait, paths }: PublishRequest, call: Call): Promise<PublishResponse> => {
    const timeoutMs = Math.min(timeLeftMs(call), PUBLISH_TIMEOUT_MAX_MS);
    const { pending } = await dht.publish({ wait, paths, timeoutMs });
    return { pending: BigInt(pending) };
  };

  const handlers: LocalDhtServiceServer = {
    status: one<StatusRequest, StatusResponse>(async () => encodeStatus(await dht.status())),
    ring: many<RingRequest, RingResponse>(async () => encodeRing(await dht.ring())),
    lookup: one<LookupRequest, LookupResponse>(async ({ key }, call) =>
      encodeLookup(await dht.lookup(decodeId(key), timeLeftMs(call))),
    ),
    find: many<FindRequest, FindResponse>(async ({ key, limit }, call) => {
      if (limit < 1 || limit > FIND_LIMIT_MAX)
        throw malformed(`limit must be between 1 and ${FIND_LIMIT_MAX}`);
      return encodeFound(await dht.find(decodeId(key), limit, timeLeftMs(call)));
    }),
    publish: one(publish),
    withdraw: one(publish),
  };
  return { service: bounded(LocalDhtServiceService, CONTROL_MAX_BYTES), handlers };
}
