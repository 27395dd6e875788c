import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Problem } from '../problems/problem.ts';
import { openDatabase } from '../storage/database.ts';
import { Catalog } from './catalog.ts';
import { blockOf } from './catalog-block.ts';
import { CatalogChanges } from './catalog-changes.ts';
import { CATALOG_FILE, CATALOG_MIGRATIONS } from './catalog-schema.ts';
import { makeFolders } from './library.test-support.ts';

const stamp = {
  dev: 1n,
  inode: 2n ** 64n - 1n,
  size: 5n,
  mtimeNs: 1_800_000_000_123_456_789n,
  ctimeNs: 1n,
  birthtimeNs: 1n,
};

function openWith(t: Parameters<typeof makeFolders>[0], ...files: readonly [path: string, cid: string][]) {
  const catalog = Catalog.open(makeFolders(t).dataDir, { synchronous: 'normal' });
  t.after(() => catalog.close());
  const changes = new CatalogChanges(catalog);
  for (const [path, cid] of files) {
    catalog.transact(() => changes.put({ path, disk: path, cid, stamp, why: 'own', incoming: null }));
  }
  return { catalog, changes };
}

test('a row is read as it was written, with times to the nanosecond and unsigned inodes', (t) => {
  const { catalog } = openWith(t, ['a.txt', 'cid']);
  const file = catalog.file('a.txt');
  assert.deepEqual(file?.stamp, stamp);
  assert.deepEqual([file?.modifiedMs, file?.size, file?.type], [1_800_000_000_123, 5, 'text/plain']);
});

test('a catalog of the first schema is taken over with its files', (t) => {
  const { dataDir } = makeFolders(t);
  const first = openDatabase(join(dataDir, CATALOG_FILE), CATALOG_MIGRATIONS.slice(0, 1), {
    synchronous: 'normal',
  });
  first.exec(`INSERT INTO files (path, disk, cid, dev, inode, size, mtime_ns, ctime_ns, type, tags, copies, why)
    VALUES ('a', 'a', 'cid', 1, 2, 3, 4, 5, 'text/plain', '[]', 1, 'own')`);
  first.close();
  const catalog = Catalog.open(dataDir, { synchronous: 'normal' });
  t.after(() => catalog.close());
  assert.equal(catalog.file('a')?.cid, 'cid');
  assert.equal(catalog.file('a')?.stamp.birthtimeNs, 0n);
});

test('a list goes on after the last path of the page before', (t) => {
  const { catalog } = openWith(t, ['b', '1'], ['a', '2'], ['ñ', '3'], ['a/b', '4']);
  const pages: string[][] = [];
  for (let after = ''; ; ) {
    const page = catalog.list({ after, limit: 3 }).map(({ path }) => path);
    if (page.length === 0) break;
    pages.push(page);
    after = page.at(-1) ?? '';
  }
  assert.deepEqual(pages, [['a', 'a/b', 'b'], ['ñ']]);
});

test('a search takes the characters of LIKE as they are', (t) => {
  const { catalog } = openWith(
    t,
    ['100%', '1'],
    ['100 x', '2'],
    ['a_b', '3'],
    ['aXb', '4'],
    ['back\\slash', '5'],
  );
  const found = (query: string) => catalog.searchLocal(query, 10).map(({ path }) => path);
  assert.deepEqual(found('0%'), ['100%']);
  assert.deepEqual(found('a_b'), ['a_b']);
  assert.deepEqual(found('k\\s'), ['back\\slash']);
  assert.deepEqual(found('AXB'), ['aXb']);
});

test('a change that the ring refused waits no more, and is counted until its path changes', (t) => {
  const { catalog, changes } = openWith(t, ['a', '1'], ['b', '2']);
  const refused = catalog.lastPending('a') ?? 0;
  assert.deepEqual([refused, catalog.lastPending(), catalog.lastPending('c')], [1, 2, null]);
  catalog.refuse([{ id: refused, reason: 'too long' }]);
  assert.deepEqual([catalog.lastPending('a'), catalog.pendingCount(), catalog.refusedCount()], [null, 1, 1]);

  catalog.transact(() => changes.remove('a'));
  catalog.settle([catalog.lastPending('a') ?? 0]);
  assert.equal(catalog.refusedCount(), 0);
});

test('a file is queued again as it stands, unless its path has a change that waits or was refused', (t) => {
  const { catalog } = openWith(t, ['a', '1'], ['b', '2'], ['c', '3']);
  const [a, b] = [catalog.lastPending('a') ?? 0, catalog.lastPending('b') ?? 0];
  catalog.settle([a]);
  catalog.refuse([{ id: b, reason: 'too long' }]);
  const files = catalog.files('', 2);
  assert.deepEqual(files, [
    { path: 'a', cid: '1' },
    { path: 'b', cid: '2' },
  ]);
  assert.deepEqual(catalog.files('b', 2), [{ path: 'c', cid: '3' }]);
  assert.equal(catalog.requeue([...files, ...catalog.files('b', 2), { path: 'a', cid: 'old' }]), 1);
  const queued = catalog.pending(9).find(({ file }) => file.path === 'a');
  assert.equal(queued?.act, 'publish');
  assert.equal(queued?.file.modifiedMs, catalog.file('a')?.modifiedMs);
});

test('totals and the number of pending changes follow each change', (t) => {
  const { catalog, changes } = openWith(t, ['a', '1'], ['b', '2']);
  catalog.transact(() =>
    changes.put({
      path: 'a',
      disk: 'a',
      cid: '3',
      stamp: { ...stamp, size: 9n },
      why: 'own',
      incoming: null,
    }),
  );
  catalog.transact(() => changes.remove('b'));
  assert.deepEqual(catalog.totals(), { files: 1, bytes: 9, state: 'scanning' });
  assert.equal(catalog.pendingCount(), 5);
  catalog.settle(catalog.pending(3).map(({ id }) => id));
  assert.equal(catalog.pendingCount(), 2);
  assert.deepEqual(
    catalog.pending(10, 4).map(({ id, act, file }) => [id, act, file.cid]),
    [[5, 'withdraw', '2']],
  );
});

test('whether a withdrawal was of the last copy is told as of now, not of then', (t) => {
  const { catalog, changes } = openWith(t, ['a', 'same'], ['b', 'same']);
  const last = () => catalog.pending(10).findLast(({ act }) => act === 'withdraw')?.lastCopy;
  catalog.transact(() => changes.remove('a'));
  assert.equal(last(), false);
  catalog.transact(() => changes.remove('b'));
  assert.deepEqual(
    catalog.pending(10).map(({ lastCopy }) => lastCopy),
    [false, false, true, true],
  );
  catalog.transact(() =>
    changes.put({ path: 'c', disk: 'c', cid: 'same', stamp, why: 'own', incoming: null }),
  );
  assert.equal(last(), false);
});

test('a row and its publication are there together or not at all', (t) => {
  const { catalog, changes } = openWith(t);
  assert.throws(() =>
    catalog.transact(() => {
      changes.put({ path: 'a', disk: 'a', cid: '1', stamp, why: 'own', incoming: null });
      throw new Error('the process is in trouble');
    }),
  );
  assert.deepEqual([catalog.file('a'), catalog.pendingCount(), catalog.totals().files], [null, 0, 0]);
});

test('a malformed CID is refused, an unknown one is not found', (t) => {
  const { catalog } = openWith(t);
  assert.throws(
    () => blockOf(catalog, 'nonsense'),
    (error) => error instanceof Problem && error.code === 'bad_cid',
  );
  assert.equal(blockOf(catalog, 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'), null);
});
