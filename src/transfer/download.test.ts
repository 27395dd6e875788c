import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable, Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { LeafList } from '../content/leaf-list.ts';
import { download } from './download.ts';
import { DownloadFixture, MIB, NEVER, SIZE } from './download-fixture.test-support.ts';
import { headersFrom, type Mischief, makeFile } from './holder-server.test-support.ts';

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

  it('of more than 1,024 pieces, whose leaves stand in more nodes than one, comes whole', async () => {
    const piece = Buffer.alloc(MIB, 'anillo');
    const leaves = new LeafList();
    const pieces = 1026;
    for (let count = 0; count < pieces; count += 1) leaves.add(hash('sha256', piece, 'buffer'), MIB);
    const { cid, nodes } = leaves.finish();
    const made = {
      cid,
      bytes: Buffer.alloc(0),
      nodes: new Map(nodes.map((node) => [node.cid, node.bytes])),
    };
    const repeating: Mischief = (_request, response, start, end) => {
      if (start < 0) return false;
      const last = end === 0 ? pieces * MIB : end; // Without a range the server takes the end from the bytes.
      const isPart = start > 0 || last < pieces * MIB;
      response.writeHead(isPart ? 206 : 200, headersFrom(pieces * MIB, start, last));
      Readable.from(Array.from({ length: (last - start) / MIB }, () => piece)).pipe(response);
      return true;
    };
    const holders = await Promise.all([1, 2].map(() => at.serve(repeating, made)));
    let [pieceCount, isEqual] = [0, true];
    const stream = new Writable({
      write(chunk, _encoding, done) {
        pieceCount += 1;
        isEqual &&= piece.equals(chunk);
        done();
      },
    });
    const wanted = { name: 'x', cid, providers: holders.map(({ holder }) => holder) };
    await download(wanted, { stream, signal: NEVER });
    assert.deepEqual([pieceCount, isEqual], [pieces, true]);
  });
});
