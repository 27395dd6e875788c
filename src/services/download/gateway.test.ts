import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { request } from 'undici';
import { fileIn, readCar } from '../../content/car-reader.test-support.ts';
import type { CatalogFile } from '../../library/catalog-file.ts';
import { DownloadFixture } from './download-fixture.test-support.ts';

const MIB = 1024 * 1024;
const CAR = 'application/vnd.ipld.car';
const RAW = 'application/vnd.ipld.raw';
const content = randomBytes(3 * MIB + 17);
const leaves = [0, 1, 2, 3].map((piece) => rawCidOf(content.subarray(piece * MIB, (piece + 1) * MIB)));
const ABSENT = `f01551220${createHash('sha256').update('nobody has this').digest('hex')}`;
let gateway: DownloadFixture;
let file: CatalogFile;

before(async () => {
  gateway = await DownloadFixture.open();
  file = await gateway.put('big file.bin', content);
});
after(() => gateway.close());

/** In base16, which every reader of CIDs takes. */
function rawCidOf(bytes: Uint8Array): string {
  return `f01551220${createHash('sha256').update(bytes).digest('hex')}`;
}

function digestsOf(cids: readonly string[], blocks: readonly { bytes: Uint8Array }[]): number[] {
  return blocks.map(({ bytes }) => cids.indexOf(rawCidOf(bytes)));
}

async function blocksOf(path: string, headers: Record<string, string> = {}) {
  const answer = await gateway.get(path, headers);
  assert.equal(answer.status, 200, `${path}: ${answer.body.subarray(0, 300)}`);
  return { ...answer, ...(await readCar(answer.body)) };
}

test('a file comes as a CAR, depth first, from whose blocks alone it is built again', async () => {
  const car = await blocksOf(`/ipfs/${file.cid}?format=car`);
  const [root] = car.blocks;
  assert.equal(root?.cid, file.cid);
  assert.deepEqual(digestsOf(leaves, car.blocks), [-1, 0, 1, 2, 3]);
  assert.ok(fileIn(car, file.cid).equals(content));
  const digest = createHash('sha256')
    .update(root?.bytes ?? '')
    .digest('hex');
  // CARv1: {"roots": [the CID], "version": 1} in DAG-CBOR.
  assert.equal(car.header.toString('hex'), `a265726f6f747381d82a58250001701220${digest}6776657273696f6e01`);
});

test('a CAR says what it is, may be kept for ever, and is saved, never shown', async () => {
  const { headers } = await gateway.get(`/ipfs/${file.cid}?format=car`);
  assert.equal(headers['content-type'], `${CAR}; version=1; order=dfs; dups=n`);
  assert.equal(headers['content-disposition'], `attachment; filename="${file.cid}.car"`);
  assert.equal(headers['cache-control'], 'public, max-age=29030400, immutable');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['accept-ranges'], 'none');
  const named = await gateway.get(`/ipfs/${file.cid}?format=car&filename=mine.car`);
  assert.equal(named.headers['content-disposition'], 'attachment; filename="mine.car"');
});

test('the scope of a CAR is one block, the file, or everything', async () => {
  const count = async (scope: string) =>
    (await blocksOf(`/ipfs/${file.cid}?format=car&dag-scope=${scope}`)).blocks.length;
  assert.deepEqual([await count('block'), await count('entity'), await count('all')], [1, 5, 5]);
  const small = await gateway.put('small.txt', Buffer.from('hello world'));
  assert.equal((await blocksOf(`/ipfs/${small.cid}?format=car&dag-scope=entity`)).blocks.length, 1);
  const empty = await gateway.put('empty.txt', Buffer.alloc(0));
  const { blocks } = await blocksOf(`/ipfs/${empty.cid}?format=car`);
  assert.deepEqual(
    blocks.map(({ bytes }) => bytes.length),
    [0],
  );
});

test('entity-bytes gives the root and just the pieces that hold some of the bytes', async () => {
  const { length } = content;
  const spans: readonly (readonly [string, readonly number[]])[] = [
    ['0:*', [0, 1, 2, 3]],
    ['0:0', [0]],
    [`${MIB - 1}:${MIB - 1}`, [0]],
    [`${MIB}:${MIB}`, [1]],
    [`${MIB - 1}:${MIB}`, [0, 1]],
    ['-1:*', [3]],
    ['-17:-1', [3]],
    ['-18:*', [2, 3]],
    [`5:-${length - 6}`, [0]],
    [`${2 * MIB}:${length * 2}`, [2, 3]],
    [`-${length * 2}:0`, [0]],
    // No bytes: what lets the client see why.
    ['9:5', []],
    [`-9:-${length * 2}`, []],
  ];
  for (const [span, pieces] of spans) {
    const { blocks } = await blocksOf(`/ipfs/${file.cid}?format=car&entity-bytes=${span}`);
    assert.deepEqual(digestsOf(leaves, blocks), [-1, ...pieces], span);
  }
  const behind = await gateway.refusal(`/ipfs/${file.cid}?format=car&entity-bytes=${length}:*`);
  assert.deepEqual(behind, [400, 'bad_request']);
});

test('a piece that repeats comes once, or as often as it occurs where that is asked for', async () => {
  const piece = randomBytes(MIB);
  const repeating = await gateway.put('repeats.bin', Buffer.concat([piece, piece, piece]));
  const path = `/ipfs/${repeating.cid}?format=car`;
  assert.deepEqual(digestsOf([rawCidOf(piece)], (await blocksOf(path)).blocks), [-1, 0]);
  const often = await blocksOf(`${path}&car-dups=y`);
  assert.deepEqual(often.headers['content-type'], `${CAR}; version=1; order=dfs; dups=y`);
  assert.deepEqual(digestsOf([rawCidOf(piece)], often.blocks), [-1, 0, 0, 0]);
});

test('Accept chooses the form where the address does not, and the answer says where it stands', async () => {
  const typeOf = async (accept: string, query = '') => {
    const { status, headers } = await gateway.get(`/ipfs/${file.cid}${query}`, { accept }, 'HEAD');
    return status === 200 ? String(headers['content-type']).split(';', 1)[0] : status;
  };
  assert.equal(await typeOf(RAW), RAW);
  assert.equal(await typeOf(`${CAR};version=1;order=dfs;dups=n`), CAR);
  assert.equal(await typeOf(`${CAR};q=0.5, ${RAW}`), RAW);
  assert.equal(await typeOf(`*/*, ${CAR}`), CAR);
  assert.equal(await typeOf('text/html,application/xhtml+xml,*/*;q=0.8'), 'application/octet-stream');
  assert.equal(await typeOf(`${CAR};q=0, */*`), 'application/octet-stream');
  assert.equal(await typeOf(`${CAR};order=foo, ${RAW};q=0.1`), RAW, 'the next where the first is not served');
  assert.equal(await typeOf('application/x-tar'), 406);
  assert.equal(await typeOf(`${CAR};version=2`), 406);
  assert.equal(await typeOf(`${CAR};version=2`, '?format=car'), 406);
  assert.equal(await typeOf(RAW, '?format=car'), CAR, 'the query goes first');
  const { headers } = await gateway.get(`/ipfs/${file.cid}?dag-scope=block`, { accept: `${CAR}; dups=y` });
  assert.equal(headers['content-location'], `/ipfs/${file.cid}?dag-scope=block&format=car&car-dups=y`);
  assert.match(String(headers['content-type']), /dups=y$/);
  const raw = await gateway.get(`/ipfs/${file.cid}`, { accept: RAW });
  assert.equal(raw.headers['content-location'], `/ipfs/${file.cid}?format=raw`);
  assert.equal((await gateway.get(`/ipfs/${file.cid}?format=raw`)).headers['content-location'], undefined);
});

test('what is asked for wrongly is 400 with the reason, what no form fits 406, what is not here 404 or 412', async () => {
  for (const query of [
    'format=tar',
    'format=car&dag-scope=some',
    'format=car&entity-bytes=1',
    'format=car&entity-bytes=a:b',
    'format=car&entity-bytes=0:**',
    'format=car&car-version=2',
    'format=car&car-order=random',
    'format=car&car-dups=maybe',
  ]) {
    assert.deepEqual(await gateway.refusal(`/ipfs/${file.cid}?${query}`), [400, 'bad_request'], query);
  }
  assert.deepEqual(await gateway.refusal('/ipfs/nonsense?format=car'), [400, 'bad_cid']);
  assert.deepEqual(await gateway.refusal(`/ipfs/${file.cid}/a?format=raw`), [400, 'bad_request']);
  for (const form of ['', '?format=raw', '?format=car']) {
    assert.deepEqual(await gateway.refusal(`/ipfs/${ABSENT}${form}`), [404, 'not_found'], form);
    const head = await gateway.get(`/ipfs/${ABSENT}${form}`, {}, 'HEAD');
    assert.equal(head.status, 404, form);
    const held = await gateway.refusal(`/ipfs/${ABSENT}${form}`, { 'cache-control': 'only-if-cached' });
    assert.deepEqual(held, [412, 'not_here'], form);
    const here = await gateway.get(`/ipfs/${file.cid}${form}`, { 'cache-control': 'only-if-cached' }, 'HEAD');
    assert.equal(here.status, 200, form);
  }
  // A piece of a file is a block and no file.
  assert.deepEqual(await gateway.refusal(`/ipfs/${leaves[1]}`), [406, 'not_acceptable']);
  // A file has nothing below it.
  assert.deepEqual(await gateway.refusal(`/ipfs/${file.cid}/a`), [404, 'not_found']);
  assert.deepEqual(await gateway.refusal(`/ipfs/${file.cid}/a?format=car`), [404, 'not_found']);
});

test('each form has a tag of its own, which answers 304', async () => {
  const tags = new Set<string>();
  const paths = [
    '',
    '?format=raw',
    '?format=car',
    '?format=car&dag-scope=block',
    '?format=car&dag-scope=entity',
    '?format=car&entity-bytes=0:5',
    '?format=car&car-dups=y',
  ];
  for (const query of paths) {
    const path = `/ipfs/${file.cid}${query}`;
    const tag = String((await gateway.get(path, {}, 'HEAD')).headers.etag);
    assert.match(tag, /^"[\x21\x23-\x7e]+"$/);
    tags.add(tag);
    const again = await gateway.get(path, { 'if-none-match': tag });
    assert.deepEqual([again.status, again.body.length], [304, 0], query);
  }
  assert.equal(tags.size, paths.length);
});

test('HEAD of a CAR says what GET would, without a body or a slot', async () => {
  const path = `/ipfs/${file.cid}?format=car&dag-scope=entity`;
  const [got, head] = [await gateway.get(path), await gateway.get(path, {}, 'HEAD')];
  assert.deepEqual([head.status, head.body.length], [200, 0]);
  for (const name of [
    'etag',
    'content-type',
    'content-disposition',
    'cache-control',
    'x-content-type-options',
  ])
    assert.equal(head.headers[name], got.headers[name], name);
  assert.equal(head.headers['content-length'], undefined, 'nobody knows before the walk');
});

test('a client may probe whether this is a gateway, by the CID of nothing', async () => {
  for (const method of ['GET', 'HEAD'] as const) {
    const raw = await gateway.get('/ipfs/bafkqaaa?format=raw', {}, method);
    assert.deepEqual([raw.status, raw.body.length], [200, 0]);
    assert.equal((await gateway.get('/ipfs/bafkqaaa', { accept: CAR }, method)).status, 200);
  }
  const car = await readCar((await gateway.get('/ipfs/bafkqaaa?format=car')).body);
  assert.equal(car.header.toString('hex'), 'a265726f6f747381d82a450001550000' + '6776657273696f6e01');
  assert.deepEqual(car.blocks, []);
});

test('a file that changes while its CAR is on the way breaks it off', async () => {
  const moving = await gateway.put('moving.bin', randomBytes(64 * MIB));
  const answer = await request(`${gateway.origin}/ipfs/${moving.cid}?format=car`);
  assert.equal(answer.statusCode, 200);
  writeFileSync(join(gateway.folder, 'shared', 'moving.bin'), 'something else');
  await assert.rejects(answer.body.arrayBuffer());
});

test('a CAR is a transfer: it takes a slot and gives it back', async () => {
  const narrow = await DownloadFixture.open(1);
  try {
    const large = await narrow.put('large.bin', randomBytes(48 * MIB));
    const path = `/ipfs/${large.cid}?format=car`;
    const first = await request(narrow.origin + path);
    assert.deepEqual(await narrow.refusal(path), [503, 'busy']);
    assert.equal((await narrow.get(path, {}, 'HEAD')).status, 200);
    const car = Buffer.from(await first.body.arrayBuffer());
    assert.equal((await readCar(car)).blocks.length, 49);
    await blockUntilFree(narrow, path);
  } finally {
    await narrow.close();
  }
});

/** The slot comes back when the connection's last byte is known to be sent. */
async function blockUntilFree(narrow: DownloadFixture, path: string): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    const { status } = await narrow.get(`${path}&dag-scope=block`);
    if (status === 200) return;
  }
  assert.fail('the slot did not come back');
}
