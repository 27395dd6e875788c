import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { download } from './download.ts';
import { DownloadFixture, MIB, NEVER, SIZE } from './download-fixture.test-support.ts';
import { makeFile } from './holder-server.test-support.ts';

const at = new DownloadFixture();

describe('what an earlier run left', () => {
  it('counts only as far as it verifies', async () => {
    await partWith(Buffer.concat([at.file.bytes.subarray(0, 3 * MIB), Buffer.from('not the file')]));
    const honest = await at.serve();
    assert.equal((await at.get(at.from(honest))).resumedBytes, 3 * MIB);
    assert.deepEqual(honest.starts, [3 * MIB]);
    await at.isWhole();
  });

  it('that was spoilt in the middle is fetched again there, and only there', async () => {
    const bytes = Buffer.from(at.file.bytes);
    bytes.writeUInt8(bytes.readUInt8(MIB + 3) ^ 255, MIB + 3);
    await partWith(Buffer.concat([bytes, Buffer.alloc(MIB)]));
    const honest = await at.serve();
    assert.equal((await at.get(at.from(honest))).resumedBytes, SIZE - MIB);
    assert.deepEqual(honest.starts, [MIB]);
    await at.isWhole();
  });

  it('whole already, needs no holder for its bytes', async () => {
    await partWith(at.file.bytes);
    const honest = await at.serve();
    assert.equal((await at.get(at.from(honest))).resumedBytes, SIZE);
    assert.deepEqual(honest.starts, []);
    await at.isWhole();
  });

  it('of another content under the same name is thrown away', async () => {
    const other = makeFile('another', 2 * MIB);
    await partWith(other.bytes.subarray(0, MIB), other);
    await at.get(at.from(await at.serve()));
    await at.isWhole();
  });

  it('is shared by two downloads of the same content at once without harm', async () => {
    const server = await at.serve();
    await Promise.all([at.get(at.from(server)), at.get(at.from(server)), at.get(at.from(server))]);
    await at.isWhole();
  });

  /** A part as an interrupted run leaves it, but with these bytes in it. */
  async function partWith(bytes: Uint8Array, made = at.file): Promise<void> {
    const server = await at.serve(undefined, made);
    const wanted = { name: 'x', cid: made.cid, providers: [server.holder] };
    await assert.rejects(
      download(wanted, { path: at.path, sync: false, signal: NEVER, limit: stopAfter(2 * MIB) }),
      /enough/,
    );
    const [name = ''] = (await readdir(at.folder)).toSorted();
    assert.ok(name.startsWith('.anillo-part-'));
    await writeFile(join(at.folder, name), bytes);
  }
});

/** Throws when more than `bytes` have passed. */
function stopAfter(bytes: number): { take(more: number): Promise<void> } {
  let left = bytes;
  return {
    take: async (more) => {
      left -= more;
      if (left <= 0) throw new Error('enough');
    },
  };
}
