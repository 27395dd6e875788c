import assert from 'node:assert/strict';
import { writeSync } from 'node:fs';
import { appendFile, type FileHandle, mkdtemp, open, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Journal } from './journal.ts';

const PIECES = 100;
let folder = '';
let part: FileHandle;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'anillo-journal-'));
  part = await open(join(folder, 'part'), 'w+');
});
afterEach(async () => {
  await part.close();
  await rm(folder, { recursive: true });
});

const path = () => join(folder, 'journal');

async function vouchedFor(cid = 'cid', of = part): Promise<number[] | null> {
  const { journal, vouched } = await Journal.open(path(), of, cid, PIECES);
  left.push(journal);
  return vouched === null ? null : [...vouched];
}

/** As a process leaves them that is killed: never closed. */
const left: Journal[] = [];

function note(...pieces: number[]): void {
  const descriptor = left.at(-1)?.descriptor ?? assert.fail('it is open');
  for (const piece of pieces) {
    writeSync(part.fd, 'piece', piece * 5);
    const entry = Buffer.alloc(4);
    entry.writeUInt32LE(piece);
    writeSync(descriptor, entry);
  }
}

describe('a journal', () => {
  afterEach(() => Promise.all(left.splice(0).map((journal) => journal.remove())));

  it('knows nothing at first, and vouches after a kill for what was noted, also when its last word was cut', async () => {
    assert.equal(await vouchedFor(), null);
    note(7, 3, 99, 7);
    assert.deepEqual(await vouchedFor(), [3, 7, 99]);
    note(0);
    await appendFile(path(), Buffer.from([1, 0]));
    assert.deepEqual(await vouchedFor(), [0, 3, 7, 99]);
  });

  it('does not vouch for another part, another content, or an index that no piece has', async () => {
    await vouchedFor();
    note(1, 2);
    const other = await open(join(folder, 'other'), 'w+');
    assert.equal(await vouchedFor('cid', other), null);
    await other.close();
    assert.equal(await vouchedFor('another'), null);
    assert.equal(await vouchedFor(), null, 'it was begun anew for the other content');
    note(100, 5);
    assert.deepEqual(await vouchedFor(), [5]);
  });

  it('that was closed does not vouch for a part that is written to later, however soon', async () => {
    await vouchedFor();
    note(1, 2);
    await left.pop()?.close();
    assert.deepEqual(await vouchedFor(), [1, 2]);
    await left.pop()?.close();
    writeSync(part.fd, 'x', 0);
    assert.equal(await vouchedFor(), null);
  });

  it('of a killed process does not vouch for a part that is written to after its death', async () => {
    await vouchedFor();
    note(1);
    const later = new Date(Date.now() + 60_000);
    await utimes(join(folder, 'part'), later, later);
    assert.equal(await vouchedFor(), null);
  });

  it('is gone when it is removed', async () => {
    await vouchedFor();
    await left.pop()?.remove();
    assert.deepEqual(await readdir(folder), ['part']);
  });
});
