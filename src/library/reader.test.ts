import assert from 'node:assert/strict';
import { appendFileSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Problem } from '../problems/problem.ts';
import { chunksOf, contentOf, makeFolders, openLibrary } from './library.test-support.ts';

const changed = (error: unknown) => error instanceof Problem && error.code === 'changed';

test('a range is given as it was asked for', async (t) => {
  const library = await openLibrary(t, makeFolders(t));
  const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => index % 251));
  const file = await library.receive({ name: 'a', source: chunksOf(bytes) });
  const open = await library.openForRead(file);
  t.after(() => open.close());
  for (const [start, end] of [
    [0, 0],
    [0, 1],
    [5, 1_048_577],
    [2_999_999, 3_000_000],
    [0, 3_000_000],
  ] as const) {
    const read = Buffer.concat(await open.stream({ start, end }).toArray());
    assert.ok(read.equals(bytes.subarray(start, end)), `${start}-${end}`);
  }
});

test('a file that changes while it is given out fails before its last bytes', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  const file = await library.receive({ name: 'a', source: chunksOf(Buffer.alloc(5_000_000, 1)) });
  const open = await library.openForRead(file);
  t.after(() => open.close());
  let received = 0;
  await assert.rejects(async () => {
    for await (const chunk of open.stream()) {
      if (received === 0) appendFileSync(join(folders.shareDir, 'a'), 'more');
      received += chunk.length;
    }
  }, changed);
  assert.ok(received < 5_000_000);
  await assert.rejects(library.openForRead(file), changed);
});

test('a file that an upload replaces meanwhile is given out to its end', async (t) => {
  const library = await openLibrary(t, makeFolders(t));
  const file = await library.receive({ name: 'a', source: chunksOf(Buffer.alloc(3_000_000, 1)) });
  const open = await library.openForRead(file);
  t.after(() => open.close());
  await library.receive({ name: 'a', source: chunksOf('new') });
  const read = Buffer.concat(await open.stream().toArray());
  assert.ok(read.equals(Buffer.alloc(3_000_000, 1)));
  assert.equal(await contentOf(library, 'a'), 'new');
});

test('neither a symlink nor a file behind a symlinked folder is opened', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  const file = await library.receive({ name: 'd/a', source: chunksOf('mine') });
  const outside = join(folders.root, 'outside');
  mkdirSync(outside);
  // The very same inode, reached through a symlink that leads out.
  linkSync(join(folders.shareDir, 'd/a'), join(outside, 'a'));
  renameSync(join(folders.shareDir, 'd'), join(folders.shareDir, 'old'));
  symlinkSync(outside, join(folders.shareDir, 'd'));
  await assert.rejects(library.openForRead(file), changed);
  rmSync(join(folders.shareDir, 'd'));
  mkdirSync(join(folders.shareDir, 'd'));
  symlinkSync(join(outside, 'a'), join(folders.shareDir, 'd/a'));
  await assert.rejects(library.openForRead(file), changed);
});

test('a block of a file that changed is not given out', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  const file = await library.receive({ name: 'a', source: chunksOf('one') });
  writeFileSync(join(folders.shareDir, 'a'), 'two');
  await assert.rejects(library.readBlock(file.cid), changed);
  assert.equal(await library.readBlock('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'), null);
});
