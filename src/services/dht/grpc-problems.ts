/** Problems over gRPC: the status that says it to any client, and our own code and details in the metadata. Both ways. */
import { Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js';
import { Problem } from '../../problems/problem.ts';
import { PROBLEMS, type ProblemCode } from '../../problems/table.ts';

const CODE = 'anillo-code';
const DETAILS = 'anillo-details-bin';
const DETAILS_MAX_BYTES = 4096;

/** gRPC statuses of the HTTP statuses that problems have; anything else is INTERNAL. */
const STATUS_OF_HTTP: Readonly<Record<number, status>> = {
  400: status.INVALID_ARGUMENT,
  403: status.PERMISSION_DENIED,
  404: status.NOT_FOUND,
  409: status.FAILED_PRECONDITION,
  413: status.RESOURCE_EXHAUSTED,
  499: status.CANCELLED,
  501: status.UNIMPLEMENTED,
  503: status.UNAVAILABLE,
  504: status.DEADLINE_EXCEEDED,
  507: status.RESOURCE_EXHAUSTED,
};

/** Codes whose gRPC status is not the one of their HTTP status. */
const STATUS_OF_CODE: Partial<Record<ProblemCode, status>> = {
  busy: status.RESOURCE_EXHAUSTED,
  unauthenticated: status.UNAUTHENTICATED,
};

/** What a handler hands to its callback when it fails. */
export function toStatus(error: unknown): StatusObject {
  const problem = Problem.from(error);
  const metadata = new Metadata();
  metadata.set(CODE, problem.code);
  const details = Buffer.from(JSON.stringify(problem.details));
  if (details.length <= DETAILS_MAX_BYTES) metadata.set(DETAILS, details);
  const code = STATUS_OF_CODE[problem.code] ?? STATUS_OF_HTTP[problem.status] ?? status.INTERNAL;
  return { code, details: problem.message, metadata };
}

/** What a call's failure means: the remote's own problem, or what happened on the way to it. */
export function fromServiceError(
  error: ServiceError,
  call: { readonly what: string; readonly address: string; readonly timeoutMs: number },
): Problem {
  const code = error.metadata?.get(CODE)[0];
  if (typeof code === 'string' && Object.hasOwn(PROBLEMS, code)) {
    return Problem.fromDocument({ code, details: readDetails(error) });
  }
  switch (error.code) {
    case status.DEADLINE_EXCEEDED:
      return new Problem('deadline', { what: call.address, timeoutMs: call.timeoutMs }, error);
    case status.RESOURCE_EXHAUSTED:
      return new Problem('too_large', { what: 'the.message', limit: 'the.receiver' }, error);
    case status.UNAVAILABLE:
    case status.CANCELLED:
      return new Problem('unreachable', { what: call.what, address: call.address, hint: 'hint.node' }, error);
    default:
      return new Problem('internal', { reason: `${call.what} at ${call.address}: ${error.details}` }, error);
  }
}

/** Statuses of one that took a call, read it, and would not or could not do what it asks. */
const REFUSALS: ReadonlySet<number | undefined> = new Set([
  status.INVALID_ARGUMENT,
  status.RESOURCE_EXHAUSTED,
  status.UNIMPLEMENTED,
  status.INTERNAL,
]);

/** Whether a failure is the word of the one called, who therefore lives. */
export function isRefusal(error: Error & Partial<ServiceError>): boolean {
  return REFUSALS.has(error.code) && error.metadata?.get(CODE)[0] !== undefined;
}

function readDetails(error: ServiceError): unknown {
  const bytes = error.metadata.get(DETAILS)[0];
  if (!Buffer.isBuffer(bytes) || bytes.length > DETAILS_MAX_BYTES) return {};
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return {};
  }
}
