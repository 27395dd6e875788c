import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pino } from 'pino';
import { request } from 'undici';
import type { CatalogFile } from '../../library/catalog-file.ts';
import { Library } from '../../library/library.ts';
import type { HttpServer } from '../http/http-server.ts';
import { closeServer, listen } from '../http/listen.ts';
import { ESCAPES, requestHead, sendRaw } from '../http/raw-request.test-support.ts';
import { createHttpServer } from '../http/server.ts';
import { serveDownloads } from './download-service.ts';

const log = pino({ level: 'silent' });
const MIB = 1024 * 1024;
const content = randomBytes(3 * MIB + 17);
let folder: string;
let share: string;
let library: Library;
let server: HttpServer;
let port: number;
let origin: string;
let big: CatalogFile;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'anillo-download-'));
  share = join(folder, 'shared');
  library = await Library.open({ shareDir: share, dataDir: join(folder, 'data'), log });
  server = await createHttpServer({ log, title: 'Test', version: '1' });
  serveDownloads(server, { library });
  port = await listen(server, { host: '127.0.0.1', port: 0, insecure: false });
  origin = `http://127.0.0.1:${port}`;
  big = await put('big.bin', content);
});
after(async () => {
  await closeServer(server, 0);
  await library.close();
  rmSync(folder, { recursive: true, force: true });
});

async function put(name: string, bytes: Uint8Array): Promise<CatalogFile> {
  return library.receive({
    name,
    source: (async function* () {
      yield bytes;
    })(),
  });
}

async function get(path: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') {
  const answer = await request(origin + path, { headers, method });
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: Buffer.from(await answer.body.arrayBuffer()),
  };
}

test('a file comes whole by its CID, named by it, and may be kept for ever', async () => {
  const { status, headers, body } = await get(`/ipfs/${big.cid}`);
  assert.equal(status, 200);
  assert.ok(body.equals(content));
  assert.equal(headers.etag, `"${big.cid}"`);
  assert.equal(headers['content-length'], String(content.length));
  assert.equal(headers['accept-ranges'], 'bytes');
  assert.equal(headers['cache-control'], 'public, max-age=29030400, immutable');
  assert.equal(headers['content-security-policy'], 'sandbox');
});

test('HEAD says what GET would, without the bytes', async () => {
  for (const path of [`/ipfs/${big.cid}`, '/download/big.bin']) {
    const { status, headers, body } = await get(path, { range: 'bytes=0-1' }, 'HEAD');
    assert.equal(status, 200, 'a range is for GET alone');
    assert.equal(headers['content-length'], String(content.length));
    assert.equal(headers.etag, `"${big.cid}"`);
    assert.equal(body.length, 0);
  }
});

test('single ranges of every form give exactly their bytes', async () => {
  const { length } = content;
  const cases: readonly (readonly [string, number, number])[] = [
    ['bytes=0-0', 0, 1],
    ['bytes=5-9', 5, 10],
    [`bytes=${MIB - 1}-${MIB}`, MIB - 1, MIB + 1],
    ['bytes=100-', 100, length],
    [`bytes=${length - 1}-`, length - 1, length],
    ['bytes=-7', length - 7, length],
    [`bytes=-${length * 2}`, 0, length],
    [`bytes=10-${length * 2}`, 10, length],
    ['bytes=10-99999999999999999999999', 10, length],
  ];
  for (const path of [`/ipfs/${big.cid}`, '/download/big.bin']) {
    for (const [range, start, end] of cases) {
      const { status, headers, body } = await get(path, { range });
      assert.equal(status, 206, range);
      assert.equal(headers['content-range'], `bytes ${start}-${end - 1}/${length}`);
      assert.ok(body.equals(content.subarray(start, end)), range);
    }
  }
});

test('a range outside the file is 416 with its size; one that is not understood is ignored', async () => {
  for (const range of [`bytes=${content.length}-`, 'bytes=-0', 'bytes=99999999999999999999-']) {
    const { status, headers, body } = await get(`/ipfs/${big.cid}`, { range });
    assert.equal(status, 416, range);
    assert.equal(headers['content-range'], `bytes */${content.length}`);
    assert.equal(headers['cache-control'], undefined, 'a failure is not kept');
    assert.equal(JSON.parse(body.toString()).code, 'bad_range');
  }
  for (const range of ['bytes=9-5', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=a-b', 'bytes=-']) {
    const { status, body } = await get(`/ipfs/${big.cid}`, { range });
    assert.equal(status, 200, range);
    assert.equal(body.length, content.length, range);
  }
});

test('If-Range serves the range only of the same content', async () => {
  const same = await get(`/ipfs/${big.cid}`, { range: 'bytes=1-2', 'if-range': `"${big.cid}"` });
  assert.equal(same.status, 206);
  for (const other of ['"another"', `W/"${big.cid}"`, 'Mon, 01 Jan 2024 00:00:00 GMT']) {
    const { status, body } = await get('/download/big.bin', { range: 'bytes=1-2', 'if-range': other });
    assert.equal(status, 200, other);
    assert.equal(body.length, content.length);
  }
});

test('If-None-Match of the same content is 304 without a body', async () => {
  for (const tag of [`"${big.cid}"`, `"x", W/"${big.cid}"`, '*']) {
    const { status, headers, body } = await get(`/ipfs/${big.cid}`, { 'if-none-match': tag });
    assert.equal(status, 304, tag);
    assert.equal(headers.etag, `"${big.cid}"`);
    assert.equal(body.length, 0);
  }
  assert.equal((await get(`/ipfs/${big.cid}`, { 'if-none-match': '"x"' })).status, 200);
});

test('an empty file comes whole, and has no ranges', async () => {
  const empty = await put('empty', Buffer.alloc(0));
  const whole = await get(`/ipfs/${empty.cid}`);
  assert.deepEqual([whole.status, whole.headers['content-length'], whole.body.length], [200, '0', 0]);
  const range = await get(`/ipfs/${empty.cid}`, { range: 'bytes=0-' });
  assert.deepEqual([range.status, range.headers['content-range']], [416, 'bytes */0']);
});

test('the blocks of a file come raw and hash to their CIDs', async () => {
  const byQuery = await get(`/ipfs/${big.cid}?format=raw`);
  const byAccept = await get(`/ipfs/${big.cid}`, { accept: 'application/vnd.ipld.raw' });
  for (const { status, headers, body } of [byQuery, byAccept]) {
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'application/vnd.ipld.raw');
    assert.ok(body.length < 1000, 'the root names its pieces');
  }
  const leaf = content.subarray(0, MIB);
  const digest = createHash('sha256').update(leaf).digest();
  const cid = `f01551220${digest.toString('hex')}`;
  const { status, body } = await get(`/ipfs/${cid}?format=raw`);
  assert.equal(status, 200);
  assert.ok(body.equals(leaf));
});

test('what is no CID is bad_cid, what nobody holds not_found', async () => {
  const code = async (path: string) => {
    const { status, body } = await get(path);
    return [status, JSON.parse(body.toString()).code];
  };
  assert.deepEqual(await code('/ipfs/nonsense'), [400, 'bad_cid']);
  assert.deepEqual(await code('/ipfs/%00'), [400, 'bad_cid']);
  const absent = `f01551220${createHash('sha256').update('nobody has this').digest('hex')}`;
  assert.deepEqual(await code(`/ipfs/${absent}`), [404, 'not_found']);
  assert.deepEqual(await code(`/ipfs/${absent}?format=raw`), [404, 'not_found']);
  assert.deepEqual(await code(`/ipfs/${big.cid}?format=tar`), [400, 'bad_request']);
});

test('the older route gives files by name, however it is encoded, as an attachment of that name', async () => {
  const name = 'año nuevo/el "informe" – 1%.txt';
  await put(name, Buffer.from('hola'));
  const encoded = encodeURIComponent(name);
  for (const path of [encoded, encoded.replaceAll('%2F', '/')]) {
    const { status, headers, body } = await get(`/download/${path}`);
    assert.equal(status, 200);
    assert.equal(body.toString(), 'hola');
    assert.equal(headers['content-type'], 'application/octet-stream');
    assert.equal(
      headers['content-disposition'],
      `attachment; filename="el _informe_ _ 1_.txt"; filename*=UTF-8''el%20%22informe%22%20%E2%80%93%201%25.txt`,
    );
  }
});

test('a name that is not there is answered as the older clients know it', async () => {
  const { status, headers, body } = await get('/download/nothing%20here');
  assert.equal(status, 404);
  assert.match(String(headers['content-type']), /^application\/json/);
  assert.equal(body.toString(), '{"detail":"File not found"}');
});

test('names that leave the folder are refused on every route', async () => {
  writeFileSync(join(folder, 'x'), 'secret');
  for (const name of ESCAPES) {
    const byName = await sendRaw(port, requestHead(`GET /download/${name}`));
    assert.ok(byName.status === 400 || byName.status === 404, `${name}: ${byName.status}`);
    assert.match(byName.body, /^\{"detail":"/);
    const byCid = await sendRaw(port, requestHead(`GET /ipfs/${name}`));
    assert.ok(byCid.status === 400 || byCid.status === 404, `${name}: ${byCid.status}`);
    for (const { body } of [byName, byCid]) assert.doesNotMatch(body, /secret|root:/);
  }
});

test('curl -C - takes up a download where it stopped', async () => {
  const target = join(folder, 'resumed');
  writeFileSync(target, content.subarray(0, MIB + 5));
  for (const path of ['/download/big.bin', `/ipfs/${big.cid}`]) {
    const code = await new Promise((resolve) => {
      spawn('curl', ['-sS', '--fail', '-C', '-', '-o', target, origin + path], { stdio: 'inherit' }).once(
        'exit',
        resolve,
      );
    });
    assert.equal(code, 0);
    assert.ok(readFileSync(target).equals(content));
    truncateSync(target, content.length - 1);
  }
});

test('a file that changed is refused with 409 before its first byte; another copy of it is served instead', async () => {
  const file = await put('edited.txt', Buffer.from('as it was'));
  writeFileSync(join(share, 'edited.txt'), 'as it is now');
  for (const path of [`/ipfs/${file.cid}`, '/download/edited.txt']) {
    assert.equal((await get(path)).status, 409, path);
  }
  await put('zz copy.txt', Buffer.from('as it was'));
  const { status, body } = await get(`/ipfs/${file.cid}`);
  assert.deepEqual([status, body.toString()], [200, 'as it was']);
});

test('a block is read from whichever of its places is whole', async () => {
  const shared = randomBytes(MIB);
  await put('block a.bin', Buffer.concat([shared, Buffer.from('a')]));
  await put('block b.bin', Buffer.concat([Buffer.from(randomBytes(MIB)), shared]));
  const cid = `f01551220${createHash('sha256').update(shared).digest('hex')}`;
  for (const edited of ['block a.bin', 'block b.bin']) {
    const { status, body } = await get(`/ipfs/${cid}?format=raw`);
    assert.equal(status, 200, edited);
    assert.ok(body.equals(shared));
    writeFileSync(join(share, edited), 'as it is now');
  }
  assert.equal((await get(`/ipfs/${cid}?format=raw`)).status, 409);
});

test('a file that changes while it is served breaks off, and is never a whole of wrong bytes', async () => {
  const bytes = randomBytes(24 * MIB);
  const file = await put('moving.bin', bytes);
  const received = await new Promise<number>((resolve, reject) => {
    let count = 0;
    const socket = connect(port, '127.0.0.1', () => socket.write(requestHead(`GET /ipfs/${file.cid}`)));
    socket.once('data', () => {
      // What the kernel has buffered is out; the rest is read after this change.
      socket.pause();
      writeFileSync(join(share, 'moving.bin'), randomBytes(24 * MIB));
      socket.resume();
    });
    socket.on('data', (chunk) => {
      count += chunk.length;
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET') reject(error);
    });
    socket.once('close', () => resolve(count));
  });
  assert.ok(received < bytes.length, `${received} bytes came`);
});

test('beyond the bound a transfer is refused with 503 and Retry-After, and slots come back', async () => {
  const narrow = await createHttpServer({ log, title: 'Test', version: '1' });
  serveDownloads(narrow, { library, transfersMax: 1 });
  const large = await put('large.bin', randomBytes(32 * MIB));
  const narrowPort = await listen(narrow, { host: '127.0.0.1', port: 0, insecure: false });
  const url = `http://127.0.0.1:${narrowPort}/ipfs/${large.cid}`;
  try {
    const slow = await request(url);
    const refused = await request(url);
    assert.equal(refused.statusCode, 503);
    assert.ok(Number(refused.headers['retry-after']) > 0);
    assert.equal(((await refused.body.json()) as { code: string }).code, 'busy');
    const block = await request(`${url}?format=raw`);
    assert.equal(block.statusCode, 503, 'a block is a transfer too');
    await block.body.dump();
    // A client that goes away gives its slot back.
    slow.body.on('error', () => undefined);
    slow.body.destroy();
    const deadline = Date.now() + 10_000;
    for (;;) {
      const again = await request(url, { method: 'HEAD' });
      if (again.statusCode === 200) break;
      assert.ok(Date.now() < deadline, 'the slot came back');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  } finally {
    await closeServer(narrow, 0);
  }
});

test('the OpenAPI document lists the routes', () => {
  const { paths } = server.swagger();
  assert.ok(paths?.['/ipfs/{cid}']);
  const below = paths?.['/ipfs/{cid}/{filename}']?.get?.parameters as { name: string }[] | undefined;
  assert.deepEqual(
    ['cid', 'filename', 'format', 'dag-scope', 'entity-bytes'].filter(
      (name) => !below?.some((parameter) => parameter.name === name),
    ),
    [],
  );
  assert.ok(Object.keys(paths ?? {}).some((path) => path.startsWith('/download/')));
});
