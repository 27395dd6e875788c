import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  chunksOf,
  contentOf,
  incomingOf,
  makeFolders,
  openLibrary,
  pathsOf,
  until,
} from './library.test-support.ts';

test('a file that is received stands in the folder, in the catalog and among what is to be published', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  const file = await library.receive({
    name: 'Fotos/El Año.txt',
    tags: ['a'],
    copies: 2,
    source: chunksOf('ho', 'la'),
  });
  assert.equal(readFileSync(join(folders.shareDir, 'Fotos/El Año.txt'), 'utf8'), 'hola');
  assert.equal(file.type, 'text/plain');
  assert.equal(await contentOf(library, 'Fotos/El Año.txt'), 'hola');
  assert.deepEqual(
    library.catalog
      .pending(10)
      .map(({ act, file: { path, cid, tags, copies } }) => ({ act, path, cid, tags, copies })),
    [{ act: 'publish', path: 'Fotos/El Año.txt', cid: file.cid, tags: ['a'], copies: 2 }],
  );
  assert.deepEqual(incomingOf(folders), []);
});

test('what was in the folder before, and what appears in it, is listed; what is deleted is withdrawn', async (t) => {
  const folders = makeFolders(t);
  mkdirSync(join(folders.shareDir, 'docs'), { recursive: true });
  writeFileSync(join(folders.shareDir, 'docs/old.txt'), 'old');
  const library = await openLibrary(t, folders);
  await library.startWatching();
  await until('the first scan', () => library.totals().state === 'ready' && pathsOf(library).length === 1);
  writeFileSync(join(folders.shareDir, 'new.txt'), 'new');
  await until('the new file', () => pathsOf(library).includes('new.txt'));
  rmSync(join(folders.shareDir, 'docs'), { recursive: true });
  await until('the deletion', () => !pathsOf(library).includes('docs/old.txt'));
  assert.deepEqual(
    library.catalog.pending(10).map(({ act, file, lastCopy }) => `${act} ${file.path} ${lastCopy}`),
    ['publish docs/old.txt false', 'publish new.txt false', 'withdraw docs/old.txt true'],
  );
  assert.deepEqual(library.totals(), { files: 1, bytes: 3, state: 'ready' });
});
