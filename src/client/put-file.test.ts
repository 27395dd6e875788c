import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Problem } from '../problems/problem.ts';
import { AnsweringServer, idOf } from './answering-server.test-support.ts';
import { HttpClient } from './http.ts';
import type { Target } from './network-view.ts';
import { putFile } from './put-file.ts';
import { RateLimit } from './rate-limit.ts';
import { UploadPlaces } from './upload-places.ts';
import { UploadRecords } from './upload-records.ts';

const folder = mkdtempSync(join(tmpdir(), 'anillo-put-'));
const records = new UploadRecords(join(folder, 'records'));
const NEVER = new AbortController().signal;
const http = new HttpClient(NEVER);
let breakOnce = false;
let busyTimes = 0;
let received = Buffer.alloc(0);

async function take(request: IncomingMessage, query: URLSearchParams): Promise<unknown> {
  if (breakOnce) {
    breakOnce = false;
    request.socket.destroy();
    return null;
  }
  if (busyTimes > 0) {
    busyTimes -= 1;
    request.resume();
    throw new Problem('busy', { seconds: 0 });
  }
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  received = Buffer.concat(pieces);
  if (query.get('name') === 'full') throw new Problem('no_space', { what: 'full', where: 'here' });
  const node = { id: idOf('11'), address: server.address };
  const name = query.get('name');
  return { state: 'stored', name, cid: 'bafk', size: received.length, node, published: true };
}

const server = await AnsweringServer.start({ 'PUT /api/v1/files': take, 'GET /healthz': { status: 'ok' } });
const places = (...targets: Target[]) => new UploadPlaces(http, targets, NEVER);
const targetAt = (address: string): Target => ({ id: idOf('11'), address, upload: address });
const target = targetAt(server.address);
after(async () => {
  await http.close();
  await server.stop();
  rmSync(folder, { recursive: true });
});

const path = join(folder, 'content');
const content = Buffer.alloc(300_000, 'anillo ');
writeFileSync(path, content);

function options(name: string) {
  const progress = { bytes: 0 };
  const onBytes = (bytes: number): void => {
    progress.bytes += bytes;
  };
  return { progress, name, tags: ['a', 'b'], limit: null, records, signal: NEVER, onBytes };
}

test('a file arrives byte for byte under its name, with its tags, and progress counts it', async () => {
  const how = options('años & más.txt');
  const stored = await putFile(http, places(target), { type: 'file', path, size: content.length }, how);
  assert.equal(stored.name, 'años & más.txt');
  assert.ok(received.equals(content));
  assert.equal(how.progress.bytes, content.length);
  assert.match(server.asked.at(-1) ?? '', /tags=a%2Cb$/);
});

test('an empty file and a pipe of unknown length arrive whole', async () => {
  const empty = join(folder, 'empty');
  writeFileSync(empty, '');
  assert.equal(
    (await putFile(http, places(target), { type: 'file', path: empty, size: 0 }, options('e'))).size,
    0,
  );
  async function* pipe(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('one ');
    yield Buffer.from('two');
  }
  await putFile(http, places(target), { type: 'stream', stream: pipe() }, options('pipe'));
  assert.equal(received.toString(), 'one two');
});

test('a connection that breaks is tried once more, and its bytes do not count twice', async () => {
  breakOnce = true;
  const how = options('again');
  await putFile(http, places(target), { type: 'file', path, size: content.length }, how);
  assert.ok(received.equals(content));
  assert.equal(how.progress.bytes, content.length);
});

test('a file that grew or shrank since it was listed is not sent as something else', async () => {
  for (const size of [content.length - 1, content.length + 1]) {
    await assert.rejects(putFile(http, places(target), { type: 'file', path, size }, options('moving')), {
      code: 'changed',
    });
  }
});

test('what the node refuses is told as it said it', async () => {
  await assert.rejects(
    putFile(http, places(target), { type: 'file', path, size: content.length }, options('full')),
    {
      code: 'no_space',
    },
  );
});

test('a node that is busy is asked again until it takes the file, a bounded number of times', async () => {
  busyTimes = 3;
  const how = options('waited');
  await putFile(http, places(target), { type: 'file', path, size: content.length }, how);
  assert.equal(how.progress.bytes, content.length);
  busyTimes = Number.POSITIVE_INFINITY;
  await assert.rejects(putFile(http, places(target), { type: 'file', path, size: content.length }, how), {
    code: 'busy',
    exitCode: 4,
  });
  busyTimes = 0;
});

test('a wait for a busy node ends with the interruption', async () => {
  const stop = new AbortController();
  const busy = await AnsweringServer.start({
    'GET /healthz': { status: 'ok' },
    'PUT /api/v1/files': (request: IncomingMessage) => {
      request.resume();
      stop.abort();
      throw new Problem('busy', { seconds: 60 });
    },
  });
  const waiting = new UploadPlaces(http, [targetAt(busy.address)], stop.signal);
  const source = { type: 'file' as const, path, size: content.length };
  await assert.rejects(putFile(http, waiting, source, options('x')), { code: 'interrupted' });
  await busy.stop();
});

test('where a node is away, full, suspended or busy, the next one takes the file and those after it', async () => {
  const gone = await AnsweringServer.start({});
  await gone.stop();
  const refusing = (problem: Problem) =>
    AnsweringServer.start({
      'GET /healthz': { status: 'ok' },
      'PUT /api/v1/files': (request: IncomingMessage) => {
        request.resume();
        throw problem;
      },
    });
  const full = await refusing(new Problem('no_space', { what: 'it', where: 'there' }));
  const suspended = await refusing(new Problem('suspended', { folder: 'f' }));
  const busy = await refusing(new Problem('busy', { seconds: 5 }));
  const refused = [full, suspended, busy];
  const turn = places(...[gone, ...refused].map(({ address }) => targetAt(address)), target);
  for (const name of ['one', 'two']) {
    const how = options(name);
    assert.equal(
      (await putFile(http, turn, { type: 'file', path, size: content.length }, how)).node.address,
      server.address,
    );
    assert.equal(how.progress.bytes, content.length);
  }
  for (const { asked } of refused) {
    assert.equal(asked.filter((line) => line.startsWith('PUT')).length, 1, 'not asked for the second file');
  }
  for (const server of refused) await server.stop();
});

test('when no node is there all are named; what one of them said is told before that', async () => {
  const gone = await AnsweringServer.start({});
  await gone.stop();
  const source = { type: 'file' as const, path, size: content.length };
  const away = targetAt(gone.address);
  await assert.rejects(putFile(http, places(away, away), source, options('x')), {
    code: 'node_away',
    exitCode: 4,
    details: { node: `${gone.address}, ${gone.address}` },
  });
  await assert.rejects(putFile(http, places(away, target), source, options('full')), { code: 'no_space' });
});

test('what passes a rate limit waits for what passed before it, and an interruption ends the wait', async () => {
  const waits: number[] = [];
  let now = 1_000;
  const clock = {
    now: () => now,
    wait: async (ms: number, signal: AbortSignal) => {
      signal.throwIfAborted();
      waits.push(ms);
      now += ms;
    },
  };
  const stop = new AbortController();
  const limit = new RateLimit(1_000, stop.signal, clock);
  await limit.take(5_000);
  await limit.take(500);
  now += 10_000;
  await limit.take(1);
  assert.deepEqual(waits, [5_000]);
  stop.abort();
  await assert.rejects(limit.take(1), { code: 'interrupted' });
});
