import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pino } from 'pino';
import { request } from 'undici';
import type { NodeStatus, TrashList, Withdrawn } from '../../client/schemas/node-routes.ts';
import type {
  FileDetail,
  FilePage,
  Lookup,
  SearchAnswer,
  SearchResult,
} from '../../client/schemas/shared.ts';
import { rawCid } from '../../content/cid.ts';
import type { CatalogFile } from '../../library/catalog-file.ts';
import { Library } from '../../library/library.ts';
import type { HttpServer } from '../http/http-server.ts';
import { closeServer, listen } from '../http/listen.ts';
import { ESCAPES, requestHead, sendRaw } from '../http/raw-request.test-support.ts';
import { createHttpServer } from '../http/server.ts';
import { serveIndex } from './index-service.ts';
import { MemoryDht } from './memory-dht.test-support.ts';

const log = pino({ level: 'silent' });
const OWN = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);
const CID = (seed: string) => rawCid(createHash('sha256').update(seed).digest());
let folder: string;
let library: Library;
let server: HttpServer;
let elsewhere: Server;
let port: number;
let origin: string;
let answerElsewhere: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
const endpoints = {
  dht: 'a:3',
  index: 'a:1',
  upload: null as string | null,
  download: null as string | null,
  messaging: null,
};
const dht = new MemoryDht(OWN);

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'anillo-index-'));
  library = await Library.open({ shareDir: join(folder, 'shared'), dataDir: join(folder, 'data'), log });
  dht.serve(library);
  elsewhere = createServer((incoming, response) => answerElsewhere(incoming, response));
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  server = await createHttpServer({ log, title: 'Test', version: '1' });
  await serveIndex(server, {
    library,
    dht,
    self: () => ({ id: OWN, address: 'a:1' }),
    endpoints: () => endpoints,
    services: ['index'],
    version: '1.2.3',
    protocolVersion: '1.0',
    insecure: false,
    log,
  });
  port = await listen(server, { host: '127.0.0.1', port: 0, insecure: false });
  origin = `http://127.0.0.1:${port}`;
});
after(async () => {
  await closeServer(server, 0);
  elsewhere.close();
  await library.close();
  rmSync(folder, { recursive: true, force: true });
});

async function put(name: string, text: string): Promise<CatalogFile> {
  const file = await library.receive({
    name,
    source: (async function* () {
      yield Buffer.from(text);
    })(),
  });
  await dht.publish();
  return file;
}

type Method = 'GET' | 'POST' | 'DELETE';

async function ask<Answer>(path: string, method: Method = 'GET', body?: unknown) {
  const answer = await request(origin + path, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return {
    status: answer.statusCode,
    json: (await answer.body.json()) as Answer & { code?: string; detail?: string },
  };
}

const search = async (q: string, more = '') =>
  (await ask<SearchAnswer>(`/api/v1/search?q=${encodeURIComponent(q)}${more}`)).json;

test('status says who the node is and what it holds', async () => {
  const { status, json } = await ask<NodeStatus>('/api/v1/status');
  assert.equal(status, 200);
  assert.deepEqual(
    [json.id, json.address, json.version, json.incarnation, json.joined],
    [OWN, 'a:1', '1.2.3', 7, true],
  );
  assert.equal(json.library.files, library.totals().files);
  assert.ok(json.freeBytes > 0);
});

test('a lookup takes exactly one of key, name and cid, and hashes each as its records are placed', async () => {
  const lookup = async (query: string) => (await ask<Lookup>(`/api/v1/lookup?${query}`)).json;
  assert.deepEqual(
    [(await lookup('key=caf%C3%A9')).id, (await lookup('key=')).keyKind],
    ['text:café', 'text'],
  );
  assert.equal((await lookup('name=cafe%CC%81.txt')).id, 'name:café.txt', 'names are in NFC');
  const upper = CID('a').toUpperCase();
  const byCid = await lookup(`cid=${upper}`);
  assert.deepEqual([byCid.id, byCid.key, byCid.keyKind], [`cid:${CID('a')}`, upper, 'cid']);
  assert.equal((await ask<Lookup>('/api/v1/lookup/a%2Fb%20c')).json.id, 'text:a/b c');
  for (const query of ['', 'key=a&name=b']) {
    assert.equal((await ask(`/api/v1/lookup?${query}`)).json.code, 'bad_request');
  }
  assert.equal((await ask('/api/v1/lookup?cid=x')).json.code, 'bad_cid');
});

test('a search finds a file by its path, by its last component and by its CID, with those that hold it', async () => {
  const cid = CID('c');
  dht.add({ path: 'music/song.mp3', cid, publisher: OTHER, tags: ['loud'] });
  dht.provide(cid, { id: OTHER });
  dht.provide(cid, { id: OWN, complete: false });
  for (const q of ['music/song.mp3', 'song.mp3', cid]) {
    const { results, truncated } = await search(q);
    assert.equal(results.length, 1, q);
    const [{ name, publisher, tags, providers }] = results as [SearchResult];
    assert.deepEqual([name, publisher, tags], ['music/song.mp3', OTHER, ['loud']]);
    assert.deepEqual(providers, [{ id: OTHER, address: 'bbbb:1', download: 'bbbb:2', state: 'active' }]);
    assert.equal(truncated, false);
  }
  assert.deepEqual((await search('song')).results, [], 'part of a name is not looked for');
  assert.deepEqual((await search('music')).results, []);
});

test('several publishers of one path stand side by side, each with its newest version, and what was withdrawn is gone', async () => {
  dht.add({ path: 'same.txt', cid: CID('d'), publisher: OTHER });
  dht.add({ path: 'same.txt', cid: CID('e'), publisher: OTHER });
  dht.add({ path: 'same.txt', cid: CID('f'), publisher: OWN });
  dht.add({ path: 'same.txt', cid: CID('g'), publisher: 'c'.repeat(64), kind: 'tombstone' });
  const { results } = await search('same.txt');
  assert.deepEqual(
    results.map(({ publisher, cid }) => [publisher, cid]),
    [
      [OWN, CID('f')],
      [OTHER, CID('e')],
    ],
  );
});

test('the counts tell how many nodes were asked, answered and are away, and what was cut is said', async () => {
  for (let index = 0; index < 30; index += 1) dht.add({ path: `${index}/many.txt`, cid: CID('h') });
  const member = { id: OTHER, address: 'b:1', successors: [] };
  dht.members = [
    { ...member, state: 'active' },
    { ...member, state: 'inactive' },
  ];
  const cut = await search('many.txt', '&limit=10');
  assert.deepEqual([cut.results.length, cut.truncated, cut.away], [10, true, 1]);
  // Three nodes for each of: the name, the base, the one CID.
  assert.deepEqual([cut.asked, cut.answered], [9, 9]);
  const whole = await search('many.txt');
  assert.deepEqual([whole.results.length, whole.truncated], [30, false]);
  dht.unreadable.add(`cid:${CID('h')}`);
  const partly = await search('many.txt');
  assert.deepEqual([partly.results.length, partly.asked, partly.answered], [30, 7, 6]);
  dht.unreadable.clear();
  dht.unreadable.add('base:many.txt');
  assert.equal((await search('many.txt')).truncated, true, 'half of the keys could not be read');
  dht.unreadable.add('*');
  const failed = await ask('/api/v1/search?q=many.txt');
  assert.deepEqual([failed.status, failed.json.code], [504, 'deadline']);
  dht.unreadable.clear();
});

test('as a stream, results come one a line and the counts last; a failure at once is the answer itself', async () => {
  const headers = { accept: 'application/x-ndjson' };
  const answer = await request(`${origin}/api/v1/search?q=many.txt&limit=5`, { headers });
  assert.match(String(answer.headers['content-type']), /^application\/x-ndjson/);
  const lines = (await answer.body.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(lines.length, 6);
  assert.ok(lines.slice(0, 5).every((line) => line.name.endsWith('many.txt')));
  assert.equal(lines[5].truncated, true);
  dht.unreadable.add('*');
  const failed = await request(`${origin}/api/v1/search?q=x`, { headers });
  assert.equal(failed.statusCode, 504);
  assert.match(String(failed.headers['content-type']), /^application\/problem\+json/);
  await failed.body.dump();
  dht.unreadable.clear();
});

test('the files are listed page by page, in path order, none twice and none left out', async () => {
  const names = ['z.txt', 'a/1.txt', 'a/2.txt', 'ñ.txt', 'm 1.txt'];
  for (const name of names) await put(name, name);
  const listed: string[] = [];
  let cursor: string | null = '';
  do {
    const page: FilePage = (
      await ask<FilePage>(`/api/v1/files?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
    ).json;
    assert.ok(page.files.length <= 2);
    listed.push(...page.files.map((file) => file.name));
    cursor = page.nextCursor;
  } while (cursor !== null);
  assert.deepEqual(listed, ['a/1.txt', 'a/2.txt', 'm 1.txt', 'z.txt', 'ñ.txt']);
  assert.equal((await ask('/api/v1/files?limit=0')).json.code, 'bad_request');
  const older = await ask<{ files: { filename: string; path: string }[] }>('/index');
  assert.deepEqual(
    older.json.files,
    listed.map((path) => ({ filename: path.split('/').at(-1), path })),
  );
});

test('one file is told in full: publications, versions, providers, copies', async () => {
  const old = await put('told.txt', 'old');
  const file = await put('told.txt', 'new');
  dht.add({ path: 'elsewhere.txt', cid: file.cid, publisher: OTHER, copies: 4 });
  dht.provide(file.cid);
  dht.provide(file.cid, { id: OTHER, state: 'inactive' });
  const { json } = await ask<FileDetail>(`/api/v1/files/${file.cid}`);
  assert.equal(json.size, 3);
  assert.deepEqual(
    json.publications.map(({ name, publisher, previous }) => [name, publisher, previous]).sort(),
    [
      ['elsewhere.txt', OTHER, null],
      ['told.txt', OWN, old.cid],
    ],
  );
  assert.deepEqual(
    json.versions.map(({ name, cid }) => [name, cid]),
    [['told.txt', old.cid]],
  );
  assert.deepEqual([json.providers.length, json.copiesWanted, json.copiesLive], [2, 4, 1]);
  assert.equal((await ask(`/api/v1/files/${CID('q')}`)).json.code, 'not_found');
  assert.equal((await ask('/api/v1/files/x')).json.code, 'bad_cid');
});

test("a file of this node's own is withdrawn to the trash and can come back", async () => {
  const file = await put('mine.txt', 'mine');
  const { status, json } = await ask<Withdrawn>(`/api/v1/files/${file.cid}`, 'DELETE');
  assert.equal(status, 200);
  assert.deepEqual(
    json.withdrawn.map(({ name, cid }) => [name, cid]),
    [['mine.txt', file.cid]],
  );
  const path = join(folder, 'shared', 'mine.txt');
  assert.equal(existsSync(path), false);
  assert.deepEqual((await search('mine.txt')).results, []);
  const trash = (await ask<TrashList>('/api/v1/trash')).json.entries;
  assert.deepEqual(
    trash.map(({ id, name }) => [id, name]),
    [[json.withdrawn[0]?.trashId, 'mine.txt']],
  );
  assert.ok((trash[0]?.expiresAt ?? 0) > (trash[0]?.withdrawnAt ?? 0));
  const restored = await ask<TrashList>('/api/v1/trash', 'POST', { restore: trash[0]?.id });
  assert.deepEqual([restored.status, restored.json.entries], [200, []]);
  assert.equal(readFileSync(path, 'utf8'), 'mine');
  assert.equal((await search('mine.txt')).results.length, 1);
  assert.equal((await ask('/api/v1/trash', 'POST', { restore: 'nothing' })).json.code, 'not_found');
  assert.equal((await ask('/api/v1/trash', 'POST', {})).json.code, 'bad_request');
});

test('under one name only that publication is withdrawn, and emptying the trash ends it', async () => {
  const file = await put('one.txt', 'twice');
  await put('two.txt', 'twice');
  const wrong = await ask(`/api/v1/files/${file.cid}?name=three.txt`, 'DELETE');
  assert.equal(wrong.status, 403, 'the CID is published, but not under that name by this node');
  const { json } = await ask<Withdrawn>(`/api/v1/files/${file.cid}?name=one.txt`, 'DELETE');
  assert.deepEqual(
    json.withdrawn.map(({ name }) => name),
    ['one.txt'],
  );
  assert.ok(existsSync(join(folder, 'shared', 'two.txt')));
  const emptied = await ask<TrashList>('/api/v1/trash', 'DELETE');
  assert.deepEqual([emptied.status, emptied.json.entries], [200, []]);
});

test("another node's publication is not withdrawn here", async () => {
  dht.add({ path: 'theirs.txt', cid: CID('i'), publisher: OTHER });
  const foreign = await ask(`/api/v1/files/${CID('i')}`, 'DELETE');
  assert.deepEqual([foreign.status, foreign.json.code], [403, 'not_yours']);
  const nobody = await ask(`/api/v1/files/${CID('j')}`, 'DELETE');
  assert.deepEqual([nobody.status, nobody.json.code], [404, 'not_found']);
});

test('names that leave the folder are refused', async () => {
  for (const name of ESCAPES) {
    const lookup = await sendRaw(port, requestHead(`GET /api/v1/lookup?name=${name}`));
    assert.equal(lookup.status, 400, name);
    const cid = await sendRaw(port, requestHead(`DELETE /api/v1/files/${CID('a')}?name=${name}`));
    assert.equal(cid.status, 400, name);
  }
});

test('the older routes of services in other processes are passed on, as they came, both ways', async () => {
  const body = randomBytes(3_000_000);
  const seen: { url: string; length: number }[] = [];
  answerElsewhere = (incoming, response) => {
    let length = 0;
    incoming.on('data', (chunk) => {
      length += chunk.length;
    });
    incoming.on('end', () => {
      seen.push({ url: incoming.url ?? '', length });
      response.writeHead(206, {
        'content-range': 'bytes 0-1/2',
        'x-length': incoming.headers['content-length'] ?? 'none',
      });
      response.end(body);
    });
  };
  endpoints.upload = `127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
  endpoints.download = endpoints.upload;
  const down = await request(`${origin}/download/a%2Fb%20c?x=1`, { headers: { range: 'bytes=0-1' } });
  assert.deepEqual([down.statusCode, down.headers['content-range']], [206, 'bytes 0-1/2']);
  assert.ok(Buffer.from(await down.body.arrayBuffer()).equals(body));
  const up = await request(`${origin}/upload/`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'multipart/form-data' },
  });
  assert.equal(up.headers['x-length'], String(body.length));
  await up.body.dump();
  assert.deepEqual(seen, [
    { url: '/download/a%2Fb%20c?x=1', length: 0 },
    { url: '/upload/', length: body.length },
  ]);
});

test('an upload that stops half-way stops at the other process too', async () => {
  const broken = new Promise<void>((resolve) => {
    answerElsewhere = (incoming) => {
      incoming.resume();
      incoming.once('error', () => resolve());
    };
  });
  await sendRaw(
    port,
    `${requestHead('POST /upload/', { 'Content-Length': 1000, 'Content-Type': 'multipart/form-data' })}x`,
    true,
  );
  await broken;
});

test('a service that no process runs, or that is not there, is told in the older shape', async () => {
  endpoints.upload = null;
  endpoints.download = '127.0.0.1:1';
  const none = await request(`${origin}/upload/`, { method: 'POST', body: 'x' });
  assert.equal(none.statusCode, 503);
  assert.deepEqual(Object.keys((await none.body.json()) as object), ['detail']);
  const gone = await ask('/download/x');
  assert.deepEqual([gone.status, Object.keys(gone.json)], [503, ['detail']]);
});

test('the OpenAPI document lists every route, and names no other', () => {
  const paths = Object.keys(server.swagger().paths ?? {}).sort();
  assert.deepEqual(paths, [
    '/api/v1/files',
    '/api/v1/files/{cid}',
    '/api/v1/lookup',
    '/api/v1/lookup/{key}',
    '/api/v1/ring',
    '/api/v1/search',
    '/api/v1/status',
    '/api/v1/trash',
    '/download/{filename}',
    '/healthz',
    '/index',
    '/metrics',
    '/readyz',
    '/upload/',
  ]);
});
