/** Resumable uploads as other tus clients see them; the judge is `tus-js-client`. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { pino } from 'pino';
import { Upload } from 'tus-js-client';
import { request } from 'undici';
import type { UploadStatus } from '../../client/schemas/node-routes.ts';
import { PIECE_BYTES } from '../../content/profile.ts';
import { until } from '../../library/library.test-support.ts';
import { Library } from '../../library/library.ts';
import { refuse } from '../../library/refusing-disk.test-support.ts';
import { UPLOAD_EXPIRES_MS } from '../../library/resumable-uploads.ts';
import type { DhtApi } from '../dht/dht-api.ts';
import type { HttpServer } from '../http/http-server.ts';
import { closeServer, listen } from '../http/listen.ts';
import { ESCAPES, requestHead, sendRaw } from '../http/raw-request.test-support.ts';
import { createHttpServer } from '../http/server.ts';
import { serveUploads } from './upload-service.ts';

const log = pino({ level: 'silent' });
const self = { id: 'a'.repeat(64), address: '127.0.0.1:5000' };
let folder: string;
let share: string;
let library: Library;
let server: HttpServer;
let port: number;
let origin: string;
const published: (readonly string[] | undefined)[] = [];

const dht = {
  async publish({ paths }: { paths?: readonly string[] }) {
    published.push(paths);
    return { pending: 0 };
  },
} as unknown as DhtApi;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'anillo-tus-'));
  share = join(folder, 'shared');
  library = await Library.open({ shareDir: share, dataDir: join(folder, 'data'), log, reserveBytes: 0 });
  server = await createHttpServer({ log, title: 'Test', version: '1' });
  await serveUploads(server, { library, dht, self: () => self, log });
  port = await listen(server, { host: '127.0.0.1', port: 0, insecure: false });
  origin = `http://127.0.0.1:${port}`;
});
after(async () => {
  await closeServer(server, 0);
  await library.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  published.length = 0;
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly code: string | undefined;
}

async function tus(
  method: 'POST' | 'PATCH' | 'HEAD' | 'DELETE' | 'OPTIONS',
  path: string,
  headers: Record<string, string> = {},
  body: Uint8Array | null = null,
): Promise<Answer> {
  const answer = await request(origin + path, {
    method: method as 'POST',
    headers: { 'tus-resumable': '1.0.0', ...headers },
    body,
  });
  const text = await answer.body.text();
  const isProblem = String(answer.headers['content-type']).startsWith('application/problem+json');
  const code = isProblem && text !== '' ? (JSON.parse(text) as { code: string }).code : undefined;
  assert.equal(answer.headers['tus-resumable'], '1.0.0');
  return { status: answer.statusCode, headers: answer.headers as Answer['headers'], code };
}

const metadata = (entries: Record<string, string>) =>
  Object.entries(entries)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(',');

async function create(name: string, size: number, more: Record<string, string> = {}): Promise<Answer> {
  return tus('POST', '/api/v1/uploads', {
    'upload-length': String(size),
    'upload-metadata': metadata({ name }),
    ...more,
  });
}

async function created(name: string, size: number): Promise<string> {
  const { status, headers } = await create(name, size);
  assert.equal(status, 201);
  return headers.location ?? '';
}

const patch = (url: string, offset: number, body: Uint8Array, more: Record<string, string> = {}) =>
  tus('PATCH', url, { 'upload-offset': String(offset), 'content-type': OFFSET_STREAM, ...more }, body);
const OFFSET_STREAM = 'application/offset+octet-stream';

async function statusOf(url: string): Promise<UploadStatus> {
  return (await (await request(origin + url)).body.json()) as UploadStatus;
}

const sizeIn = (name: string) => statSync(join(share, '.anillo', 'incoming', name)).size;
const incoming = () => readdirSync(join(share, '.anillo', 'incoming'));
const stands = (name: string) => existsSync(join(share, name));

test('tus-js-client, interrupted twice, goes on where it was, and the file is listed and published', async () => {
  const bytes = randomBytes(3 * PIECE_BYTES + 1234);
  const starts: number[] = [];
  let url: string | null = null;
  for (const breakAfter of [PIECE_BYTES + 100, 2 * PIECE_BYTES + 500, null]) {
    url = await new Promise<string | null>((resolve, reject) => {
      const upload: Upload = new Upload(bytes, {
        endpoint: `${origin}/api/v1/uploads`,
        uploadUrl: url,
        chunkSize: 700_000,
        retryDelays: null,
        metadata: { filename: 'data/uno.bin', filetype: 'image/x-test', tags: 'red,blue' },
        onChunkComplete: (_size, sent) => {
          starts.push(sent);
          if (breakAfter !== null && sent > breakAfter) {
            void upload.abort();
            resolve(upload.url);
          }
        },
        onError: reject,
        onSuccess: () => resolve(upload.url),
      });
      upload.start();
    });
  }
  const file = library.catalog.file('data/uno.bin');
  assert.ok(file);
  assert.deepEqual([file.tags, file.type, file.size], [['red', 'blue'], 'image/x-test', bytes.length]);
  assert.ok(readFileSync(join(share, 'data/uno.bin')).equals(bytes));
  assert.deepEqual(published, [['data/uno.bin']]);
  const { stored, offset } = await statusOf(new URL(url ?? '').pathname);
  assert.deepEqual([stored?.cid, offset], [file.cid, bytes.length]);
  const plain = await request(`${origin}/api/v1/files?name=again.bin`, { method: 'PUT', body: bytes });
  assert.equal(
    ((await plain.body.json()) as { cid: string }).cid,
    file.cid,
    'the same CID as by a plain PUT',
  );
});

test('what there is of tus is said, and a client of another version is refused', async () => {
  const options = await tus('OPTIONS', '/api/v1/uploads');
  assert.equal(options.status, 204);
  assert.equal(options.headers['tus-version'], '1.0.0');
  assert.deepEqual(options.headers['tus-extension']?.split(','), [
    'creation',
    'creation-with-upload',
    'termination',
    'checksum',
    'expiration',
  ]);
  assert.match(options.headers['tus-checksum-algorithm'] ?? '', /sha1/);
  const none = await request(`${origin}/api/v1/uploads`, { method: 'POST' });
  assert.equal(none.statusCode, 412);
  assert.equal(((await none.body.json()) as { code: string }).code, 'tus_version');
});

test('an empty file, and one that comes whole with its creation, are stored at once', async () => {
  await created('empty.bin', 0);
  assert.equal(library.catalog.file('empty.bin')?.size, 0);
  const bytes = randomBytes(PIECE_BYTES * 2);
  const answer = await tus(
    'POST',
    '/api/v1/uploads',
    {
      'upload-length': String(bytes.length),
      'upload-metadata': metadata({ name: 'at-once.bin' }),
      'content-type': OFFSET_STREAM,
    },
    bytes,
  );
  assert.deepEqual([answer.status, answer.headers['upload-offset']], [201, String(bytes.length)]);
  assert.ok(readFileSync(join(share, 'at-once.bin')).equals(bytes));
});

test('a request that stops half-way keeps what came, to the byte', async () => {
  const bytes = randomBytes(2 * PIECE_BYTES + 77);
  const url = await created('half.bin', bytes.length);
  const sent = PIECE_BYTES + 333;
  const head = requestHead(`PATCH ${url}`, {
    'Tus-Resumable': '1.0.0',
    'Upload-Offset': 0,
    'Content-Type': OFFSET_STREAM,
    'Content-Length': bytes.length,
  });
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(Buffer.concat([Buffer.from(head), bytes.subarray(0, sent)]));
  const bytesIn = () => incoming().reduce((sum, name) => sum + sizeIn(name), 0);
  const before = bytesIn();
  await until('a piece stands there', () => bytesIn() > before);
  const { stored, offset: marked } = await statusOf(url);
  assert.deepEqual([stored, marked], [null, 0], 'nothing is marked yet');
  assert.ok(bytesIn() > before, 'asking how far it is cuts nothing off');
  // Who comes later ends the request that still waits for its bytes.
  const offset = Number((await tus('HEAD', url)).headers['upload-offset']);
  assert.ok(offset > 0 && offset <= sent);
  assert.ok(!stands('half.bin'));
  assert.equal((await patch(url, offset, bytes.subarray(offset))).status, 204);
  assert.ok(readFileSync(join(share, 'half.bin')).equals(bytes));
  socket.destroy();
});

test('a wrong offset, a body that is longer than was said and one of another type change nothing', async () => {
  const url = await created('strict.bin', 10);
  assert.equal((await patch(url, 0, Buffer.from('01234'))).headers['upload-offset'], '5');
  for (const offset of [0, 4, 6, 11]) {
    const { status, code } = await patch(url, offset, Buffer.from('5'));
    assert.deepEqual([status, code], [409, 'upload_offset']);
  }
  const long = await patch(url, 5, Buffer.from('567890'));
  assert.deepEqual([long.status, long.code], [413, 'too_large']);
  const chunked = await sendRaw(
    port,
    `${requestHead(`PATCH ${url}`, { 'Tus-Resumable': '1.0.0', 'Upload-Offset': 5, 'Content-Type': OFFSET_STREAM, 'Transfer-Encoding': 'chunked' })}3\r\n567\r\n4\r\n89xx\r\n0\r\n\r\n`,
  );
  assert.match(chunked.body, /"code":"too_large"/);
  const typed = await tus(
    'PATCH',
    url,
    { 'upload-offset': '5', 'content-type': 'text/plain' },
    Buffer.from('5'),
  );
  assert.deepEqual([typed.status, typed.code], [400, 'bad_request']);
  assert.equal((await tus('HEAD', url)).headers['upload-offset'], '5');
  assert.equal((await patch(url, 5, Buffer.from('56789'))).status, 204);
  assert.equal(readFileSync(join(share, 'strict.bin'), 'utf8'), '0123456789');
});

test('of a body that does not match its checksum nothing is kept; one that matches is', async () => {
  const bytes = randomBytes(2 * PIECE_BYTES + 5);
  const checksum = (part: Uint8Array) => `sha1 ${createHash('sha1').update(part).digest('base64')}`;
  const url = await created('summed.bin', bytes.length);
  const first = bytes.subarray(0, PIECE_BYTES + 3);
  assert.equal((await patch(url, 0, first, { 'upload-checksum': checksum(first) })).status, 204);
  const rest = bytes.subarray(first.length);
  const bad = await patch(url, first.length, randomBytes(rest.length), { 'upload-checksum': checksum(rest) });
  assert.deepEqual([bad.status, bad.code], [460, 'checksum_mismatch']);
  assert.equal((await tus('HEAD', url)).headers['upload-offset'], String(first.length));
  const odd = await patch(url, first.length, rest, { 'upload-checksum': 'crc32 AAAA' });
  assert.deepEqual([odd.status, odd.code], [400, 'bad_request']);
  assert.equal((await patch(url, first.length, rest, { 'upload-checksum': checksum(rest) })).status, 204);
  assert.ok(readFileSync(join(share, 'summed.bin')).equals(bytes));
});

test('names that leave the folder, and an upload without one, are refused at its creation', async () => {
  const before = incoming();
  for (const name of [...ESCAPES.map((name) => decodeURIComponent(name)), 'x.part', '.hidden']) {
    const { status, code } = await create(name, 5);
    assert.deepEqual([status, code], [400, 'bad_name'], name);
  }
  const nameless = await create('x', 5, { 'upload-metadata': metadata({ other: 'x' }) });
  assert.deepEqual([nameless.status, nameless.code], [400, 'bad_request']);
  assert.equal((await create('x', 5, { 'upload-metadata': '%' })).status, 400);
  assert.equal((await tus('HEAD', '/api/v1/uploads/..%2f..%2ffolder')).status, 404);
  assert.equal((await tus('HEAD', `/api/v1/uploads/${'0'.repeat(32)}`)).status, 404);
  assert.deepEqual(incoming(), before);
});

test('what does not fit is refused with 507, before and while it comes, and goes on when there is room', async (t) => {
  const { bavail, bsize } = statfsSync(share);
  const huge = await create('huge.bin', bavail * bsize * 4);
  assert.deepEqual([huge.status, huge.code], [507, 'no_space']);
  const url = await created('full.bin', 10);
  const end = refuse(
    t,
    'open',
    'ENOSPC',
    (path) => path.includes('resumable-') && !path.endsWith('.journal'),
  );
  const full = await patch(url, 0, Buffer.from('0123456789'));
  assert.deepEqual([full.status, full.code], [507, 'no_space']);
  assert.equal(stands('full.bin'), false);
  assert.equal(library.catalog.file('full.bin'), null);
  end();
  assert.equal((await patch(url, 0, Buffer.from('0123456789'))).status, 204);
  assert.ok(stands('full.bin'));
});

test('an upload that is given up or expired leaves nothing, and its file stays when it was stored', async () => {
  const given = await created('given-up.bin', 10);
  await patch(given, 0, Buffer.from('01234'));
  assert.equal((await tus('DELETE', given)).status, 204);
  assert.equal((await tus('HEAD', given)).status, 404);
  const stored = await created('kept.bin', 5);
  await patch(stored, 0, Buffer.from('01234'));
  const expired = await created('expired.bin', 10);
  await patch(expired, 0, Buffer.from('01234'));
  const id = expired.split('/').at(-1) ?? '';
  const old = (Date.now() - UPLOAD_EXPIRES_MS - 60_000) / 1000;
  for (const name of incoming().filter((each) => each.includes(id)))
    utimesSync(join(share, '.anillo/incoming', name), old, old);
  const late = await tus('HEAD', expired);
  assert.equal(late.status, 410);
  assert.equal((await patch(expired, 5, Buffer.from('56789'))).code, 'upload_gone');
  assert.equal(await library.resumable.removeExpired(Date.now()), 1);
  assert.deepEqual(
    incoming().filter((name) => name.includes(id)),
    [],
  );
  assert.equal((await tus('HEAD', expired)).status, 404);
  assert.equal((await tus('DELETE', stored)).status, 204);
  assert.ok(stands('kept.bin'));
});

test('the OpenAPI document tells of the routes', () => {
  const { paths } = JSON.parse(JSON.stringify(server.swagger()));
  assert.deepEqual(Object.keys(paths['/api/v1/uploads']).sort(), ['options', 'post']);
  const one = Object.keys(paths['/api/v1/uploads/{id}']).sort();
  assert.deepEqual(one, ['delete', 'get', 'options', 'patch']);
});
