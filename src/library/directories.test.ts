import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseCid } from '../content/cid.ts';
import { importerCid } from '../content/directory.test-support.ts';
import { DirectoryReader } from '../content/directory-reader.ts';
import { openDatabase } from '../storage/database.ts';
import { Catalog } from './catalog.ts';
import { dropUnusedContents } from './catalog-content.ts';
import { directoriesOf, directoryAt } from './catalog-directory.ts';
import { CATALOG_FILE, CATALOG_MIGRATIONS } from './catalog-schema.ts';
import { chunksOf, type Folders, makeFolders, openLibrary } from './library.test-support.ts';
import type { Library } from './library.ts';

const PIECE = 1_048_576;
const DAYS_30_MS = 30 * 86_400_000;
const LARGE = randomBytes(2 * PIECE + 5);

/** A library with `trip/` of three files, and one beside. */
async function openTrip(t: TestContext, folders: Folders = makeFolders(t)) {
  const library = await openLibrary(t, folders);
  const put = async (name: string, bytes: string | Uint8Array) =>
    (await library.receive({ name, source: chunksOf(bytes) })).cid;
  const files = [
    { path: 'a.txt', cid: await put('trip/a.txt', 'first') },
    { path: 'day 1/b.bin', cid: await put('trip/day 1/b.bin', LARGE) },
    { path: 'day 1/ç.txt', cid: await put('trip/day 1/ç.txt', 'third') },
  ];
  await put('beside.txt', 'beside');
  return { library, files, put };
}

function actsOf(library: Library, path: string): string[] {
  const waiting = library.catalog.pending(100).filter(({ file }) => file.path === path);
  return waiting.map(({ act, file, lastCopy }) => `${act} ${file.cid} ${lastCopy}`);
}

test('a folder gets the CID of the independent implementation, and its blocks are served', async (t) => {
  const { library, files } = await openTrip(t);
  const directory = await library.putDirectory({ name: 'trip', files, folders: ['day 2'], tags: ['sea'] });
  const contents = [
    { path: 'a.txt', content: Buffer.from('first') },
    { path: 'day 1/b.bin', content: LARGE },
    { path: 'day 1/ç.txt', content: Buffer.from('third') },
  ];
  assert.equal(directory.cid, await importerCid(contents, ['day 2']));
  assert.deepEqual([directory.size, directory.files], [LARGE.length + 10, 3]);
  const names: string[] = [];
  const fetchBlock = async ({ text }: { text: string }) =>
    (await library.readBlock(text)) ?? assert.fail(text);
  for await (const { name, cid } of DirectoryReader.entries(parseCid(directory.cid), fetchBlock)) {
    names.push(name);
    assert.ok(library.hasBlock(cid.text), name);
  }
  assert.deepEqual(names, ['a.txt', 'day 1', 'day 2']);
});

test('it is published with the type of a directory, in the transaction that lists it', async (t) => {
  const folders = makeFolders(t);
  const { library, files } = await openTrip(t, folders);
  const { cid, size } = await library.putDirectory({ name: 'trip', files, tags: ['sea'], copies: 2 });
  const change = library.catalog.pending(100).find(({ file }) => file.path === 'trip');
  assert.equal(change?.act, 'publish');
  const { modifiedMs: _, ...published } = change?.file ?? assert.fail();
  assert.deepEqual(published, {
    path: 'trip',
    cid,
    size,
    type: 'directory',
    tags: ['sea'],
    copies: 2,
    previous: null,
  });
  const again = Catalog.open(folders.dataDir, { synchronous: 'normal' });
  t.after(() => again.close());
  assert.equal(directoryAt(again, 'trip')?.cid, cid);
  assert.deepEqual(
    directoriesOf(again, cid).map(({ path }) => path),
    ['trip'],
  );
});

test('what is not there, is not the same, or has no place is refused, and nothing is listed', async (t) => {
  const { library, files, put } = await openTrip(t);
  const [first, ...others] = files;
  const refused = async (code: string, name: string, listed: readonly { path: string; cid: string }[]) => {
    await assert.rejects(library.putDirectory({ name, files: listed }), { code });
    assert.equal(directoryAt(library.catalog, name), null);
  };
  const cid = first?.cid ?? '';
  await refused('not_found', 'trip', [...files, { path: 'nothing.txt', cid }]);
  await refused('changed', 'trip', [{ path: 'a.txt', cid: others[0]?.cid ?? '' }]);
  await refused('bad_name', 'trip', [{ path: '../beside.txt', cid }]);
  await refused('bad_name', '../trip', files);
  await refused('bad_name', 'trip', [...files, ...files]);
  await put('file', 'a file');
  await refused('bad_name', 'file', []);
  assert.deepEqual(actsOf(library, 'trip'), []);
});

test('a folder that is put again replaces what it was; put the same, nothing changes', async (t) => {
  const { library, files } = await openTrip(t);
  const first = await library.putDirectory({ name: 'trip', files });
  const same = await library.putDirectory({ name: 'trip', files });
  assert.deepEqual(same, first);
  const second = await library.putDirectory({ name: 'trip', files: files.slice(1), copies: 3 });
  assert.deepEqual([second.previous, second.copies], [first.cid, 3]);
  assert.deepEqual(actsOf(library, 'trip'), [
    `publish ${first.cid} false`,
    `withdraw ${first.cid} true`,
    `publish ${second.cid} false`,
  ]);
  assert.equal(library.hasBlock(first.cid), false);
});

test('a folder goes with the last file in it, and not before', async (t) => {
  const { library, files } = await openTrip(t);
  const { cid } = await library.putDirectory({ name: 'trip', files });
  const inner = await library.putDirectory({
    name: 'trip/day 1',
    files: files.slice(1).map((file) => ({ ...file, path: file.path.replace('day 1/', '') })),
  });
  await library.withdraw('trip/day 1/b.bin');
  assert.equal(directoryAt(library.catalog, 'trip/day 1')?.cid, inner.cid);
  await library.withdraw('trip/day 1/ç.txt');
  assert.equal(directoryAt(library.catalog, 'trip/day 1'), null);
  assert.equal(directoryAt(library.catalog, 'trip')?.cid, cid);
  await library.withdraw('trip/a.txt');
  assert.deepEqual(actsOf(library, 'trip'), [`publish ${cid} false`, `withdraw ${cid} true`]);
});

test('a folder is withdrawn by itself, and its files stay', async (t) => {
  const { library, files } = await openTrip(t);
  const { cid } = await library.putDirectory({ name: 'trip', files });
  assert.equal((await library.withdrawDirectory('trip'))?.cid, cid);
  assert.equal(await library.withdrawDirectory('trip'), null);
  assert.equal(library.catalog.totals().files, 4);
  assert.equal(library.hasBlock(cid), false);
});

test('folders are compared with what is asserted, and queued again, as files are', async (t) => {
  const { library, files } = await openTrip(t);
  const { cid } = await library.putDirectory({ name: 'trip', files });
  const { catalog } = library;
  assert.deepEqual(
    catalog.files('', 100).map(({ path }) => path),
    ['beside.txt', 'trip', 'trip/a.txt', 'trip/day 1/b.bin', 'trip/day 1/ç.txt'],
  );
  assert.deepEqual(catalog.files('beside.txt', 1), [{ path: 'trip', cid }]);
  catalog.settle(catalog.pending(100).map(({ id }) => id));
  assert.equal(catalog.requeue(catalog.files('beside.txt', 1)), 1);
  assert.deepEqual(actsOf(library, 'trip'), [`publish ${cid} false`]);
});

test('the blocks of a folder are kept while it is listed, and dropped after', async (t) => {
  const { library, files } = await openTrip(t);
  const { cid } = await library.putDirectory({ name: 'trip', files });
  const { catalog } = library;
  const blocks = () => Number(catalog.statement('SELECT count(*) AS count FROM nodes').get()?.count);
  const before = blocks();
  dropUnusedContents(catalog, Date.now() + DAYS_30_MS);
  assert.deepEqual([blocks(), library.hasBlock(cid)], [before, true]);
  await library.withdrawDirectory('trip');
  dropUnusedContents(catalog, Date.now() + DAYS_30_MS);
  assert.equal(blocks(), before - 2);
});

test('a catalog of before directories is taken over with what waits in it', (t) => {
  const { dataDir } = makeFolders(t);
  const before = openDatabase(join(dataDir, CATALOG_FILE), CATALOG_MIGRATIONS.slice(0, 3), {
    synchronous: 'normal',
  });
  before.exec(`INSERT INTO files (path, disk, cid, dev, inode, size, mtime_ns, ctime_ns, type, tags, copies, why)
    VALUES ('a', 'a', 'cid', 1, 2, 3, 4000000, 5, 'text/plain', '[]', 1, 'own');
    INSERT INTO pending (act, path, cid, size, modified_ms, type, tags, copies)
    VALUES ('withdraw', 'b', 'cid', 3, 4, 'text/plain', '[]', 1)`);
  before.close();
  const catalog = Catalog.open(dataDir, { synchronous: 'normal' });
  t.after(() => catalog.close());
  assert.deepEqual(catalog.files('', 10), [{ path: 'a', cid: 'cid' }]);
  assert.equal(catalog.pending(10)[0]?.lastCopy, false);
  assert.equal(directoryAt(catalog, 'a'), null);
});
