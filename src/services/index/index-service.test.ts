import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Emptied, NodeStatus, TrashPage, Withdrawn } from '../../client/schemas/node-routes.ts';
import type { FileDetail, FilePage, Lookup, SearchAnswer } from '../../client/schemas/shared.ts';
import { ESCAPES, requestHead, sendRaw } from '../http/raw-request.test-support.ts';
import { cidOf, IndexFixture, OTHER, OWN } from './index-fixture.test-support.ts';
import type { MemoryDht } from './memory-dht.test-support.ts';

let fixture: IndexFixture;
let dht: MemoryDht;
let ask: IndexFixture['ask'];

before(async () => {
  fixture = await IndexFixture.open();
  dht = fixture.dht;
  ask = fixture.ask.bind(fixture);
});
after(() => fixture.close());

async function search(q: string, more = ''): Promise<SearchAnswer> {
  return (await ask<SearchAnswer>(`/api/v1/search?q=${encodeURIComponent(q)}${more}`)).json;
}

test('status says who the node is and what it holds', async () => {
  const { status, json } = await ask<NodeStatus>('/api/v1/status');
  assert.equal(status, 200);
  assert.deepEqual(
    [json.id, json.address, json.version, json.incarnation, json.joined],
    [OWN, 'a:1', '1.2.3', 7, true],
  );
  assert.equal(json.library.files, fixture.library.totals().files);
  assert.ok(json.freeBytes > 0);
});

test('a lookup takes exactly one of key, name and cid, and hashes each as its records are placed', async () => {
  const lookup = async (query: string) => (await ask<Lookup>(`/api/v1/lookup?${query}`)).json;
  assert.deepEqual(
    [(await lookup('key=caf%C3%A9')).id, (await lookup('key=')).keyKind],
    ['text:café', 'text'],
  );
  assert.equal((await lookup('name=cafe%CC%81.txt')).id, 'name:café.txt', 'names are in NFC');
  const upper = cidOf('a').toUpperCase();
  const byCid = await lookup(`cid=${upper}`);
  assert.deepEqual([byCid.id, byCid.key, byCid.keyKind], [`cid:${cidOf('a')}`, upper, 'cid']);
  assert.equal((await ask<Lookup>('/api/v1/lookup/a%2Fb%20c')).json.id, 'text:a/b c');
  for (const query of ['', 'key=a&name=b']) {
    assert.equal((await ask(`/api/v1/lookup?${query}`)).json.code, 'bad_request');
  }
  assert.equal((await ask('/api/v1/lookup?cid=x')).json.code, 'bad_cid');
});

test('the files are listed page by page, in path order, none twice and none left out', async () => {
  const names = ['z.txt', 'a/1.txt', 'a/2.txt', 'ñ.txt', 'm 1.txt'];
  for (const name of names) await fixture.put(name, name);
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
  const old = await fixture.put('told.txt', 'old');
  const file = await fixture.put('told.txt', 'new');
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
    json.kept?.map(({ name, cid }) => [name, cid]),
    [['told.txt', old.cid]],
    'what this node can bring back',
  );
  assert.deepEqual([json.versions, json.partial], [[], false]);
  assert.deepEqual([json.providers.length, json.copiesWanted, json.copiesLive], [2, 4, 1]);
  assert.equal((await ask(`/api/v1/files/${cidOf('q')}`)).json.code, 'not_found');
  assert.equal((await ask('/api/v1/files/x')).json.code, 'bad_cid');
});

test('the versions of a file are those that its publishers had under its names', async () => {
  const at = (seq: bigint, cid: string) => ({
    path: 'v.txt',
    seq: seq << 16n,
    cid: cidOf(cid),
    publisher: OTHER,
  });
  dht.add(at(30n, 'v3'));
  const shape = dht.publications.at(-1) ?? assert.fail();
  dht.versions.push({ ...shape, ...at(20n, 'v2') }, { ...shape, ...at(10n, 'v1') });
  dht.versions.push({ ...shape, ...at(5n, 'v0'), publisher: 'c'.repeat(64) });
  const { json } = await ask<FileDetail>(`/api/v1/files/${cidOf('v3')}`);
  assert.deepEqual(
    json.versions.map(({ cid, replacedAt }) => [cid, replacedAt]),
    [
      [cidOf('v2'), 30],
      [cidOf('v1'), 20],
    ],
  );
});

test('while the DHT service is down the node still says what it knows by itself', async () => {
  const file = await fixture.put('alone.txt', 'alone');
  dht.unreadable.add('*');
  const status = (await ask<NodeStatus>('/api/v1/status')).json;
  assert.deepEqual([status.id, status.joined, status.successors], [OWN, false, []]);
  const { status: code, json } = await ask<FileDetail>(`/api/v1/files/${file.cid}`);
  assert.deepEqual([code, json.partial, json.size], [200, true, 5]);
  assert.deepEqual(
    json.publications.map(({ name, publisher }) => [name, publisher]),
    [['alone.txt', OWN]],
  );
  assert.equal((await ask(`/api/v1/files/${cidOf('q')}`)).json.code, 'deadline', 'nothing is known of it');
  dht.unreadable.clear();
});

test("a file of this node's own is withdrawn to the trash and can come back", async () => {
  const file = await fixture.put('mine.txt', 'mine');
  const { status, json } = await ask<Withdrawn>(`/api/v1/files/${file.cid}`, 'DELETE');
  assert.equal(status, 200);
  assert.deepEqual(
    json.withdrawn.map(({ name, cid }) => [name, cid]),
    [['mine.txt', file.cid]],
  );
  const path = join(fixture.folder, 'shared', 'mine.txt');
  assert.equal(existsSync(path), false);
  assert.deepEqual((await search('mine.txt')).results, []);
  const trash = (await ask<TrashPage>('/api/v1/trash')).json.entries;
  assert.deepEqual(
    trash.map(({ id, name }) => [id, name]),
    [[json.withdrawn[0]?.trashId, 'mine.txt']],
  );
  assert.ok((trash[0]?.expiresAt ?? 0) > (trash[0]?.withdrawnAt ?? 0));
  const restored = await ask<TrashPage>('/api/v1/trash', 'POST', { restore: trash[0]?.id });
  assert.deepEqual([restored.status, restored.json.entries], [200, []]);
  assert.equal(readFileSync(path, 'utf8'), 'mine');
  assert.equal((await search('mine.txt')).results.length, 1);
  assert.equal((await ask('/api/v1/trash', 'POST', { restore: 'nothing' })).json.code, 'not_found');
  assert.equal((await ask('/api/v1/trash', 'POST', {})).json.code, 'bad_request');
});

test('under one name only that publication is withdrawn, and emptying the trash ends it', async () => {
  const file = await fixture.put('one.txt', 'twice');
  await fixture.put('two.txt', 'twice');
  const wrong = await ask(`/api/v1/files/${file.cid}?name=three.txt`, 'DELETE');
  assert.deepEqual([wrong.status, wrong.json.code], [404, 'not_found'], 'nobody publishes it by that name');
  dht.add({ path: 'four.txt', cid: file.cid, publisher: OTHER });
  const theirs = await ask(`/api/v1/files/${file.cid}?name=four.txt`, 'DELETE');
  assert.deepEqual([theirs.status, theirs.json.code], [403, 'not_yours']);
  const { json } = await ask<Withdrawn>(`/api/v1/files/${file.cid}?name=one.txt`, 'DELETE');
  assert.deepEqual(
    json.withdrawn.map(({ name }) => name),
    ['one.txt'],
  );
  assert.ok(existsSync(join(fixture.folder, 'shared', 'two.txt')));
  const emptied = await ask<TrashPage>('/api/v1/trash', 'DELETE');
  assert.deepEqual([emptied.status, emptied.json.entries], [200, []]);
});

test('the trash is listed page by page, none twice and none left out', async () => {
  const names = Array.from({ length: 5 }, (_, index) => `paged ${index}`);
  for (const name of names) {
    const { cid } = await fixture.put(name, name);
    await ask(`/api/v1/files/${cid}`, 'DELETE');
  }
  const listed: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: TrashPage = (await ask<TrashPage>(`/api/v1/trash?limit=2${cursor && `&cursor=${cursor}`}`))
      .json;
    listed.push(...page.entries.map(({ name }) => name));
    cursor = page.nextCursor;
  }
  assert.deepEqual(listed.toSorted(), names);
  assert.equal((await ask('/api/v1/trash?cursor=nonsense')).json.code, 'bad_request');
  assert.equal((await ask<Emptied>('/api/v1/trash', 'DELETE')).json.emptied, 5);
});

test('a folder of this node is withdrawn by its CID, and the files in it stay', async () => {
  const { cid } = await fixture.put('folder/inside.txt', 'inside');
  const folder = await fixture.library.putDirectory({ name: 'folder', files: [{ path: 'inside.txt', cid }] });
  await dht.publish();
  const { status, json } = await ask<Withdrawn>(`/api/v1/files/${folder.cid}`, 'DELETE');
  assert.equal(status, 200);
  assert.deepEqual(json.withdrawn, [{ name: 'folder', cid: folder.cid, trashId: '' }]);
  assert.equal((await ask(`/api/v1/files/${folder.cid}`)).status, 404);
  assert.equal((await ask(`/api/v1/files/${cid}`)).status, 200);
});

test("another node's publication is not withdrawn here", async () => {
  dht.add({ path: 'theirs.txt', cid: cidOf('i'), publisher: OTHER });
  const foreign = await ask(`/api/v1/files/${cidOf('i')}`, 'DELETE');
  assert.deepEqual([foreign.status, foreign.json.code], [403, 'not_yours']);
  const nobody = await ask(`/api/v1/files/${cidOf('j')}`, 'DELETE');
  assert.deepEqual([nobody.status, nobody.json.code], [404, 'not_found']);
});

test('names that leave the folder are refused', async () => {
  for (const name of ESCAPES) {
    const lookup = await sendRaw(fixture.port, requestHead(`GET /api/v1/lookup?name=${name}`));
    assert.equal(lookup.status, 400, name);
    const cid = await sendRaw(fixture.port, requestHead(`DELETE /api/v1/files/${cidOf('a')}?name=${name}`));
    assert.equal(cid.status, 400, name);
  }
});

test('the OpenAPI document lists every route, and names no other', () => {
  const paths = Object.keys(fixture.server.swagger().paths ?? {}).sort();
  assert.deepEqual(paths, [
    '/api/v1/files',
    '/api/v1/files/{cid}',
    '/api/v1/files/{cid}.meta4',
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
