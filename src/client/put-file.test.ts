import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Problem } from '../problems/problem.ts';
import { AnsweringServer, idOf } from './answering-server.test-support.ts';
import { HttpClient } from './http.ts';
import { firstThere, putFile } from './put-file.ts';
import { RateLimit } from './rate-limit.ts';

const folder = mkdtempSync(join(tmpdir(), 'anillo-put-'));
const http = new HttpClient(new AbortController().signal);
let breakOnce = false;
let received = Buffer.alloc(0);

async function take(request: IncomingMessage, query: URLSearchParams): Promise<unknown> {
  if (breakOnce) {
    breakOnce = false;
    request.socket.destroy();
    return null;
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
const target = { id: idOf('11'), address: server.address, upload: server.address };
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
  return { progress, name, tags: ['a', 'b'], replicas: 2, limit: null, onBytes };
}

test('a file arrives byte for byte under its name, with tags and copies, and progress counts it', async () => {
  const how = options('años & más.txt');
  const stored = await putFile(http, target, { type: 'file', path, size: content.length }, how);
  assert.equal(stored.name, 'años & más.txt');
  assert.ok(received.equals(content));
  assert.equal(how.progress.bytes, content.length);
  assert.match(server.asked.at(-1) ?? '', /tags=a%2Cb&replicas=2/);
});

test('an empty file and a pipe of unknown length arrive whole', async () => {
  const empty = join(folder, 'empty');
  writeFileSync(empty, '');
  assert.equal((await putFile(http, target, { type: 'file', path: empty, size: 0 }, options('e'))).size, 0);
  async function* pipe(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('one ');
    yield Buffer.from('two');
  }
  await putFile(http, target, { type: 'stream', stream: pipe() }, options('pipe'));
  assert.equal(received.toString(), 'one two');
});

test('a connection that breaks is tried once more, and its bytes do not count twice', async () => {
  breakOnce = true;
  const how = options('again');
  await putFile(http, target, { type: 'file', path, size: content.length }, how);
  assert.ok(received.equals(content));
  assert.equal(how.progress.bytes, content.length);
});

test('a file that grew or shrank since it was listed is not sent as something else', async () => {
  for (const size of [content.length - 1, content.length + 1]) {
    await assert.rejects(putFile(http, target, { type: 'file', path, size }, options('moving')), {
      code: 'changed',
    });
  }
});

test('what the node refuses is told as it said it', async () => {
  await assert.rejects(putFile(http, target, { type: 'file', path, size: content.length }, options('full')), {
    code: 'no_space',
  });
});

test('a node that is not there is away; the next place is taken', async () => {
  const gone = await AnsweringServer.start({});
  await gone.stop();
  const away = { id: idOf('22'), address: gone.address, upload: gone.address };
  await assert.rejects(firstThere(http, [away]), { code: 'node_away', exitCode: 4 });
  assert.equal((await firstThere(http, [away, target])).id, target.id);
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
