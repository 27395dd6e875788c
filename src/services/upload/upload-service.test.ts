import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { pino } from 'pino';
import { request } from 'undici';
import type { StoredFile } from '../../client/schemas/node-routes.ts';
import { Library } from '../../library/library.ts';
import { Problem } from '../../problems/problem.ts';
import { parseBody } from '../../records/body.ts';
import type { DhtApi } from '../dht/dht-api.ts';
import type { HttpServer } from '../http/http-server.ts';
import { closeServer, listen } from '../http/listen.ts';
import { ESCAPES, requestHead, sendRaw } from '../http/raw-request.test-support.ts';
import { createHttpServer } from '../http/server.ts';
import { serveUploads } from './upload-service.ts';

const log = pino({ level: 'silent' });
const self = { id: 'a'.repeat(64), address: '127.0.0.1:5000' };
const TRANSFERS = 8;
let folder: string;
let share: string;
let library: Library;
let server: HttpServer;
let port: number;
let origin: string;
let ringTakes = true;
let published = 0;

const dht = {
  async publish() {
    if (!ringTakes) throw new Problem('deadline', { what: 'The ring', timeoutMs: 1 });
    published += 1;
    return { pending: 0 };
  },
} as unknown as DhtApi;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'anillo-upload-'));
  share = join(folder, 'shared');
  library = await Library.open({ shareDir: share, dataDir: join(folder, 'data'), log });
  server = await createHttpServer({ log, title: 'Test', version: '1' });
  await serveUploads(server, { library, dht, self: () => self, log, transfersMax: TRANSFERS });
  port = await listen(server, { host: '127.0.0.1', port: 0, insecure: false });
  origin = `http://127.0.0.1:${port}`;
});
after(async () => {
  await closeServer(server, 0);
  await library.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  ringTakes = true;
});

async function put(
  name: string,
  body: Uint8Array | string,
  query = '',
  headers: Record<string, string> = {},
) {
  const url = `${origin}/api/v1/files?name=${encodeURIComponent(name)}${query}`;
  const answer = await request(url, { method: 'PUT', body, headers });
  return { status: answer.statusCode, json: (await answer.body.json()) as StoredFile & { code?: string } };
}

interface Part {
  readonly name: string;
  readonly value: string;
  readonly filename?: string;
}

function form(parts: readonly Part[]): Buffer {
  const text = parts.map(({ name, value, filename }) => {
    const file = filename === undefined ? '' : `; filename="${filename}"\r\nContent-Type: text/plain`;
    return `--b\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${value}\r\n`;
  });
  return Buffer.from(`${text.join('')}--b--\r\n`);
}

async function older(parts: readonly Part[]) {
  const answer = await request(`${origin}/upload/`, {
    method: 'POST',
    body: form(parts),
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
  });
  return { status: answer.statusCode, json: (await answer.body.json()) as Record<string, unknown> };
}

/** Everything in the shared folder but what the library keeps of itself. */
function listed(): string[] {
  return readdirSync(share, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('.anillo'))
    .sort();
}

function incoming(): string[] {
  return readdirSync(join(share, '.anillo', 'incoming'));
}

async function until(claim: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!holds()) {
    assert.ok(Date.now() < deadline, claim);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('a body becomes a file, catalogued, published and answered with its CID', async () => {
  const bytes = randomBytes(2_500_000);
  const { status, json } = await put('data/uno.bin', bytes, '&tags=red,%20blue', {
    'content-type': 'image/x-test',
  });
  assert.equal(status, 201);
  const file = library.catalog.file('data/uno.bin');
  assert.ok(file);
  assert.deepEqual(json, {
    state: 'stored',
    name: 'data/uno.bin',
    cid: file.cid,
    size: bytes.length,
    node: self,
    published: true,
  });
  assert.deepEqual([file.tags, file.copies, file.type], [['red', 'blue'], 1, 'image/x-test']);
  assert.ok(readFileSync(join(share, 'data/uno.bin')).equals(bytes));
});

test('a body without a type, an empty one, and one in chunks are taken', async () => {
  assert.equal((await put('plain.txt', 'text')).status, 201);
  assert.equal(library.catalog.file('plain.txt')?.type, 'text/plain');
  assert.equal((await put('empty.bin', '')).json.size, 0);
  const chunked = `${requestHead('PUT /api/v1/files?name=chunked', { 'Transfer-Encoding': 'chunked' })}4\r\nwiki\r\n5\r\npedia\r\n0\r\n\r\n`;
  assert.equal((await sendRaw(port, chunked)).status, 201);
  assert.equal(readFileSync(join(share, 'chunked'), 'utf8'), 'wikipedia');
});

test('a file is kept when the ring does not take its publication, and the answer says so', async () => {
  ringTakes = false;
  const { status, json } = await put('waits.txt', 'x');
  assert.deepEqual([status, json.published], [201, false]);
  assert.equal(readFileSync(join(share, 'waits.txt'), 'utf8'), 'x');
});

test('a query that is not valid is refused', async () => {
  const bad = await request(`${origin}/api/v1/files`, { method: 'PUT', body: 'x' });
  assert.equal(bad.statusCode, 400);
  await bad.body.dump();
  assert.equal((await put('x', 'x', `&tags=${'t'.repeat(300)}`)).json.code, 'bad_request');
  assert.equal(library.catalog.file('x'), null);
});

test('tags and a type are measured in bytes: the largest that are taken fit into a record, others are refused', async () => {
  const path = `${'d'.repeat(255)}/`.repeat(15) + 'n'.repeat(200);
  const tags = Array.from({ length: 15 }, (_, index) => `${index + 10}${'é'.repeat(126)}`);
  const query = (list: readonly string[]) => `&tags=${encodeURIComponent(list.join(','))}`;
  const type = `x/${'y'.repeat(253)}`;
  const { status } = await put(path, 'x', query(tags), { 'content-type': type });
  assert.equal(status, 201);
  const file = library.catalog.file(path);
  assert.ok(file);
  const { cid, size, modifiedMs: modified, copies } = file;
  const body = {
    cid,
    path,
    size,
    type: file.type,
    modified,
    tags: file.tags,
    copies,
    labels: {},
    previous: cid,
  };
  assert.deepEqual([file.type, file.tags.length], [type, 15]);
  assert.ok('record' in parseBody('publication', Buffer.from(JSON.stringify(body))));
  for (const refused of [['é'.repeat(128)], ['a\u0007b'], [...tags, 'x'.repeat(250), 'y'.repeat(250)]])
    assert.equal((await put('refused', 'x', query(refused))).json.code, 'bad_request');
  const long = await put('refused', 'x', '', { 'content-type': `${type}y` });
  assert.deepEqual([long.status, long.json.code], [400, 'bad_request']);
  assert.equal(library.catalog.file('refused'), null);
});

test('the older form becomes a file, whatever stands before and after it', async () => {
  const name = 'informe año "1".txt';
  const { status, json } = await older([
    { name: 'note', value: 'before' },
    { name: 'file', value: 'contenido', filename: name.replaceAll('"', '\\"') },
    { name: 'note', value: 'after' },
  ]);
  assert.equal(status, 200, JSON.stringify(json));
  assert.deepEqual(Object.keys(json).sort(), ['filename', 'message']);
  assert.equal(json.filename, name);
  assert.equal(readFileSync(join(share, name), 'utf8'), 'contenido');
  assert.ok(published > 0);
});

test('a form without a file is refused with a detail', async () => {
  for (const parts of [[{ name: 'note', value: 'x' }], [{ name: 'other', value: 'x', filename: 'x' }], []]) {
    const { status, json } = await older(parts);
    assert.equal(status, 400);
    assert.deepEqual(Object.keys(json), ['detail']);
  }
  const json = await request(`${origin}/upload/`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(json.statusCode, 400);
  await json.body.dump();
});

test('names that leave the folder are refused on every route, and nothing is written', async () => {
  const before = listed();
  for (const name of ESCAPES) {
    const byQuery = await sendRaw(
      port,
      `${requestHead(`PUT /api/v1/files?name=${name}`, { 'Content-Length': 1 })}x`,
    );
    assert.equal(byQuery.status, 400, `PUT ${name}: ${byQuery.body}`);
    assert.match(byQuery.body, /"code":"bad_(name|request)"/);
    for (const filename of [name, decodeURIComponent(name)]) {
      const { status, json } = await older([{ name: 'file', value: 'x', filename }]);
      assert.equal(status, 400, `older ${JSON.stringify(filename)}: ${JSON.stringify(json)}`);
      assert.deepEqual(Object.keys(json), ['detail']);
    }
  }
  assert.deepEqual(listed(), before);
  assert.deepEqual(incoming(), []);
});

test('a body that stops half-way keeps nothing, by either route and however it stops', async () => {
  const before = listed();
  const half = 'x'.repeat(300_000);
  const putHead = requestHead('PUT /api/v1/files?name=half.bin', { 'Content-Length': 600_000 });
  const chunkedHead = requestHead('PUT /api/v1/files?name=half.bin', { 'Transfer-Encoding': 'chunked' });
  const formHead = requestHead('POST /upload/', {
    'Content-Type': 'multipart/form-data; boundary=b',
    'Content-Length': 600_000,
  });
  const part = '--b\r\nContent-Disposition: form-data; name="file"; filename="half.bin"\r\n\r\n';
  await sendRaw(port, putHead + half, true);
  await sendRaw(port, `${chunkedHead}${half.length.toString(16)}\r\n${half}`, true);
  await sendRaw(port, formHead + part + half, true);
  // The file itself is whole, the form is not.
  await sendRaw(port, `${formHead}${part}${half}\r\n--b\r\n`, true);
  const unclosed = `${part}${half}`;
  const short = await sendRaw(
    port,
    requestHead('POST /upload/', {
      'Content-Type': 'multipart/form-data; boundary=b',
      'Content-Length': unclosed.length,
    }) + unclosed,
  );
  assert.equal(short.status, 400, short.body);
  await until('nothing waits under .anillo/incoming', () => incoming().length === 0);
  assert.deepEqual(listed(), before);
  assert.equal(library.catalog.file('half.bin'), null);
});

test('a client that expects 100-continue is refused before it sends a byte, or told to go on', async () => {
  const headers = { 'Content-Length': 5, Expect: '100-continue' };
  const refused = await sendRaw(port, requestHead('PUT /api/v1/files?name=..%2fx', headers));
  assert.equal(refused.status, 400);
  const taken = await sendRaw(port, `${requestHead('PUT /api/v1/files?name=expected', headers)}bytes`);
  assert.equal(taken.status, 100);
  assert.match(taken.body, /^HTTP\/1\.1 201 /);
});

test('beyond the bound an upload is refused with 503 and Retry-After, and slots come back', async () => {
  const sockets: Socket[] = [];
  for (let index = 0; index < TRANSFERS; index += 1) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`${requestHead(`PUT /api/v1/files?name=slow-${index}`, { 'Content-Length': 1000 })}x`);
    sockets.push(socket);
  }
  await until('the slow uploads have begun', () => incoming().length === TRANSFERS);
  for (const send of [
    () => put('late', 'x'),
    () => older([{ name: 'file', value: 'x', filename: 'late' }]),
  ]) {
    assert.equal((await send()).status, 503);
  }
  const answer = await request(`${origin}/api/v1/files?name=late`, {
    method: 'PUT',
    body: 'x'.repeat(2_000_000),
  });
  assert.ok(Number(answer.headers['retry-after']) > 0);
  assert.equal(((await answer.body.json()) as { code: string }).code, 'busy');
  for (const socket of sockets) socket.destroy();
  await until('the slots came back', () => incoming().length === 0);
  assert.equal((await put('late', 'x')).status, 201);
});

test('the OpenAPI document lists the routes, the older one once', () => {
  const document = JSON.parse(JSON.stringify(server.swagger()));
  assert.deepEqual(Object.keys(document.paths['/api/v1/files'].put.requestBody.content), [
    'application/octet-stream',
  ]);
  assert.deepEqual(Object.keys(document.paths['/upload/'].post.requestBody.content), ['multipart/form-data']);
  const paths = Object.keys(document.paths);
  assert.ok(paths.includes('/api/v1/files'));
  assert.deepEqual(
    paths.filter((path) => path.startsWith('/upload')),
    ['/upload/'],
  );
});
