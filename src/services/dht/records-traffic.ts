/** Bytes of records messages that this process sent, as asker and as answerer: what renewal costs is measured, not believed. */
import { type MethodDefinition, makeGenericClientConstructor, type ServiceDefinition } from '@grpc/grpc-js';
import { RecordsServiceClient, RecordsServiceService } from '../../generated/anillo/records/v1/records.ts';

let sentBytes = 0;

/** Since the process began; protobuf bodies, without the framing of HTTP/2. */
export function recordsSentBytes(): number {
  return sentBytes;
}

/** The records service, with what either side sends counted. */
export const CountedRecordsService = counted(RecordsServiceService);

export const CountedRecordsClient = makeGenericClientConstructor(
  CountedRecordsService,
  RecordsServiceClient.serviceName,
) as unknown as typeof RecordsServiceClient;

function counted<Service extends ServiceDefinition>(service: Service): Service {
  const methods = Object.entries(service).map(([name, method]) => [name, countedMethod(method)]);
  return Object.fromEntries(methods) as Service;
}

function countedMethod<Request, Response>(
  method: MethodDefinition<Request, Response>,
): MethodDefinition<Request, Response> {
  return {
    ...method,
    requestSerialize: (request) => count(method.requestSerialize(request)),
    responseSerialize: (response) => count(method.responseSerialize(response)),
  };
}

function count(bytes: Buffer): Buffer {
  sentBytes += bytes.length;
  return bytes;
}
