import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { Problem } from '../../problems/problem.ts';
import { PROBLEMS, type ProblemCode } from '../../problems/table.ts';
import { fromServiceError, toStatus } from './grpc-problems.ts';

const CALL = { what: 'The node', address: 'host:1', timeoutMs: 50 };
const failure = (code: status, metadata = new Metadata()): ServiceError =>
  Object.assign(new Error('failed'), { code, details: 'failed', metadata });

test('every problem comes over gRPC as itself, with its details', () => {
  for (const code of Object.keys(PROBLEMS) as ProblemCode[]) {
    const problem = new Problem(code, { address: 'host:1', timeoutMs: 5, reason: 'año' });
    const { code: grpcCode, metadata } = toStatus(problem);
    assert.notEqual(grpcCode, status.OK);
    const back = fromServiceError(failure(grpcCode, metadata), CALL);
    assert.equal(back.code, code);
    assert.deepEqual(back.details, problem.details);
  }
});

test('what is no problem goes out as internal', () => {
  const { code, metadata } = toStatus(new Error('a bug'));
  assert.equal(code, status.INTERNAL);
  assert.equal(fromServiceError(failure(code, metadata), CALL).code, 'internal');
});

test('a call that got no answer is told by what stopped it', () => {
  const codes: [status, ProblemCode][] = [
    [status.DEADLINE_EXCEEDED, 'deadline'],
    [status.UNAVAILABLE, 'unreachable'],
    [status.CANCELLED, 'unreachable'],
    [status.RESOURCE_EXHAUSTED, 'too_large'],
    [status.UNKNOWN, 'internal'],
  ];
  for (const [code, expected] of codes) assert.equal(fromServiceError(failure(code), CALL).code, expected);
});

test('a code that nobody knows, and details that cannot be read, do no harm', () => {
  const metadata = new Metadata();
  metadata.set('anillo-code', 'made_up');
  assert.equal(fromServiceError(failure(status.UNAVAILABLE, metadata), CALL).code, 'unreachable');
  metadata.set('anillo-code', 'deadline');
  metadata.set('anillo-details-bin', Buffer.from('{'));
  assert.deepEqual(fromServiceError(failure(status.UNAVAILABLE, metadata), CALL).details, {});
});
