import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { download } from './download.ts';
import { DownloadFixture, MIB, NEVER, SIZE } from './download-fixture.test-support.ts';
import { makeFile } from './holder-server.test-support.ts';

const at = new DownloadFixture();

describe('a download from one holder', () => {
  it('has every byte, tells of each once, and leaves nothing beside the file', async () => {
    let told = 0;
    const result = await download(at.from(await at.serve()), {
      path: at.path,
      sync: true,
      signal: NEVER,
      onBytes: (bytes) => {
        told += bytes;
      },
    });
    assert.deepEqual(
      { bytes: result.bytes, resumedBytes: result.resumedBytes },
      { bytes: SIZE, resumedBytes: 0 },
    );
    assert.equal(told, SIZE);
    await at.isWhole();
  });

  it('works for no bytes, one byte, one whole piece, and whole pieces only', async () => {
    for (const size of [0, 1, MIB, MIB + 1, 3 * MIB]) {
      const made = makeFile(`size ${size}`, size);
      const server = await at.serve(undefined, made);
      await download(
        { name: 'x', cid: made.cid, providers: [server.holder] },
        { path: at.path, sync: false, signal: NEVER },
      );
      assert.ok((await readFile(at.path)).equals(made.bytes), `${size} bytes`);
    }
  });

  it('goes to a stream in order, without ending it', async () => {
    const chunks: Buffer[] = [];
    const stream = new Writable({
      highWaterMark: 1,
      write(chunk, _encoding, done) {
        chunks.push(Buffer.from(chunk));
        setImmediate(done);
      },
    });
    const cut = at.cutting();
    await download(at.from(await at.serve(cut.mischief)), { stream, signal: NEVER, onBytes: cut.onBytes });
    assert.ok(Buffer.concat(chunks).equals(at.file.bytes));
    assert.equal(stream.writableEnded, false);
  });

  it('waits for what the limit asks', async () => {
    let taken = 0;
    const limit = {
      take: async (bytes: number) => {
        taken += bytes;
      },
    };
    await download(at.from(await at.serve()), { path: at.path, sync: false, signal: NEVER, limit });
    assert.equal(taken, SIZE);
    await at.isWhole();
  });

  it('asks a busy one again', async () => {
    let refused = 0;
    const server = await at.serve((_request, response, start) => {
      if (start < 0 || refused >= 2) return false;
      refused += 1;
      response.writeHead(503, { 'retry-after': '0' }).end();
      return true;
    });
    await at.get(at.from(server));
    assert.equal(refused, 2);
    await at.isWhole();
  });

  it('that cuts the connection goes on where it was cut', async () => {
    const cut = at.cutting();
    const server = await at.serve(cut.mischief);
    await at.get(at.from(server), { onBytes: cut.onBytes });
    assert.deepEqual(server.starts, [0, MIB]);
    await at.isWhole();
  });
});
