/** Which files of the shared folder are listed, and what is told of those that are not. */
import assert from 'node:assert/strict';
import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  chunksOf,
  contentOf,
  makeFolders,
  openLibrary,
  pathsOf,
  ready,
  seenAll,
  until,
} from './library.test-support.ts';
import type { Library } from './library.ts';
import { readSkipped } from './skipped-files.ts';

const cidOf = (library: Library, path: string) => library.catalog.file(path)?.cid;

test('hidden, temporary and ignored files, symlinks and pipes are not listed; a new rule takes files out', async (t) => {
  const folders = makeFolders(t);
  const { shareDir } = folders;
  const library = await openLibrary(t, folders);
  await library.startWatching();
  mkdirSync(join(shareDir, 'd/.git'), { recursive: true });
  writeFileSync(join(folders.root, 'secret'), 'secret');
  for (const name of ['.h', 'a~', 'b.part', 'd/.git/config', 'd/shared', 'd/later.log'])
    writeFileSync(join(shareDir, name), name);
  symlinkSync(join(folders.root, 'secret'), join(shareDir, 'link'));
  symlinkSync(folders.root, join(shareDir, 'd/out'));
  await until('two files', () => pathsOf(library).length === 2);
  const mark = await seenAll(library, shareDir);
  assert.deepEqual(pathsOf(library), ['d/later.log', 'd/shared', mark]);
  writeFileSync(join(shareDir, 'd/.anilloignore'), '*.log\n');
  await until('the rule', () => library.catalog.file('d/later.log') === null);
  rmSync(join(shareDir, 'd/.anilloignore'));
  await until('the file again', () => library.catalog.file('d/later.log') !== null);
});

test('names in NFD are listed in NFC and read by their real bytes; of two that fall together one is listed', async (t) => {
  const folders = makeFolders(t);
  mkdirSync(join(folders.shareDir, 'Nin\u0303o'), { recursive: true });
  writeFileSync(join(folders.shareDir, 'Nin\u0303o', 'An\u0303o'), 'nfd');
  writeFileSync(join(folders.shareDir, 'Cafe\u0301'), 'decomposed');
  writeFileSync(join(folders.shareDir, 'Caf\u00e9'), 'composed');
  const library = await openLibrary(t, folders);
  await library.startWatching();
  await until('two files', () => pathsOf(library).length === 2);
  assert.equal(await contentOf(library, 'Niño/Año'), 'nfd');
  await until('the composed one', async () => (await contentOf(library, 'Café')) === 'composed');
  await library.receive({ name: 'Niño/Año', source: chunksOf('replaced') });
  assert.equal(await contentOf(library, 'Niño/Año'), 'replaced');
  library.rescan();
  const mark = await seenAll(library, folders.shareDir);
  assert.deepEqual(pathsOf(library), ['Café', 'Niño/Año', mark]);
});

test('files that cannot be listed are told with their places and reasons, for as long as they are there', async (t) => {
  const folders = makeFolders(t);
  const { shareDir } = folders;
  mkdirSync(join(shareDir, 'd'), { recursive: true });
  writeFileSync(Buffer.from(`${shareDir}/d/bad\xff`, 'latin1'), 'x');
  writeFileSync(join(shareDir, 'line\nbreak'), 'x');
  writeFileSync(join(shareDir, 'a%2f..%2fb'), 'x');
  writeFileSync(join(shareDir, 'Caf\u00e9'), 'composed');
  writeFileSync(join(shareDir, 'good'), 'x');
  const library = await openLibrary(t, folders);
  await library.startWatching();
  await ready(library);
  writeFileSync(join(shareDir, 'Cafe\u0301'), 'decomposed');
  const told = () =>
    readSkipped(library.catalog)
      .places.map(({ place, reason }) => `${reason} ${place}`)
      .toSorted();
  await until('all of them', () => told().length === 4);
  assert.equal(readSkipped(library.catalog).count, 4);
  assert.deepEqual(told(), [
    'bad_name a%2f..%2fb',
    'control_character line\nbreak',
    'not_utf8 d/bad\\xff',
    'same_name Cafe\u0301',
  ]);
  assert.deepEqual(pathsOf(library), ['Caf\u00e9', 'good']);
  rmSync(join(shareDir, 'line\nbreak'));
  renameSync(Buffer.from(`${shareDir}/d/bad\xff`, 'latin1'), join(shareDir, 'd/fine'));
  await until('the renamed one', () => cidOf(library, 'd/fine') !== undefined);
  await until('two fewer', () => told().length === 2);
});

test('hard links are files of their own', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  await library.startWatching();
  writeFileSync(join(folders.shareDir, 'a'), 'x');
  linkSync(join(folders.shareDir, 'a'), join(folders.shareDir, 'b'));
  await until('both', () => pathsOf(library).join() === 'a,b');
  assert.equal(cidOf(library, 'a'), cidOf(library, 'b'));
  rmSync(join(folders.shareDir, 'a'));
  await until('one', () => pathsOf(library).join() === 'b');
  assert.equal(library.catalog.pending(10).at(-1)?.lastCopy, false);
});
