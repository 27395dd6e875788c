import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { request } from 'undici';
import { DownloadFixture } from '../download/download-fixture.test-support.ts';
import { cidOf, IndexFixture, OTHER, OWN } from './index-fixture.test-support.ts';
import { metalinkOf } from './metalink.ts';

const MIB = 1024 * 1024;
const NAME = 'folder/año "más" <1>.bin';
/** So large that honest providers are still at work when the corrupt one has been given up. */
const content = randomBytes(32 * MIB + 5);
const hasAria2 = spawnSync('aria2c', ['--version']).status === 0;
let index: IndexFixture;
/** Two that hold the file, and one that says so and sends other bytes. */
let holders: [DownloadFixture, DownloadFixture];
let liar: Server;
let liarEndpoint: string;
let liarAnswers = 0;
let cid: string;

before(async () => {
  index = await IndexFixture.open();
  holders = [await DownloadFixture.open(), await DownloadFixture.open()];
  for (const holder of holders) ({ cid } = await holder.put(NAME, content));
  liar = createServer((asked, answer) => {
    liarAnswers += 1;
    const [, from, to] = /bytes=(\d+)-(\d*)/.exec(asked.headers.range ?? '') ?? [];
    const start = Number(from ?? 0);
    const end = to === undefined || to === '' ? content.length : Number(to) + 1;
    const headers = { 'content-length': end - start, 'repr-digest': reprDigest('nothing of the kind') };
    if (from === undefined) answer.writeHead(200, headers);
    else
      answer.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${end - 1}/${content.length}` });
    answer.end(asked.method === 'HEAD' ? undefined : Buffer.alloc(end - start, 'x'));
  });
  await new Promise<void>((resolve) => liar.listen(0, '127.0.0.1', resolve));
  liarEndpoint = `127.0.0.1:${(liar.address() as AddressInfo).port}`;
  index.dht.add({ path: NAME, cid, size: content.length });
  const endpoints = [liarEndpoint, ...holders.map(({ port }) => `127.0.0.1:${port}`)];
  for (const [at, download] of endpoints.entries())
    index.dht.provide(cid, { id: String(at).repeat(64), download });
  index.dht.provide(cid, { id: OTHER, download: '127.0.0.1:9', state: 'inactive' });
});
after(async () => {
  await index.close();
  for (const holder of holders) await holder.close();
  await new Promise((resolve) => liar.close(resolve));
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function reprDigest(text: string): string {
  return `sha-256=:${createHash('sha256').update(text).digest('base64')}:`;
}

async function metalink(of: string, origin = index.origin) {
  const answer = await request(`${origin}/api/v1/files/${of}.meta4`);
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
}

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, found = '']) => found);
}

test('a node that has nothing of the file names its live providers at one priority, and proves the pieces', async () => {
  const { status, headers, text } = await metalink(cid);
  assert.equal(status, 200, text);
  assert.equal(headers['content-type'], 'application/metalink4+xml; charset=utf-8');
  assert.match(
    text,
    /^<\?xml version="1.0" encoding="UTF-8"\?>\n<metalink xmlns="urn:ietf:params:xml:ns:metalink">/,
  );
  assert.match(text, /<file name="año &quot;más&quot; &lt;1&gt;.bin">/);
  assert.match(text, new RegExp(`<size>${content.length}</size>`));
  const pieces = Array.from({ length: 33 }, (_, piece) =>
    sha256(content.subarray(piece * MIB, (piece + 1) * MIB)),
  );
  assert.deepEqual(matches(text, /^ {3}<hash>([0-9a-f]{64})<\/hash>$/gm), pieces);
  assert.match(text, /<pieces length="1048576" type="sha-256">/);
  // What two of three say of the whole.
  assert.deepEqual(matches(text, /^ {2}<hash type="sha-256">([0-9a-f]{64})<\/hash>$/gm), [sha256(content)]);
  const urls = [liarEndpoint, ...holders.map(({ port }) => `127.0.0.1:${port}`)];
  assert.deepEqual(
    matches(text, /<url priority="1">([^<]+)<\/url>/g),
    urls.map((endpoint) => `http://${endpoint}/ipfs/${cid}`),
  );
});

test('a name is written so that XML holds it, whatever is in it', async () => {
  const file = { cid, size: 0, digest: null, endpoints: ['a:1'], name: 'a & b\u0001<"c">\ud83d\ude00.txt' };
  const document = metalinkOf({ ...file, pieces: (async function* () {})() });
  const text = (await Readable.from(document).toArray()).join('');
  assert.match(text, /<file name="a &amp; b_&lt;&quot;c&quot;&gt;\u{1f600}\.txt">/u);
});

test('a node that holds the file says by itself what it hashes to', async () => {
  const own = await IndexFixture.open();
  try {
    const file = await own.put('mine.txt', 'mine');
    const large = await own.put('large.txt', 'x'.repeat(2 * MIB));
    own.endpoints.download = '127.0.0.1:1';
    for (const [{ cid: held }, bytes] of [
      [file, 'mine'],
      [large, 'x'.repeat(2 * MIB)],
    ] as const) {
      own.dht.provide(held, { id: OWN, download: '127.0.0.1:1' });
      const { status, text } = await metalink(held, own.origin);
      assert.equal(status, 200, text);
      assert.match(text, new RegExp(`<hash type="sha-256">${sha256(Buffer.from(bytes))}</hash>`));
      assert.equal(matches(text, /<hash>([0-9a-f]+)</g).length, Math.ceil(bytes.length / MIB));
    }
    const empty = await own.put('empty.txt', '');
    own.dht.provide(empty.cid, { id: OWN, download: '127.0.0.1:1' });
    assert.doesNotMatch((await metalink(empty.cid, own.origin)).text, /<pieces/);
  } finally {
    await own.close();
  }
});

test('what nobody has, nobody who lives has, or is no file has no Metalink', async () => {
  const code = async (of: string) => {
    const { status, text } = await metalink(of);
    return [status, (JSON.parse(text) as { code: string }).code];
  };
  assert.deepEqual(await code('nonsense'), [400, 'bad_cid']);
  assert.deepEqual(await code(cidOf('nobody')), [404, 'not_found']);
  index.dht.add({ path: 'away.txt', cid: cidOf('away') });
  assert.deepEqual(await code(cidOf('away')), [503, 'no_provider']);
  const [holder] = holders;
  const folder = await holder.library.putDirectory({ name: 'folder', files: [] });
  index.dht.add({ path: 'folder', cid: folder.cid, size: 0, type: 'directory' });
  index.dht.provide(folder.cid, { download: `127.0.0.1:${holder.port}` });
  assert.deepEqual(await code(folder.cid), [422, 'unknown_layout']);
});

test('aria2c fetches by our Metalink from three providers, one of them corrupt', {
  skip: !hasAria2 && 'aria2c is not installed',
}, async () => {
  const folder = join(index.folder, 'aria2');
  const before = liarAnswers;
  const script = `curl -sS --fail -o "$2" "$1" && exec aria2c --quiet --no-conf --dir="$3" --metalink-file="$2" \
    --split=9 --min-split-size=1M --max-connection-per-server=3 --max-tries=5`;
  const file = join(index.folder, 'file.meta4');
  const url = `${index.origin}/api/v1/files/${cid}.meta4`;
  const code = await new Promise((resolve) => {
    spawn('sh', ['-c', script, 'sh', url, file, folder], { stdio: 'inherit' }).once('exit', resolve);
  });
  assert.equal(code, 0);
  assert.ok(liarAnswers > before, 'the corrupt one was asked');
  assert.ok(readFileSync(join(folder, 'año "más" <1>.bin')).equals(content));
});
