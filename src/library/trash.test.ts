import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Problem } from '../problems/problem.ts';
import { chunksOf, contentOf, makeFolders, openLibrary, pathsOf } from './library.test-support.ts';

test('what is withdrawn goes to the trash and comes back as it was', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  const file = await library.receive({ name: 'd/a.txt', tags: ['x'], copies: 3, source: chunksOf('text') });
  assert.deepEqual(
    (await library.withdraw('d/a.txt')).map(({ cid }) => cid),
    [file.cid],
  );
  assert.equal(existsSync(join(folders.shareDir, 'd/a.txt')), false);
  assert.deepEqual(pathsOf(library), []);
  const [entry] = library.trash(10);
  assert.deepEqual([entry?.path, entry?.cid, entry?.size], ['d/a.txt', file.cid, 4]);
  await library.restore(entry?.id ?? '');
  assert.equal(await contentOf(library, 'd/a.txt'), 'text');
  const { tags, copies, incoming } = library.catalog.file('d/a.txt') ?? {};
  assert.deepEqual([tags, copies, incoming], [['x'], 3, null]);
  assert.deepEqual(library.trash(10), []);
  assert.deepEqual(
    library.catalog.pending(10).map(({ act }) => act),
    ['publish', 'withdraw', 'publish'],
  );
});

test('all paths of a CID are withdrawn; only the last one ends the providing', async (t) => {
  const library = await openLibrary(t, makeFolders(t));
  const { cid } = await library.receive({ name: 'a', source: chunksOf('same') });
  await library.receive({ name: 'b', source: chunksOf('same') });
  await library.withdraw('a');
  assert.equal(library.catalog.pending(10).at(-1)?.lastCopy, false);
  assert.ok(await library.readBlock(cid));
  await library.withdraw(cid);
  assert.equal(library.catalog.pending(10).at(-1)?.lastCopy, true);
  assert.equal(await library.readBlock(cid), null);
});

test('a restored file takes its place back from one that came after it, which is kept as a version', async (t) => {
  const library = await openLibrary(t, makeFolders(t));
  await library.receive({ name: 'a', source: chunksOf('old') });
  await library.withdraw('a');
  const { cid } = await library.receive({ name: 'a', source: chunksOf('new') });
  await library.restore(library.trash(1)[0]?.id ?? '');
  assert.equal(await contentOf(library, 'a'), 'old');
  assert.equal(library.versions('a')[0]?.cid, cid);
});

test('the emptied trash is gone from the disk', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  await library.receive({ name: 'a', source: chunksOf('x') });
  await library.withdraw('a');
  assert.equal(await library.emptyTrash(), 1);
  assert.deepEqual([library.trash(10), readdirSync(join(folders.shareDir, '.anillo/trash'))], [[], []]);
});

test('what is not there is not found', async (t) => {
  const library = await openLibrary(t, makeFolders(t));
  const missing = (error: unknown) => error instanceof Problem && error.code === 'not_found';
  await assert.rejects(library.withdraw('nothing'), missing);
  await assert.rejects(library.restore('nothing'), missing);
});
