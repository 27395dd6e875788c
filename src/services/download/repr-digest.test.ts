import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DownloadFixture } from './download-fixture.test-support.ts';

const MIB = 1024 * 1024;
let download: DownloadFixture;

before(async () => {
  download = await DownloadFixture.open();
});
after(() => download.close());

function reprDigest(bytes: Uint8Array): string {
  return `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`;
}

test('a file that is taken whole comes with SHA-256 of it, of one piece or several, by CID or name', async () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('hello'), randomBytes(MIB), randomBytes(3 * MIB + 1)]) {
    const { cid, path } = await download.put(`whole ${bytes.length}.bin`, bytes);
    for (const url of [`/ipfs/${cid}`, `/download/${encodeURIComponent(path)}`]) {
      assert.equal((await download.get(url)).headers['repr-digest'], reprDigest(bytes), url);
      assert.equal((await download.get(url, {}, 'HEAD')).headers['repr-digest'], reprDigest(bytes), url);
    }
  }
});

test('of a large file it is computed for whoever asks, once, and then told to all', async () => {
  const bytes = randomBytes(17 * MIB);
  const { cid } = await download.put('large.bin', bytes);
  const told = async (headers: Record<string, string>) =>
    (await download.get(`/ipfs/${cid}`, headers, 'HEAD')).headers['repr-digest'];
  assert.equal(await told({}), undefined);
  for (const unwanted of ['sha-256=0', 'sha-512=3', 'x-sha-256=5']) {
    assert.equal(await told({ 'want-repr-digest': unwanted }), undefined, unwanted);
  }
  const both = await Promise.all([1, 2].map(() => told({ 'want-repr-digest': 'sha-512=3, sha-256=10' })));
  assert.deepEqual(both, [reprDigest(bytes), reprDigest(bytes)]);
  assert.equal(await told({}), reprDigest(bytes));
  const part = await download.get(`/ipfs/${cid}`, { range: 'bytes=5-9' });
  assert.deepEqual([part.status, part.headers['repr-digest']], [206, reprDigest(bytes)]);
});

test('a file that changed gets no digest of other bytes', async () => {
  const bytes = randomBytes(2 * MIB);
  const file = await download.put('edited.bin', bytes);
  writeFileSync(join(download.folder, 'shared', 'edited.bin'), randomBytes(2 * MIB));
  const { status, headers } = await download.get(`/ipfs/${file.cid}`, { 'want-repr-digest': 'sha-256' });
  assert.deepEqual([status, headers['repr-digest']], [409, undefined]);
  await assert.rejects(download.library.digests.of(file), { code: 'changed' });
  assert.equal(download.library.digests.known(file.cid), null);
});
