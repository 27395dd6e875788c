import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { request } from 'undici';
import type { SearchAnswer, SearchResult } from '../../client/schemas/shared.ts';
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

test('a search finds a file by its path, by its last component and by its CID, with those that hold it', async () => {
  const cid = cidOf('c');
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
  dht.add({ path: 'same.txt', cid: cidOf('d'), publisher: OTHER });
  dht.add({ path: 'same.txt', cid: cidOf('e'), publisher: OTHER });
  dht.add({ path: 'same.txt', cid: cidOf('f'), publisher: OWN });
  dht.add({ path: 'same.txt', cid: cidOf('g'), publisher: 'c'.repeat(64), kind: 'tombstone' });
  const { results } = await search('same.txt');
  assert.deepEqual(
    results.map(({ publisher, cid }) => [publisher, cid]),
    [
      [OWN, cidOf('f')],
      [OTHER, cidOf('e')],
    ],
  );
});

test('a file of exactly the path asked for is not cut off by those that only share its last component', async () => {
  for (let index = 0; index < 12; index += 1) dht.add({ path: `0/${index}/README`, cid: cidOf('r') });
  dht.add({ path: 'README', cid: cidOf('s') });
  const { results, truncated } = await search('README', '&limit=3');
  assert.deepEqual([results[0]?.name, results.length, truncated], ['README', 3, true]);
  const exact = await search('README', '&exact=true');
  assert.deepEqual(
    [exact.results.map(({ name }) => name), exact.truncated, exact.asked],
    [['README'], false, 6],
    'neither the last component nor a CID is looked for',
  );
});

test('the counts tell how many nodes were asked, answered and are away, and what was cut is said', async () => {
  for (let index = 0; index < 30; index += 1) dht.add({ path: `${index}/many.txt`, cid: cidOf('h') });
  dht.away = 1;
  const cut = await search('many.txt', '&limit=10');
  assert.deepEqual([cut.results.length, cut.truncated, cut.away], [10, true, 1]);
  // Three nodes for each of: the name, the base, the one CID.
  assert.deepEqual([cut.asked, cut.answered], [9, 9]);
  const whole = await search('many.txt');
  assert.deepEqual([whole.results.length, whole.truncated], [30, false]);
  dht.unreadable.add(`cid:${cidOf('h')}`);
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
  const answer = await request(`${fixture.origin}/api/v1/search?q=many.txt&limit=5`, { headers });
  assert.match(String(answer.headers['content-type']), /^application\/x-ndjson/);
  const lines = (await answer.body.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(lines.length, 6);
  assert.ok(lines.slice(0, 5).every((line) => line.name.endsWith('many.txt')));
  assert.equal(lines[5].truncated, true);
  dht.unreadable.add('*');
  const failed = await request(`${fixture.origin}/api/v1/search?q=x`, { headers });
  assert.equal(failed.statusCode, 504);
  assert.match(String(failed.headers['content-type']), /^application\/problem\+json/);
  await failed.body.dump();
  dht.unreadable.clear();
});
