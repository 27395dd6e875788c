import assert from 'node:assert/strict';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
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

const acts = (library: Library) =>
  library.catalog.pending(1_000).map(({ act, file }) => `${act} ${file.path}`);
const cidsOf = (library: Library) => library.catalog.list({ limit: 1_000 }).map(({ cid }) => cid);
const cidOf = (library: Library, path: string) => library.catalog.file(path)?.cid;

test('an edited file is listed under its new CID, and the old one is withdrawn', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  await library.startWatching();
  writeFileSync(join(folders.shareDir, 'a'), 'one');
  await until('a', () => cidOf(library, 'a') !== undefined);
  const old = cidOf(library, 'a');
  appendFileSync(join(folders.shareDir, 'a'), ' more');
  await until('the edit', () => cidOf(library, 'a') !== old);
  assert.equal(library.catalog.file('a')?.previous, old);
  assert.deepEqual(acts(library), ['publish a', 'withdraw a', 'publish a']);
  assert.equal(await contentOf(library, 'a'), 'one more');
});

test('a renamed file and a renamed folder keep their CIDs, tags and versions without being hashed', async (t) => {
  const folders = makeFolders(t);
  // Nothing stands still for an hour: what appears under another name was not hashed.
  const library = await openLibrary(t, folders, { stillMs: 3_600_000 });
  await library.receive({ name: 'old/a.txt', tags: ['kept'], source: chunksOf('text') });
  await library.receive({ name: 'old/b.txt', source: chunksOf('replaced') });
  await library.receive({ name: 'old/b.txt', source: chunksOf('other') });
  const replaced = library.catalog.file('old/b.txt')?.previous;
  await library.startWatching();
  await ready(library);
  const cid = cidOf(library, 'old/a.txt');
  renameSync(join(folders.shareDir, 'old'), join(folders.shareDir, 'new'));
  await until('the rename', () => pathsOf(library).join() === 'new/a.txt,new/b.txt');
  assert.equal(cidOf(library, 'new/a.txt'), cid);
  assert.deepEqual(library.catalog.file('new/a.txt')?.tags, ['kept']);
  assert.equal(library.catalog.file('new/b.txt')?.previous, replaced);
  assert.deepEqual(
    library.versions('new/b.txt').map((version) => version.cid),
    [replaced],
  );
  assert.deepEqual(acts(library).slice(4).sort(), [
    'publish new/a.txt',
    'publish new/b.txt',
    'withdraw old/a.txt',
    'withdraw old/b.txt',
  ]);
  const lost = library.catalog.pending(10).filter(({ lastCopy }) => lastCopy);
  assert.deepEqual(
    lost.map(({ file }) => file.cid),
    [replaced],
  );
});

test('what happened while the node was off is noticed at its start', async (t) => {
  const folders = makeFolders(t);
  mkdirSync(folders.shareDir, { recursive: true });
  for (const name of ['kept', 'edited', 'moved', 'deleted'])
    writeFileSync(join(folders.shareDir, name), name);
  const first = await openLibrary(t, folders);
  await first.startWatching();
  await until('four files', () => pathsOf(first).length === 4);
  await ready(first);
  await first.close();
  writeFileSync(join(folders.shareDir, 'edited'), 'something else');
  mkdirSync(join(folders.shareDir, 'd'));
  renameSync(join(folders.shareDir, 'moved'), join(folders.shareDir, 'd/moved'));
  rmSync(join(folders.shareDir, 'deleted'));
  writeFileSync(join(folders.shareDir, 'new'), 'new');
  const second = await openLibrary(t, folders);
  second.catalog.settle(second.catalog.pending(100).map(({ id }) => id));
  await second.startWatching();
  await until('the changes', () => pathsOf(second).join() === 'd/moved,edited,kept,new');
  await until('the edit', () => second.catalog.file('edited')?.previous !== null);
  assert.deepEqual(acts(second).sort(), [
    'publish d/moved',
    'publish edited',
    'publish new',
    'withdraw deleted',
    'withdraw edited',
    'withdraw moved',
  ]);
});

test('new files that got the inodes, sizes and times of deleted ones are listed under their own CIDs', async (t) => {
  const folders = makeFolders(t);
  const unpack = (version: string) => {
    mkdirSync(join(folders.shareDir, version), { recursive: true });
    for (let number = 10; number < 60; number += 1) {
      const file = join(folders.shareDir, version, `${number}`);
      writeFileSync(file, `${version} of ${number}`);
      utimesSync(file, 1_000_000_000, 1_000_000_000);
    }
  };
  unpack('v1');
  const first = await openLibrary(t, folders);
  await first.startWatching();
  await until('the first version', () => first.totals().files === 50);
  await ready(first);
  const former = cidsOf(first);
  await first.close();
  rmSync(join(folders.shareDir, 'v1'), { recursive: true });
  unpack('v2');
  const second = await openLibrary(t, folders);
  await second.startWatching();
  await until('the second version', () => pathsOf(second).join().startsWith('v2/10'));
  await until('all of it', () => second.totals().files === 50);
  assert.deepEqual(
    cidsOf(second).filter((cid) => former.includes(cid)),
    [],
  );
});

test('a touched file is not published again', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  await library.receive({ name: 'a', source: chunksOf('x') });
  await library.startWatching();
  utimesSync(join(folders.shareDir, 'a'), 1_000_000_000, 1_000_000_000);
  await until('the new time', () => library.catalog.file('a')?.modifiedMs === 1_000_000_000_000);
  assert.deepEqual(acts(library), ['publish a']);
  assert.equal(await contentOf(library, 'a'), 'x');
});

test('uploads of this and other processes are not hashed or published again', async (t) => {
  const folders = makeFolders(t);
  const index = await openLibrary(t, folders);
  await index.startWatching();
  const upload = await openLibrary(t, folders);
  const events: string[] = [];
  for (const event of ['added', 'changed', 'removed'] as const)
    index.on(event, (file) => events.push(`${event} ${file.path}`));
  for (let round = 0; round < 30; round += 1) {
    await upload.receive({ name: `f${round % 10}`, source: chunksOf(`text ${round}`) });
  }
  const mark = await seenAll(index, folders.shareDir);
  assert.equal(upload.catalog.pending(1_000).filter(({ act }) => act === 'publish').length, 31);
  assert.deepEqual(events, [`added ${mark}`]);
  for (let name = 0; name < 10; name += 1)
    assert.equal(await contentOf(index, `f${name}`), `text ${name + 20}`);
});

test('a withdrawn file is not taken for a new one', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  await library.startWatching();
  for (let index = 0; index < 10; index += 1)
    await library.receive({ name: `a${index}`, source: chunksOf(`${index}`) });
  for (let index = 0; index < 10; index += 1) await library.withdraw(`a${index}`);
  const mark = await seenAll(library, folders.shareDir);
  assert.deepEqual(pathsOf(library), [mark]);
});

test('a folder that is away suspends the library, withdraws nothing, and is shared again when it is back', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  await library.receive({ name: 'a', source: chunksOf('a') });
  await library.receive({ name: 'd/b', source: chunksOf('b') });
  await library.startWatching();
  await ready(library);
  const away = `${folders.shareDir}-away`;
  renameSync(folders.shareDir, away);
  mkdirSync(folders.shareDir); // The mount point without its disk.
  await until('the suspension', () => library.totals().state === 'suspended');
  assert.match(library.totals().reason ?? '', /marker/);
  writeFileSync(join(folders.shareDir, 'stray'), 'not of this folder');
  writeFileSync(join(away, 'c'), 'written elsewhere');
  rmSync(folders.shareDir, { recursive: true });
  renameSync(away, folders.shareDir);
  await until('the return', () => library.totals().state === 'ready' && pathsOf(library).length === 3);
  assert.deepEqual(acts(library), ['publish a', 'publish d/b', 'publish c']);
  await seenAll(library, folders.shareDir);
});

test('a file that goes on being written is not listed until it stands still, and only under its own CID', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders, { stillMs: 400 });
  await library.startWatching();
  await ready(library);
  const seen = new Set<string>();
  library.on('added', (file) => seen.add(`added ${file.size}`));
  library.on('changed', (file) => seen.add(`changed ${file.size}`));
  const descriptor = openSync(join(folders.shareDir, 'growing'), 'w');
  const piece = Buffer.alloc(2_000_000, 7);
  const endMs = Date.now() + 1_500;
  let size = 0;
  while (Date.now() < endMs) {
    size += writeSync(descriptor, piece);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  closeSync(descriptor);
  await until('the whole file', () => library.catalog.file('growing')?.size === size);
  const { cid } = await (await openLibrary(t, makeFolders(t))).receive({
    name: 'growing',
    source: chunksOf(Buffer.alloc(size, 7)),
  });
  assert.equal(cidOf(library, 'growing'), cid);
  assert.deepEqual([...seen], [`added ${size}`]);
});

test('a folder full of files is taken in whole, and taken out whole', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  await library.startWatching();
  await ready(library);
  mkdirSync(join(folders.shareDir, 'many'));
  for (let index = 0; index < 3_000; index += 1)
    writeFileSync(join(folders.shareDir, `many/${index}`), `${index}`);
  await until('all of them', () => library.totals().files === 3_000);
  rmSync(join(folders.shareDir, 'many'), { recursive: true });
  await until('none of them', () => library.totals().files === 0);
  assert.equal(library.catalog.pendingCount(), 6_000);
});
