/** What is left of an upload after a death, and what of it counts. */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { keystreamBytes } from '../content/keystream.test-support.ts';
import { PIECE_BYTES } from '../content/profile.ts';
import { Problem } from '../problems/problem.ts';
import { chunksOf, incomingOf, makeFolders, openLibrary } from './library.test-support.ts';
import { ResumableUploads } from './resumable-uploads.ts';

const SIZE = 4 * PIECE_BYTES + 99;
const BYTES = keystreamBytes('resumable', SIZE);
const withCode = (code: string) => (error: unknown) => error instanceof Problem && error.code === code;

/** An upload of which the first `came` bytes are here. */
async function begun(test: TestContext, came: number) {
  const folders = makeFolders(test);
  const library = await openLibrary(test, folders);
  const { resumable } = library;
  const id = ResumableUploads.newId();
  await resumable.create(id, { path: 'a.bin', size: SIZE, metadata: {} });
  await resumable.append(id, { source: chunksOf(BYTES.subarray(0, came)) });
  const file = join(
    folders.shareDir,
    '.anillo/incoming',
    incomingOf(folders).find((name) => name.endsWith(id)) ?? '',
  );
  const offset = async () => (await resumable.state(id)).offset;
  const finish = async () => {
    await resumable.append(id, { source: chunksOf(BYTES.subarray(await offset())) });
    const stored = await library.finishUpload(id);
    assert.ok(readFileSync(join(folders.shareDir, 'a.bin')).equals(BYTES));
    return stored;
  };
  return { folders, library, resumable, id, file, journal: `${file}.journal`, offset, finish };
}

/** The machine started anew since. */
function reboot(journal: string): void {
  writeFileSync(journal, readFileSync(journal, 'latin1').replace(/^B .*$/m, 'B another-boot'));
}

/** As if the machine had died before the last bytes were marked. */
function withoutMarks(journal: string): void {
  writeFileSync(journal, readFileSync(journal, 'latin1').replace(/^S .*\n/gm, ''));
}

test('after the death of the process every byte that it wrote counts, though nothing vouches for the last ones', async (t) => {
  const { file, journal, offset, finish } = await begun(t, PIECE_BYTES + 5);
  withoutMarks(journal);
  appendFileSync(file, BYTES.subarray(PIECE_BYTES + 5, 3 * PIECE_BYTES + 7));
  assert.equal(await offset(), 3 * PIECE_BYTES + 7);
  await finish();
});

test('after a loss of power the marked bytes count, and of the others the whole pieces that are right', async (t) => {
  const { file, journal, offset, finish } = await begun(t, 3 * PIECE_BYTES + 5);
  reboot(journal);
  assert.equal(await offset(), 3 * PIECE_BYTES + 5, 'all of it was marked');
  withoutMarks(journal);
  const bytes = readFileSync(file);
  bytes.fill(0, 2 * PIECE_BYTES + 10, 2 * PIECE_BYTES + 20);
  writeFileSync(file, bytes);
  assert.equal(await offset(), 2 * PIECE_BYTES, 'the third piece never reached the disk');
  await finish();
});

test('a line of the journal that was torn off, and bytes that are missing, cost no more than their piece', async (t) => {
  const { file, journal, offset, finish } = await begun(t, 3 * PIECE_BYTES + 5);
  reboot(journal);
  appendFileSync(journal, 'L 0123');
  assert.equal(await offset(), 3 * PIECE_BYTES + 5);
  truncateSync(file, 2 * PIECE_BYTES + 1);
  assert.equal(await offset(), 2 * PIECE_BYTES);
  await finish();
});

test('of bytes that were to be checked as a whole a death leaves nothing', async (t) => {
  const { resumable, id, file, offset, finish } = await begun(t, 10);
  const check = { see: () => {}, confirm: () => {} };
  async function* cut() {
    yield BYTES.subarray(10, 2 * PIECE_BYTES);
    throw new Error('ECONNRESET');
  }
  await assert.rejects(resumable.append(id, { source: cut(), check }), withCode('incomplete_body'));
  assert.equal(await offset(), 10);
  // The same death before the rest could be cut off.
  await resumable.append(id, { source: chunksOf(), check });
  appendFileSync(file, 'not checked');
  assert.equal(await offset(), 10);
  await finish();
});

test('an upload whose node died at its end is finished once, and told as finished afterwards', async (t) => {
  const { folders, library, id, resumable, finish } = await begun(t, 5);
  const stored = await finish();
  assert.equal((await resumable.state(id)).file?.cid, stored.cid);
  assert.equal((await library.finishUpload(id)).cid, stored.cid);
  assert.deepEqual(
    incomingOf(folders).filter((name) => !name.endsWith('.journal')),
    [],
  );
  await library.withdraw('a.bin');
  await assert.rejects(library.finishUpload(id), withCode('upload_gone'));
});

test('another start of the node leaves uploads that may go on', async (t) => {
  const { folders, library, id, file } = await begun(t, 2 * PIECE_BYTES + 1);
  await library.close();
  const again = await openLibrary(t, folders);
  await again.recover();
  assert.ok(existsSync(file));
  assert.equal((await again.resumable.state(id)).offset, 2 * PIECE_BYTES + 1);
});
