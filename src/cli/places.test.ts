import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { LogFile } from './log-file.ts';
import { isOneRing } from './network-watch.ts';
import { listFiles } from './put-list.ts';
import { savePlace } from './save-place.ts';

const folder = mkdtempSync(join(tmpdir(), 'anillo-places-'));
after(() => rmSync(folder, { recursive: true }));

const fileAt = (path: string) => ({ type: 'file', path, present: false, named: false });

test('a download is saved under its last component, in the folder or as the file that was asked for', async () => {
  assert.deepEqual(await savePlace('a/b/c.txt', 'cid', undefined), fileAt(resolve('c.txt')));
  assert.deepEqual(await savePlace('a/b/c.txt', 'cid', folder), fileAt(join(folder, 'c.txt')));
  const mine = join(folder, 'mine.txt');
  assert.deepEqual(await savePlace('a/b/c.txt', 'cid', mine), { ...fileAt(mine), named: true });
  await assert.rejects(savePlace('c', 'cid', join(folder, 'none/')), { code: 'no_such_path', exitCode: 3 });
  await assert.rejects(savePlace('c', 'cid', join(folder, 'none/c')), { code: 'no_such_path' });
});

test('whatever a remote calls its file, it never lands outside the folder', async () => {
  for (const name of ['..', '../..', 'a/..', '.', 'x/', 'a\0b', '']) {
    assert.deepEqual(
      await savePlace(name, 'bafk', folder),
      fileAt(join(folder, 'bafk')),
      JSON.stringify(name),
    );
  }
  assert.deepEqual(await savePlace('../../etc/passwd', 'bafk', folder), fileAt(join(folder, 'passwd')));
});

test('what stands at the place decides: a file is told, a folder refused, a link followed, a device written to', async () => {
  const place = mkdtempSync(join(folder, 'place-'));
  const at = (name: string) => join(place, name);
  writeFileSync(at('file'), 'x');
  mkdirSync(at('folder'));
  symlinkSync('file', at('link'));
  symlinkSync('new', at('dangling'));
  symlinkSync('circle', at('circle'));
  symlinkSync('/dev/null', at('null'));
  const present = { type: 'file', path: at('file'), present: true };
  assert.deepEqual(await savePlace('file', 'cid', place), { ...present, named: false });
  assert.deepEqual(await savePlace('x', 'cid', at('link')), { ...present, named: true });
  assert.deepEqual(await savePlace('x', 'cid', at('dangling')), { ...fileAt(at('new')), named: true });
  assert.deepEqual(await savePlace('x', 'cid', '/dev/null'), { type: 'outlet', path: '/dev/null' });
  await assert.rejects(savePlace('folder', 'cid', place), { code: 'is_a_folder', exitCode: 5 });
  await assert.rejects(savePlace('x', 'cid', at('circle')), { code: 'cannot_write' });
  for (const name of ['dangling', 'null', 'circle']) {
    await assert.rejects(savePlace(name, 'cid', place), { exitCode: name === 'circle' ? 1 : 5 }, name);
  }
});

test('a folder gives what a shared folder would list, with its path; the rest is passed over, and said', async () => {
  const tree = join(folder, 'tree');
  mkdirSync(join(tree, 'sub', '.anillo'), { recursive: true });
  writeFileSync(join(tree, 'a b.txt'), '12');
  writeFileSync(join(tree, 'sub', 'ñ.txt'), '1');
  writeFileSync(join(tree, 'sub', '.anillo', 'folder'), '');
  symlinkSync('/etc', join(tree, 'out'));
  const passedOver = ['.env', '.git/config', 'build/out.o', 'draft.txt~', 'sub/big.log'];
  for (const path of passedOver) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), 'x');
  }
  writeFileSync(join(tree, '.anilloignore'), 'build/\n*.log\n');
  const { files, skipped } = await listFiles([`${tree}/`, join(tree, 'a b.txt')]);
  assert.deepEqual(
    files.map(({ name, size }) => [name, size]),
    [
      ['tree/a b.txt', 2],
      ['tree/sub/ñ.txt', 1],
      ['a b.txt', 2],
    ],
  );
  assert.deepEqual(skipped.map((path) => path.slice(tree.length + 1)).sort(), [
    '.anilloignore',
    '.env',
    '.git',
    'build',
    'draft.txt~',
    'out',
    'sub/.anillo',
    'sub/big.log',
  ]);
  await assert.rejects(listFiles([join(folder, 'none')]), { code: 'no_such_path', exitCode: 3 });
  await assert.rejects(listFiles(['/dev/null']), { code: 'not_a_file', exitCode: 2 });
});

test("a part's log starts anew with each run, and tells the last complaint of this one", () => {
  const log = new LogFile(join(folder, 'logs', 'node-1.log'));
  const write = (text: string): void => {
    log.open().close();
    appendFileSync(log.path, text);
  };
  log.rotate();
  write('anillo: first\n');
  log.rotate();
  write('{"level":30}\n');
  assert.equal(log.lastComplaint(), null);
  appendFileSync(log.path, 'anillo: second\n{"level":30}\n');
  assert.equal(log.lastComplaint(), 'second');
  write('restarted\n');
  assert.equal(log.lastComplaint(), null, 'what the life before it said is not its own');
  assert.equal(readFileSync(`${log.path}.1`, 'utf8'), 'anillo: first\n');
});

test('one ring is one circle of first successors through every node', () => {
  const ring = (...successors: readonly string[]) =>
    successors.map((next, index) => ({ id: `${index}`, successors: [{ id: next, address: '' }] }));
  assert.ok(isOneRing(ring('1', '2', '0')));
  assert.ok(isOneRing(ring('0')));
  assert.ok(!isOneRing(ring('1', '0', '3', '2')), 'two rings');
  assert.ok(!isOneRing(ring('1', '2', '1')), 'a tail');
  assert.ok(!isOneRing(ring('1', '2', '9')), 'out of the known');
  assert.ok(!isOneRing([...ring('1', '0'), { id: '2', successors: [] }]), 'one left out');
});
