/**
 * Bytes of the protobuf bodies that this process sent and received of a service, as asker and as answerer: what the ring and
 * its records cost is measured, not believed. The framing of HTTP/2 comes on top.
 */
import { type MethodDefinition, makeGenericClientConstructor, type ServiceDefinition } from '@grpc/grpc-js';
import { RecordsServiceClient, RecordsServiceService } from '../../generated/anillo/records/v1/records.ts';
import { RingServiceClient, RingServiceService } from '../../generated/anillo/ring/v1/ring.ts';

/** Since the process began. */
class Traffic {
  sentBytes = 0;
  receivedBytes = 0;

  readonly sent = (bytes: Buffer): Buffer => {
    this.sentBytes += bytes.length;
    return bytes;
  };

  readonly received = (bytes: Buffer): Buffer => {
    this.receivedBytes += bytes.length;
    return bytes;
  };
}

export const ringTraffic = new Traffic();
export const recordsTraffic = new Traffic();

/** The records service, with what either side sends and receives counted. */
export const CountedRecordsService = counted(RecordsServiceService, recordsTraffic);

export const CountedRecordsClient = makeGenericClientConstructor(
  CountedRecordsService,
  RecordsServiceClient.serviceName,
) as unknown as typeof RecordsServiceClient;

/** The ring's service, the same; Exchange travels as bytes up to the codec, which checks while it reads. */
export const CountedRingService = {
  ...counted(RingServiceService, ringTraffic),
  exchange: {
    ...RingServiceService.exchange,
    requestSerialize: ringTraffic.sent,
    requestDeserialize: ringTraffic.received,
    responseSerialize: ringTraffic.sent,
    responseDeserialize: ringTraffic.received,
  } satisfies MethodDefinition<Buffer, Buffer>,
};

export const CountedRingClient = makeGenericClientConstructor(
  CountedRingService,
  RingServiceClient.serviceName,
) as unknown as typeof RingServiceClient;

function counted<Service extends ServiceDefinition>(service: Service, traffic: Traffic): Service {
  const methods = Object.entries(service).map(([name, method]) => [name, countedMethod(method, traffic)]);
  return Object.fromEntries(methods) as Service;
}

function countedMethod<Request, Response>(
  method: MethodDefinition<Request, Response>,
  { sent, received }: Traffic,
): MethodDefinition<Request, Response> {
  return {
    ...method,
    requestSerialize: (request) => sent(method.requestSerialize(request)),
    requestDeserialize: (bytes) => method.requestDeserialize(received(bytes)),
    responseSerialize: (response) => sent(method.responseSerialize(response)),
    responseDeserialize: (bytes) => method.responseDeserialize(received(bytes)),
  };
}
