import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileIn, readCar } from '../../content/car-reader.test-support.ts';
import { parseCid } from '../../content/cid.ts';
import { DirectoryReader } from '../../content/directory-reader.ts';
import type { CatalogDirectory } from '../../library/catalog-directory.ts';
import { DownloadFixture } from './download-fixture.test-support.ts';

const MIB = 1024 * 1024;
const large = randomBytes(2 * MIB + 9);
const contents = new Map<string, Buffer>([
  ['a.txt', Buffer.from('first')],
  ['day 1/b.bin', large],
  ['day 1/100% ñ?.txt', Buffer.from('third')],
]);
let gateway: DownloadFixture;
let trip: CatalogDirectory;
/** So many long names that it is sharded. */
let wide: CatalogDirectory;

before(async () => {
  gateway = await DownloadFixture.open();
  trip = await putFolder('trip', ['day 2']);
  wide = await putFolder(
    'wide',
    Array.from({ length: 1000 }, (_, index) => `${'x'.repeat(245)} ${index}`),
  );
});
after(() => gateway.close());

async function putFolder(name: string, folders: readonly string[]): Promise<CatalogDirectory> {
  const files: { path: string; cid: string }[] = [];
  for (const [path, bytes] of contents)
    files.push({ path, cid: (await gateway.put(`${name}/${path}`, bytes)).cid });
  return gateway.library.putDirectory({ name, files, folders });
}

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

async function carOf(path: string) {
  const { status, body, headers } = await gateway.get(path);
  assert.equal(status, 200, `${path}: ${body.subarray(0, 200)}`);
  return { headers, ...(await readCar(body)) };
}

test('a folder comes as a CAR from which all of it is built again', async () => {
  const car = await carOf(`/ipfs/${trip.cid}?format=car`);
  for (const [path, bytes] of contents) assert.ok(fileIn(car, trip.cid, path.split('/')).equals(bytes), path);
  assert.equal(car.blocks[0]?.cid, trip.cid);
  // Three directories and the root; of the files one block, four and one.
  assert.equal(car.blocks.length, 3 + 1 + 4 + 1);
});

test('the entity of a folder is what lists it, in as many blocks as that takes', async () => {
  assert.equal((await carOf(`/ipfs/${trip.cid}?format=car&dag-scope=entity`)).blocks.length, 1);
  const bytes = await carOf(`/ipfs/${trip.cid}?format=car&entity-bytes=0:5`);
  assert.equal(bytes.blocks.length, 1, 'a folder has no bytes: the span is passed over');
  const { blocks } = await carOf(`/ipfs/${wide.cid}?format=car&dag-scope=entity`);
  assert.ok(blocks.length > 100);
  const known = new Map(blocks.map((block) => [block.cid, block.bytes]));
  const names = new Set<string>();
  const fetchBlock = async ({ text }: { text: string }) => known.get(text) ?? assert.fail(text);
  for await (const { name } of DirectoryReader.entries(parseCid(wide.cid), fetchBlock)) names.add(name);
  assert.equal(names.size, 1002);
});

test('a path is proved by the blocks that lead to it, before those of what is there', async () => {
  for (const [path, bytes] of contents) {
    const car = await carOf(`/ipfs/${trip.cid}/${encoded(path)}?format=car`);
    assert.ok(fileIn(car, trip.cid, path.split('/')).equals(bytes), path);
    assert.equal(car.blocks[0]?.cid, trip.cid);
  }
  const block = await carOf(`/ipfs/${trip.cid}/day%201/b.bin?format=car&dag-scope=block`);
  assert.equal(block.blocks.length, 3);
  const span = await carOf(`/ipfs/${trip.cid}/day%201/b.bin?format=car&entity-bytes=${2 * MIB}:*`);
  assert.equal(span.blocks.length, 4);
  // In a sharded folder: the shards on the way, and no others.
  const sharded = await carOf(`/ipfs/${wide.cid}/a.txt?format=car`);
  assert.ok(sharded.blocks.length >= 2 && sharded.blocks.length <= 4, `${sharded.blocks.length} blocks`);
  assert.equal(Buffer.from(sharded.blocks.at(-1)?.bytes ?? '').toString(), 'first');
  const tags = [`/ipfs/${trip.cid}/a.txt?format=car`, `/ipfs/${trip.cid}/day%201?format=car`];
  const [one, other] = await Promise.all(tags.map((path) => gateway.get(path, {}, 'HEAD')));
  assert.notEqual(one?.headers.etag, other?.headers.etag);
});

test('one file of a folder comes as bytes too, with ranges and under its own name', async () => {
  const whole = await gateway.get(`/ipfs/${trip.cid}/day%201/b.bin`);
  assert.ok(whole.body.equals(large));
  assert.equal(whole.headers['content-disposition'], 'inline; filename="b.bin"');
  const part = await gateway.get(`/ipfs/${trip.cid}/day%201/b.bin`, { range: `bytes=${MIB}-${MIB + 3}` });
  assert.equal(part.status, 206);
  assert.ok(part.body.equals(large.subarray(MIB, MIB + 4)));
  for (const path of [
    'day%201/100%25%20%C3%B1%3F.txt',
    'day%201%2F100%25%20%C3%B1%3F.txt',
    './day%201/../a.txt',
  ]) {
    assert.equal((await gateway.get(`/ipfs/${trip.cid}/${path}`)).status, 200, path);
  }
});

test('a folder has blocks and no bytes; what is not in it is 404', async () => {
  assert.deepEqual(await gateway.refusal(`/ipfs/${trip.cid}`), [406, 'not_acceptable']);
  assert.deepEqual(await gateway.refusal(`/ipfs/${trip.cid}/day%201/`), [406, 'not_acceptable']);
  const raw = await gateway.get(`/ipfs/${trip.cid}?format=raw`);
  assert.deepEqual([raw.status, raw.headers['content-type']], [200, 'application/vnd.ipld.raw']);
  for (const path of ['nothing', 'day%201/nothing', 'a.txt/below', 'day%201/b.bin/below', 'A.TXT']) {
    for (const query of ['', '?format=car']) {
      assert.deepEqual(await gateway.refusal(`/ipfs/${trip.cid}/${path}${query}`), [404, 'not_found'], path);
    }
  }
});

test('a folder of which a file went breaks its CAR off where the file should come', async () => {
  const lost = await putFolder('lost', []);
  rmSync(join(gateway.folder, 'shared', 'lost', 'a.txt'));
  rmSync(join(gateway.folder, 'shared', 'trip', 'a.txt'));
  rmSync(join(gateway.folder, 'shared', 'wide', 'a.txt'));
  await assert.rejects(gateway.get(`/ipfs/${lost.cid}?format=car`));
  assert.equal((await gateway.get(`/ipfs/${lost.cid}?format=car&dag-scope=entity`)).status, 200);
});
