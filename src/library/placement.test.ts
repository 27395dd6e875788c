import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
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
  until,
} from './library.test-support.ts';
import type { Library } from './library.ts';
import { refuse, replaceCall } from './refusing-disk.test-support.ts';

const put = (library: Library, name: string, text: string) =>
  library.receive({ name, source: chunksOf(text) });
const withCode = (code: string) => (error: unknown) => error instanceof Problem && error.code === code;
const lastActs = (library: Library, count: number) =>
  library.catalog
    .pending(100)
    .slice(-count)
    .map(({ act, file }) => [act, file.path, file.cid]);

test('an upload that cannot take its place leaves what stands there listed, published and without a version', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  const old = await library.receive({ name: 'sub/a', tags: ['kept'], copies: 2, source: chunksOf('old') });
  const place = join(folders.shareDir, 'sub/a');
  const allow = refuse(t, 'rename', 'EPERM', (_, to) => to === place);
  await assert.rejects(put(library, 'sub/a', 'new'), withCode('cannot_write'));
  const { cid, tags, copies, incoming } = library.catalog.file('sub/a') ?? {};
  assert.deepEqual([cid, tags, copies, incoming], [old.cid, ['kept'], 2, null]);
  assert.equal(await contentOf(library, 'sub/a'), 'old');
  assert.deepEqual(lastActs(library, 1), [['publish', 'sub/a', old.cid]]);
  assert.deepEqual([library.versions('sub/a'), incomingOf(folders)], [[], []]);
  assert.deepEqual(readdirSync(join(folders.shareDir, '.anillo/versions')), []);
  allow();
  await put(library, 'sub/a', 'new');
  assert.equal(await contentOf(library, 'sub/a'), 'new');
});

test('where the old bytes can only be moved aside, a failed upload moves them back', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  await put(library, 'a', 'old');
  const place = join(folders.shareDir, 'a');
  refuse(t, 'link', 'EPERM');
  const incoming = join(folders.shareDir, '.anillo/incoming');
  refuse(t, 'rename', 'EIO', (from, to) => to === place && from.startsWith(incoming));
  await assert.rejects(put(library, 'a', 'new'), withCode('cannot_write'));
  assert.equal(await contentOf(library, 'a'), 'old');
  assert.deepEqual(readdirSync(join(folders.shareDir, '.anillo/versions')), []);
});

test('a folder that may not be written to is noticed before anything is written', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  await put(library, 'sub/a', 'old');
  refuse(t, 'access', 'EACCES');
  let read = false;
  const source = (async function* () {
    read = true;
    yield Buffer.from('new');
  })();
  await assert.rejects(library.receive({ name: 'sub/a', source }), withCode('cannot_write'));
  await assert.rejects(library.withdraw('sub/a'), withCode('cannot_write'));
  assert.deepEqual([read, library.catalog.pendingCount(), library.trash({ limit: 1 })], [false, 1, []]);
});

test('an upload whose bytes have their place stays listed, whatever fails after', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  await put(library, 'a', 'old');
  const place = join(folders.shareDir, 'a');
  refuse(t, 'open', 'EIO', (path) => path === folders.shareDir && readFileSync(place, 'utf8') === 'new');
  await assert.rejects(put(library, 'a', 'new'), withCode('cannot_write'));
  assert.equal(library.catalog.file('a')?.incoming, null);
  assert.equal(await contentOf(library, 'a'), 'new');
  assert.equal(library.versions('a').length, 1);
});

test("somebody's file that comes to the name just before an upload does is kept as a version", async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  const place = join(folders.shareDir, 'a');
  replaceCall(t, 'link', (real, parameters) => {
    if (parameters[1] === place && !existsSync(place)) writeFileSync(place, 'by hand');
    return real(...parameters);
  });
  await put(library, 'a', 'by upload');
  assert.equal(await contentOf(library, 'a'), 'by upload');
  const [version] = library.versions('a');
  const kept = join(folders.shareDir, '.anillo/versions', version?.id ?? '');
  assert.equal(readFileSync(kept, 'utf8'), 'by hand');
  assert.deepEqual(incomingOf(folders), []);
});

test('a file system without hard links is shared like any other', async (t) => {
  refuse(t, 'link', 'EPERM');
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  await put(library, 'a', 'one');
  await put(library, 'a', 'two');
  await library.withdraw('a');
  await library.restore(library.trash({ limit: 1 })[0]?.id ?? '');
  assert.equal(await contentOf(library, 'a'), 'two');
  assert.equal(library.versions('a').length, 1);
  assert.equal(await library.folder.absence(), null);
});

test('a restore that cannot take its place stays in the trash, and what stands there stays listed', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  await put(library, 'a', 'old');
  await library.withdraw('a');
  const { cid } = await put(library, 'a', 'new');
  const [entry] = library.trash({ limit: 1 });
  const place = join(folders.shareDir, 'a');
  const allow = refuse(t, 'rename', 'EROFS', (_, to) => to === place);
  await assert.rejects(library.restore(entry?.id ?? ''), withCode('cannot_write'));
  assert.deepEqual(library.trash({ limit: 10 }), [entry]);
  assert.equal(library.catalog.file('a')?.cid, cid);
  assert.equal(await contentOf(library, 'a'), 'new');
  allow();
  await library.restore(entry?.id ?? '');
  assert.equal(await contentOf(library, 'a'), 'old');
  assert.deepEqual(library.trash({ limit: 10 }), []);
});

test('what the disk refuses has a code of its own: full, names too long, read-only', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  const long = Array.from({ length: 16 }, () => 'x'.repeat(254)).join('/');
  await assert.rejects(put(library, long, 'x'), withCode('bad_name'));
  const incoming = join(folders.shareDir, '.anillo/incoming');
  for (const [system, code] of [
    ['ENOSPC', 'no_space'],
    ['EDQUOT', 'no_space'],
    ['EROFS', 'cannot_write'],
    ['EACCES', 'cannot_write'],
  ] as const) {
    const allow = refuse(t, 'open', system, (path) => path.startsWith(incoming));
    await assert.rejects(put(library, 'a', 'x'), withCode(code), system);
    allow();
    const allowMkdir = refuse(t, 'mkdir', system);
    await assert.rejects(put(library, 'new/a', 'x'), withCode(code), system);
    allowMkdir();
  }
  assert.deepEqual([pathsOf(library), incomingOf(folders)], [[], []]);
});

test('a data directory without room for rows takes no upload', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders, { reserveBytes: 1 });
  replaceCall(t, 'statfs', async (real, parameters) =>
    parameters[0] === folders.dataDir ? { bavail: 0, bsize: 4096 } : real(...parameters),
  );
  await assert.rejects(put(library, 'a', 'x'), withCode('no_space'));
  assert.deepEqual(incomingOf(folders), []);
});

test('two nodes over one folder leave each other alone', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const source = (async function* () {
    yield Buffer.from('first ');
    await gate;
    yield Buffer.from('second');
  })();
  const upload = library.receive({ name: 'a', source });
  await until('the upload has begun', () => incomingOf(folders).length === 1);
  const other = await openLibrary(t, { ...folders, dataDir: join(folders.root, 'other') });
  assert.equal((await other.recover()).removed, 0);
  open();
  await upload;
  assert.equal(await contentOf(library, 'a'), 'first second');
});

test('when the disk comes back, what was cut off when it went is tidied up', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  await put(library, 'a', 'one');
  const away = `${folders.shareDir}-away`;
  const source = (async function* () {
    yield Buffer.from('half');
    await until('the upload has begun', () => incomingOf(folders).length === 1);
    renameSync(folders.shareDir, away);
    mkdirSync(folders.shareDir);
    throw new Error('the sender is gone');
  })();
  await assert.rejects(library.receive({ name: 'b', source }));
  assert.equal(readdirSync(join(away, '.anillo/incoming')).length, 1);
  renameSync(folders.shareDir, `${away}-empty`);
  renameSync(away, folders.shareDir);
  await until('the tidying', () => incomingOf(folders).length === 0);
  assert.ok(statSync(join(folders.shareDir, 'a')).isFile());
});
