import assert from 'node:assert/strict';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { chunksOf, contentOf, makeFolders, openLibrary, pathsOf, until } from './library.test-support.ts';
import type { LibraryBounds } from './library-bounds.ts';
import { Watcher } from './watcher.ts';

/** A library that has looked through its folder and will not do so again by itself. */
async function watching(t: TestContext, bounds: Partial<LibraryBounds> = {}) {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders, bounds);
  await library.startWatching();
  await until('the first look', () => library.totals().state === 'ready');
  const write = (path: string, text = path) => {
    const file = join(folders.shareDir, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  const listed = (...paths: string[]) =>
    until(paths.join(), () => pathsOf(library).join() === paths.toSorted().join());
  const cid = (path: string) => library.catalog.file(path)?.cid;
  return { ...folders, library, write, listed, cid };
}

test('a file is seen in the innermost of folders that are made at once', async (t) => {
  const { shareDir, write, listed } = await watching(t);
  mkdirSync(join(shareDir, 'a/b/c/d'), { recursive: true });
  write('mark');
  await listed('mark');
  write('a/b/c/d/file');
  write('a/b/other');
  await listed('a/b/c/d/file', 'a/b/other', 'mark');
});

test('what is added, edited and deleted in a tree that was moved in is seen', async (t) => {
  const { root, shareDir, library, write, listed, cid } = await watching(t);
  mkdirSync(join(root, 'tree/x/y'), { recursive: true });
  for (const name of ['tree/x/y/edited', 'tree/x/y/deleted', 'tree/x/kept'])
    writeFileSync(join(root, name), name);
  renameSync(join(root, 'tree'), join(shareDir, 'tree'));
  await listed('tree/x/kept', 'tree/x/y/deleted', 'tree/x/y/edited');
  const before = cid('tree/x/y/edited');
  write('tree/x/y/added');
  appendFileSync(join(shareDir, 'tree/x/y/edited'), ' more');
  rmSync(join(shareDir, 'tree/x/y/deleted'));
  await listed('tree/x/kept', 'tree/x/y/added', 'tree/x/y/edited');
  await until('the edit', () => cid('tree/x/y/edited') !== before);
  assert.equal(await contentOf(library, 'tree/x/y/edited'), 'tree/x/y/edited more');
});

test('below a folder that was renamed changes are seen under its new name', async (t) => {
  const { shareDir, write, listed, cid } = await watching(t);
  write('p/q/edited');
  write('p/q/deleted');
  await listed('p/q/deleted', 'p/q/edited');
  renameSync(join(shareDir, 'p'), join(shareDir, 'r'));
  await listed('r/q/deleted', 'r/q/edited');
  const before = cid('r/q/edited');
  write('r/q/added');
  appendFileSync(join(shareDir, 'r/q/edited'), ' more');
  rmSync(join(shareDir, 'r/q/deleted'));
  await listed('r/q/added', 'r/q/edited');
  await until('the edit', () => cid('r/q/edited') !== before);
});

test('folders that change names with each other are each seen under the name of now', async (t) => {
  const { shareDir, write, listed } = await watching(t);
  write('p/q/one');
  write('r/q/two');
  await listed('p/q/one', 'r/q/two');
  renameSync(join(shareDir, 'p'), join(shareDir, 't'));
  renameSync(join(shareDir, 'r'), join(shareDir, 'p'));
  renameSync(join(shareDir, 't'), join(shareDir, 'r'));
  await listed('p/q/two', 'r/q/one');
  write('p/q/three');
  write('r/q/four');
  await listed('p/q/three', 'p/q/two', 'r/q/four', 'r/q/one');
});

test('a folder that is removed and made again at once is watched', async (t) => {
  const { shareDir, write, listed } = await watching(t);
  mkdirSync(join(shareDir, 'd'));
  write('mark');
  await listed('mark');
  for (let round = 0; round < 5; round += 1) {
    rmdirSync(join(shareDir, 'd'));
    mkdirSync(join(shareDir, 'd'));
  }
  rmSync(join(shareDir, 'mark'));
  await listed();
  write('d/file');
  await listed('d/file');
});

test('every file of a tree of hundreds of folders that is copied in several times over is listed', async (t) => {
  const { root, shareDir, library } = await watching(t);
  const source = join(root, 'source');
  for (let number = 0; number < 300; number += 1) {
    const folder = join(source, `${number % 20}`, `${number}`, 'doc');
    mkdirSync(folder, { recursive: true });
    for (const name of ['copyright', 'changelog']) writeFileSync(join(folder, name), `${name} of ${number}`);
    symlinkSync('../..', join(folder, 'link'));
  }
  for (const copy of ['one', 'two', 'three'])
    cpSync(source, join(shareDir, copy), { recursive: true, verbatimSymlinks: true });
  await until('1,800 files', () => library.totals().files === 1_800);
  writeFileSync(join(shareDir, 'two/7/287/doc/late'), 'late');
  await until('a late one', () => library.catalog.file('two/7/287/doc/late') !== null);
});

test('where not all folders can be watched this is said, and the folder is looked through regularly', async (t) => {
  const { shareDir, library, write, listed } = await watching(t, {
    watchedFoldersMax: 2,
    rescanUnwatchedMs: 200,
  });
  mkdirSync(join(shareDir, 'a/b/c'), { recursive: true });
  await until('two unwatched folders', () => library.catalog.state('unwatched') === '2');
  write('a/b/c/file');
  await listed('a/b/c/file');
  rmSync(join(shareDir, 'a/b'), { recursive: true });
  await listed();
  await until('no unwatched folder', () => library.catalog.state('unwatched') === '0');
});

test('a flood of changes, of which the system may have dropped some, is told as such', async (t) => {
  const { root } = makeFolders(t);
  let floods = 0;
  const watcher = new Watcher({ foldersMax: 10, onDirty: () => {}, onFlood: () => (floods += 1) });
  t.after(() => watcher.stop());
  watcher.start(root);
  watcher.see('');
  for (let number = 0; number < 20_000; number += 1) {
    writeFileSync(join(root, 'a'), '');
    rmSync(join(root, 'a'));
  }
  await until('the flood', () => floods > 0);
});

test('hundreds of files that are renamed at once keep their tags and are not hashed again', async (t) => {
  // Nothing stands still for an hour: what appears under another name was not hashed.
  const { shareDir, library } = await watching(t, { stillMs: 3_600_000 });
  for (let number = 0; number < 600; number += 1)
    await library.receive({ name: `a-${number}`, tags: [`${number}`], source: chunksOf(`${number}`) });
  for (let number = 0; number < 600; number += 1)
    renameSync(join(shareDir, `a-${number}`), join(shareDir, `z-${number}`));
  await until('the new names', () => pathsOf(library).every((path) => path.startsWith('z-')));
  assert.equal(library.totals().files, 600);
  assert.deepEqual(library.catalog.file('z-599')?.tags, ['599']);
});
