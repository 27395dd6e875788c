/** Holders that do what they should not: others make up for them, and alone they leave nothing under the file's name. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { Problem } from '../problems/problem.ts';
import { DownloadFixture, MIB, SIZE } from './download-fixture.test-support.ts';
import { headersFrom, type Mischief, sendFrom } from './holder-server.test-support.ts';

const at = new DownloadFixture();

/** Does it with the bytes of the file; blocks of the tree are right. */
const withBytes =
  (mischief: Mischief): (() => Mischief) =>
  () =>
  (request, response, start, end) =>
    start >= 0 && mischief(request, response, start, end);

const answering = (code: number, headers: Record<string, string> = {}) =>
  withBytes((_request, response) => {
    response.writeHead(code, headers).end();
    return true;
  });

interface Story {
  readonly mischief: () => Mischief;
  /** When it is alone. */
  readonly code: string;
  readonly exitCode: number;
}

const BAD = { code: 'verification_failed', exitCode: 6 };
const AWAY = { code: 'no_provider', exitCode: 4 };

const STORIES: Readonly<Record<string, Story>> = {
  'serves wrong bytes': { mischief: () => at.corrupted(1, MIB, 2 * MIB, 3 * MIB, 4 * MIB, SIZE - 1), ...BAD },
  'truncates its answer': {
    mischief: withBytes((_request, response, start, end) => {
      response.writeHead(start > 0 || end < SIZE ? 206 : 200, headersFrom(SIZE, start, end));
      response.write(at.file.bytes.subarray(start, start + 1000), () => response.destroy());
      return true;
    }),
    ...AWAY,
  },
  'stalls before its answer': { mischief: withBytes(() => true), ...AWAY },
  'stalls in its answer': {
    mischief: withBytes((_request, response, start, end) => {
      response.writeHead(start > 0 || end < SIZE ? 206 : 200, headersFrom(SIZE, start, end));
      response.write(at.file.bytes.subarray(start, start + 1000));
      return true;
    }),
    ...AWAY,
  },
  'answers 500': { mischief: answering(500), ...AWAY },
  'answers 503': { mischief: answering(503, { 'retry-after': '0' }), code: 'busy', exitCode: 4 },
  'says that the file is shorter': {
    mischief: withBytes((_request, response, start, end) => {
      sendFrom(response, at.file.bytes.subarray(0, SIZE - 1), start, Math.min(end, SIZE - 1));
      return true;
    }),
    ...BAD,
  },
  'says that the file is longer': {
    mischief: withBytes((_request, response, start, end) => {
      sendFrom(response, Buffer.concat([at.file.bytes, at.file.bytes]), start, end === SIZE ? 2 * SIZE : end);
      return true;
    }),
    ...BAD,
  },
  'sends more than it says': {
    mischief: withBytes((request, _response, start, end) => {
      const headers = Object.entries(headersFrom(SIZE, start, end)).map(
        ([name, value]) => `${name}: ${value}\r\n`,
      );
      const status = start > 0 || end < SIZE ? '206 Partial Content' : '200 OK';
      request.socket.write(`HTTP/1.1 ${status}\r\n${headers.join('')}\r\n`);
      for (let at = start; at < end + MIB; at += MIB) request.socket.write(Buffer.alloc(MIB, 'more'));
      return true;
    }),
    ...BAD,
  },
  'does not say how much it sends': {
    mischief: withBytes((_request, response, start, end) => {
      const { 'content-length': _, ...headers } = headersFrom(SIZE, start, end);
      response.writeHead(start > 0 || end < SIZE ? 206 : 200, headers);
      response.end(at.file.bytes.subarray(start, end));
      return true;
    }),
    ...BAD,
  },
  'redirects elsewhere': { mischief: answering(302, { location: 'http://127.0.0.1:1/' }), ...BAD },
};

describe('a holder that', () => {
  for (const [what, { mischief, code, exitCode }] of Object.entries(STORIES)) {
    it(`${what}: the others give the file; alone it leaves none under the name`, async () => {
      const hostile = await at.serve(mischief());
      const honest = [await at.serve(), await at.serve()];
      await assert.rejects(at.get(at.from(hostile), { stallTimeoutMs: 300 }), (error) => {
        assert.deepEqual([(error as Problem).code, (error as Problem).exitCode], [code, exitCode]);
        return true;
      });
      assert.ok(!(await readdir(at.folder)).includes('got.bin'));
      await at.get(at.from(hostile, ...honest));
      await at.isWhole();
    });
  }
});
