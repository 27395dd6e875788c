import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Problem } from '../problems/problem.ts';
import { CatalogOrders, writeHere } from './catalog-orders.ts';
import { IndexLoop } from './index-loop.ts';
import {
  chunksOf,
  contentOf,
  type Folders,
  makeFolders,
  openLibrary,
  pathsOf,
  until,
} from './library.test-support.ts';
import { boundsOf } from './library-bounds.ts';
import { refuse } from './refusing-disk.test-support.ts';
import type { IndexLog } from './skipped-files.ts';
import type { TrashEntry } from './trash-entry.ts';

/** The index in this thread, where the test has the system refuse. */
async function runIndex(
  test: TestContext,
  { shareDir, dataDir }: Folders,
  log: IndexLog,
): Promise<IndexLoop> {
  const bounds = boundsOf({ stillMs: 50, markerCheckMs: 50 });
  const loop = await IndexLoop.open({ shareDir, dataDir, bounds, log, onEvents: () => {} });
  const ended = loop.run();
  test.after(async () => {
    loop.stop();
    await ended;
  });
  return loop;
}

test('what is withdrawn goes to the trash and comes back as it was', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  const file = await library.receive({ name: 'd/a.txt', tags: ['x'], copies: 3, source: chunksOf('text') });
  assert.deepEqual(
    (await library.withdraw('d/a.txt')).map(({ file }) => file.cid),
    [file.cid],
  );
  assert.equal(existsSync(join(folders.shareDir, 'd/a.txt')), false);
  assert.deepEqual(pathsOf(library), []);
  const [entry] = library.trash({ limit: 10 });
  assert.deepEqual([entry?.path, entry?.cid, entry?.size], ['d/a.txt', file.cid, 4]);
  await library.restore(entry?.id ?? '');
  assert.equal(await contentOf(library, 'd/a.txt'), 'text');
  const { tags, copies, incoming } = library.catalog.file('d/a.txt') ?? {};
  assert.deepEqual([tags, copies, incoming], [['x'], 3, null]);
  assert.deepEqual(library.trash({ limit: 10 }), []);
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
  await library.restore(library.trash({ limit: 1 })[0]?.id ?? '');
  assert.equal(await contentOf(library, 'a'), 'old');
  assert.equal(library.versions('a')[0]?.cid, cid);
});

test('the emptied trash is gone from the disk', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  await library.receive({ name: 'a', source: chunksOf('x') });
  await library.withdraw('a');
  assert.equal(await library.emptyTrash(), 1);
  assert.deepEqual(
    [library.trash({ limit: 10 }), readdirSync(join(folders.shareDir, '.anillo/trash'))],
    [[], []],
  );
});

test('a file that cannot be moved to the trash stays listed and published', async (t) => {
  const library = await openLibrary(t, makeFolders(t));
  const { cid } = await library.receive({ name: 'd/a', tags: ['x'], source: chunksOf('text') });
  const allow = refuse(t, 'rename', 'EXDEV');
  await assert.rejects(
    library.withdraw('d/a'),
    (error) => error instanceof Problem && error.code === 'cannot_write',
  );
  assert.deepEqual(library.catalog.file('d/a')?.tags, ['x']);
  assert.equal(await contentOf(library, 'd/a'), 'text');
  assert.deepEqual(library.trash({ limit: 10 }), []);
  const last = library.catalog.pending(10).at(-1);
  assert.deepEqual([last?.act, last?.file.cid], ['publish', cid]);
  allow();
  assert.equal((await library.withdraw('d/a'))[0]?.trashId, library.trash({ limit: 1 })[0]?.id);
});

test('one withdrawn file that cannot be moved keeps no other from being indexed, and can come back', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  await library.receive({ name: 'a', source: chunksOf('stuck') });
  const orders = new CatalogOrders(library.catalog, Date.now);
  await writeHere(library.catalog, orders).write('discard', 'a', 'entry'); // And then the node died.
  refuse(t, 'rename', 'EACCES', (_, to) => to.includes('trash'));
  const complaints: object[] = [];
  runIndex(t, folders, (_, fields) => complaints.push(fields));
  writeFileSync(join(folders.shareDir, 'b'), 'new');
  await until('the new file', () => pathsOf(library).includes('b'));
  assert.deepEqual(pathsOf(library), ['b']);
  assert.match(JSON.stringify(complaints), /"file":"a".*EACCES/);
  await library.restore('entry');
  assert.equal(await contentOf(library, 'a'), 'stuck');
});

test('an index that fails says so until a whole look has succeeded', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  const allow = refuse(t, 'stat', 'EACCES', (path) => path === folders.shareDir);
  const loop = runIndex(t, folders, () => {});
  await until('the failure', () => library.totals().state === 'failing');
  assert.match(library.totals().reason ?? '', /EACCES/);
  allow();
  (await loop).rescan();
  await until('the recovery', () => library.totals().state === 'ready');
  assert.equal(library.totals().reason, undefined);
});

test('the trash is listed page by page, none twice and none left out', async (t) => {
  const library = await openLibrary(t, makeFolders(t));
  const names = Array.from({ length: 7 }, (_, index) => `file ${index}`);
  for (const name of names) {
    await library.receive({ name, source: chunksOf(name) });
    await library.withdraw(name);
  }
  const listed: string[] = [];
  let after: TrashEntry | undefined;
  for (;;) {
    const page = library.trash({ limit: 3, ...(after === undefined ? {} : { after }) });
    listed.push(...page.map(({ path }) => path));
    after = page.at(-1);
    if (after === undefined) break;
  }
  assert.deepEqual(listed.toSorted(), names);
});

test('what is not there is not found', async (t) => {
  const library = await openLibrary(t, makeFolders(t));
  const missing = (error: unknown) => error instanceof Problem && error.code === 'not_found';
  await assert.rejects(library.withdraw('nothing'), missing);
  await assert.rejects(library.restore('nothing'), missing);
});
