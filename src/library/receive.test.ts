import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Problem } from '../problems/problem.ts';
import {
  chunksOf,
  contentOf,
  incomingOf,
  makeFolders,
  openLibrary,
  pathsOf,
} from './library.test-support.ts';
import type { Library } from './library.ts';

const put = (library: Library, name: string, text: string) =>
  library.receive({ name, source: chunksOf(text) });
const withCode = (code: string) => (error: unknown) => error instanceof Problem && error.code === code;
const acts = (library: Library) =>
  library.catalog
    .pending(100)
    .map(({ act, file, lastCopy }) => [act, file.path, file.cid, file.previous, lastCopy]);

test('every name that the contract allows is stored and read back', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  const names = [
    '-rf',
    'con espacios.txt',
    'Ñandú/Año.txt',
    '🎉.txt',
    'a\\b',
    'x'.repeat(255),
    '100%',
    'copyright',
  ];
  for (const name of names) await put(library, name, `in ${name}`);
  for (const name of names) assert.equal(await contentOf(library, name), `in ${name}`);
  assert.deepEqual(pathsOf(library).sort(), names.toSorted());
});

test('an empty file and one of several pieces come in whole, and each of their blocks is found', async (t) => {
  const library = await openLibrary(t, makeFolders(t));
  const empty = await library.receive({ name: 'empty', source: chunksOf() });
  assert.equal(empty.cid, 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku');
  assert.deepEqual(await library.readBlock(empty.cid), Buffer.alloc(0));
  const bytes = Buffer.alloc(2_500_000, 'abcdefg');
  const large = await library.receive({
    name: 'large',
    source: chunksOf(bytes.subarray(0, 999), bytes.subarray(999)),
  });
  assert.equal(large.size, bytes.length);
  const root = await library.readBlock(large.cid);
  assert.ok(root !== null && root.length > 0);
  const { decodeNode } = await import('../content/verify.ts');
  const leaves = decodeNode(root)?.links ?? [];
  assert.equal(leaves.length, 3);
  const { formatCid } = await import('../content/cid.ts');
  const parts = await Promise.all(
    leaves.map(({ cid }) => library.readBlock(formatCid(cid.codec, cid.digest))),
  );
  assert.ok(Buffer.concat(parts.map((part) => part ?? Buffer.alloc(0))).equals(bytes));
  assert.deepEqual(library.catalog.root(large.cid), { size: bytes.length });
});

test('names that escape, hide or are passed over are refused, and nothing is written', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  writeFileSync(join(folders.shareDir, '.anilloignore'), 'private/\n');
  for (const name of [
    '../x',
    '%2e%2e%2fx',
    '/etc/x',
    'a\0b',
    '.anillo/folder',
    '.hidden',
    'x.part',
    'private/x',
  ]) {
    await assert.rejects(put(library, name, 'x'), withCode('bad_name'), name);
  }
  assert.deepEqual(readdirSync(folders.shareDir).sort(), ['.anillo', '.anilloignore']);
  assert.deepEqual(incomingOf(folders), []);
  assert.equal(existsSync(join(folders.root, 'x')), false);
});

test('a symlink or a file on the way is refused, and nothing lands outside of the folder', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  const outside = join(folders.root, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'secret');
  symlinkSync(outside, join(folders.shareDir, 'out'));
  symlinkSync(join(outside, 'secret'), join(folders.shareDir, 'link'));
  await put(library, 'file', 'x');
  for (const name of ['out/x', 'link', 'file/x', 'link/x']) {
    await assert.rejects(put(library, name, 'x'), withCode('bad_name'), name);
  }
  mkdirSync(join(folders.shareDir, 'folder'));
  await assert.rejects(put(library, 'folder', 'x'), withCode('bad_name'));
  assert.deepEqual(readdirSync(outside), ['secret']);
  assert.equal(readFileSync(join(outside, 'secret'), 'utf8'), 'secret');
  assert.deepEqual(pathsOf(library), ['file']);
  assert.deepEqual(incomingOf(folders), []);
});

test('a body that is cut off, too short or too long leaves nothing', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  async function* cut() {
    yield Buffer.alloc(3_000_000);
    throw new Error('ECONNRESET');
  }
  await assert.rejects(library.receive({ name: 'x', source: cut() }), withCode('incomplete_body'));
  const short = library.receive({ name: 'x', source: chunksOf('abc'), expectedSize: 4 });
  await assert.rejects(short, withCode('incomplete_body'));
  const long = library.receive({ name: 'x', source: chunksOf('abc', 'de'), expectedSize: 4 });
  await assert.rejects(long, withCode('bad_request'));
  assert.deepEqual(readdirSync(folders.shareDir), ['.anillo']);
  assert.deepEqual([incomingOf(folders), pathsOf(library), acts(library)], [[], [], []]);
});

test('what does not fit beside the reserve is refused before and while it comes', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders, { reserveBytes: Number.MAX_SAFE_INTEGER });
  await assert.rejects(put(library, 'x', 'x'), withCode('no_space'));
  const roomy = await openLibrary(t, makeFolders(t));
  const huge = roomy.receive({ name: 'x', source: chunksOf('x'), expectedSize: 2 ** 50 });
  await assert.rejects(huge, withCode('no_space'));
  assert.deepEqual(incomingOf(folders), []);
});

test('another content under a name keeps the old bytes as a version, and follows the old CID', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders, { versionsMax: 2 });
  const files = [];
  for (const text of ['one', 'two', 'three', 'four']) files.push(await put(library, 'a.txt', text));
  assert.equal(await contentOf(library, 'a.txt'), 'four');
  assert.equal(files[3]?.previous, files[2]?.cid);
  const kept = library.versions('a.txt');
  assert.deepEqual(
    kept.map(({ cid }) => cid),
    [files[2]?.cid, files[1]?.cid],
  );
  const folder = join(folders.shareDir, '.anillo/versions');
  assert.deepEqual(
    kept.map(({ id }) => readFileSync(join(folder, id), 'utf8')),
    ['three', 'two'],
  );
  assert.equal(readdirSync(folder).length, 2);
  assert.deepEqual(acts(library).slice(0, 3), [
    ['publish', 'a.txt', files[0]?.cid, null, false],
    ['withdraw', 'a.txt', files[0]?.cid, null, true],
    ['publish', 'a.txt', files[1]?.cid, files[0]?.cid, false],
  ]);
});

test('the same bytes again make no version and are not published twice; new tags are', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  const first = await put(library, 'a.txt', 'same');
  const inode = statSync(join(folders.shareDir, 'a.txt')).ino;
  await put(library, 'a.txt', 'same');
  assert.equal(library.catalog.pendingCount(), 1);
  await library.receive({ name: 'a.txt', tags: ['new'], source: chunksOf('same') });
  assert.equal(library.catalog.pendingCount(), 2);
  assert.deepEqual(library.catalog.file('a.txt')?.tags, ['new']);
  assert.deepEqual([library.versions('a.txt'), incomingOf(folders)], [[], []]);
  assert.equal(statSync(join(folders.shareDir, 'a.txt')).ino, inode);
  assert.equal(library.catalog.file('a.txt')?.cid, first.cid);
});

test('of many uploads under one name at once one wins, and its row is that of its bytes', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders, { versionsMax: 100 });
  const texts = Array.from({ length: 12 }, (_, index) => `text ${index} `.repeat(50_000));
  const files = await Promise.all(texts.map((text) => put(library, 'race', text)));
  const text = await contentOf(library, 'race');
  const winner = texts.indexOf(text);
  assert.ok(winner >= 0);
  assert.equal(library.catalog.file('race')?.cid, files[winner]?.cid);
  assert.equal(library.catalog.file('race')?.incoming, null);
  assert.equal(library.versions('race').length, 11);
  assert.deepEqual(incomingOf(folders), []);
});

test('uploads into one new folder at once all arrive', async (t) => {
  const library = await openLibrary(t, makeFolders(t));
  await Promise.all(
    Array.from({ length: 20 }, (_, index) => put(library, `new/folder/${index}`, `${index}`)),
  );
  assert.equal(pathsOf(library).length, 20);
});

test('a replaced file that was never hashed is kept as a version as well', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  writeFileSync(join(folders.shareDir, 'a'), 'by hand');
  await put(library, 'a', 'by upload');
  const [version] = library.versions('a');
  assert.equal(version?.cid, null);
  assert.equal(
    readFileSync(join(folders.shareDir, '.anillo/versions', version?.id ?? ''), 'utf8'),
    'by hand',
  );
});

test('without its marker the folder takes nothing in and gives nothing out', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  const file = await put(library, 'a', 'x');
  renameSync(folders.shareDir, `${folders.shareDir}-away`);
  mkdirSync(folders.shareDir);
  await assert.rejects(put(library, 'b', 'x'), withCode('suspended'));
  await assert.rejects(library.openForRead(file), withCode('suspended'));
  await assert.rejects(library.withdraw('a'), withCode('suspended'));
  assert.deepEqual(readdirSync(folders.shareDir), []);
  assert.equal(library.catalog.pendingCount(), 1);
});

test('another folder with a marker of its own is not taken for the one that was shared', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  const other = makeFolders(t);
  await openLibrary(t, other);
  renameSync(folders.shareDir, `${folders.shareDir}-away`);
  renameSync(other.shareDir, folders.shareDir);
  await assert.rejects(put(library, 'b', 'x'), withCode('suspended'));
});
