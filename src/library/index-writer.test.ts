import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Catalog } from './catalog.ts';
import { CatalogChanges } from './catalog-changes.ts';
import { IndexWriter } from './index-writer.ts';
import { makeFolders } from './library.test-support.ts';
import { stampOf } from './shared-folder.ts';

/** The file `old` of content `first` was renamed to `new`, and the scanner has said so. */
function withRenamedFile(t: TestContext) {
  const { shareDir, dataDir } = makeFolders(t);
  mkdirSync(shareDir, { recursive: true });
  const at = (disk: string) => join(shareDir, disk);
  const stampAt = (disk: string) => stampOf(lstatSync(at(disk), { bigint: true }));
  writeFileSync(at('old'), 'text');
  const catalog = Catalog.open(dataDir, { synchronous: 'normal' });
  t.after(() => catalog.close());
  const changes = new CatalogChanges(catalog);
  const own = { path: 'old', disk: 'old', why: 'own' as const };
  changes.put({ ...own, cid: 'first', stamp: stampAt('old'), incoming: null });
  renameSync(at('old'), at('new'));
  const finding = { type: 'moved', from: 'old', path: 'new', disk: 'new', stamp: stampAt('new') } as const;
  const isFolderPresent = async () => true;
  const writer = new IndexWriter({ catalog, changes, at, isFolderPresent, onEvents: () => {} });
  return { catalog, changes, own, finding, writer };
}

test('a renamed file is carried over while its row is as the scanner saw it', (t) => {
  const { catalog, finding, writer } = withRenamedFile(t);
  writer.move(finding);
  assert.deepEqual([catalog.file('new')?.cid, catalog.file('old')], ['first', null]);
});

test('a row that got another content meanwhile gives it to no other name', (t) => {
  const { catalog, changes, own, finding, writer } = withRenamedFile(t);
  changes.put({ ...own, cid: 'second', stamp: { ...finding.stamp, inode: 1n }, incoming: null });
  writer.move(finding);
  assert.deepEqual([catalog.file('new'), catalog.file('old')?.cid], [null, 'second']);
});

test('a row whose content is still on its way in gives it to no other name', (t) => {
  const { catalog, changes, own, finding, writer } = withRenamedFile(t);
  changes.put({ ...own, cid: 'second', stamp: finding.stamp, incoming: 'incoming/x' });
  writer.move(finding);
  assert.deepEqual([catalog.file('new'), catalog.file('old')?.cid], [null, 'second']);
});
