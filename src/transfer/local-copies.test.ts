import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { download } from './download.ts';
import { DownloadFixture, MIB, NEVER, SIZE } from './download-fixture.test-support.ts';

const at = new DownloadFixture();

describe('what the machine already has', () => {
  it('is not fetched: an older version at the destination gives the pieces that are the same', async () => {
    const older = Buffer.from(at.file.bytes);
    older.writeUInt8(older.readUInt8(2 * MIB + 9) ^ 1, 2 * MIB + 9);
    await writeFile(at.path, older);
    const honest = await at.serve();
    assert.equal((await at.get(at.from(honest))).localBytes, SIZE - MIB);
    assert.deepEqual(honest.starts, [2 * MIB]);
    await at.isWhole();
  });

  it('is taken from any file that is named, as far as it goes; what is no file is passed over', async () => {
    const other = join(at.folder, 'other');
    await writeFile(other, at.file.bytes.subarray(0, 3 * MIB + 5));
    await mkdir(join(at.folder, 'folder'));
    const target = join(at.folder, 'folder', 'got.bin');
    const honest = await at.serve();
    const result = await download(at.from(honest), {
      path: target,
      sync: false,
      signal: NEVER,
      localPaths: [join(at.folder, 'absent'), tmpdir(), other],
    });
    assert.equal(result.localBytes, 3 * MIB);
    assert.deepEqual(honest.starts, [3 * MIB]);
  });
});
