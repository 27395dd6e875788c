import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DownloadFixture, MIB, SIZE } from './download-fixture.test-support.ts';
import { headersFrom, sendFrom } from './holder-server.test-support.ts';

const at = new DownloadFixture();

describe('a download from several holders', () => {
  it('takes the rest from the other when a piece of one is corrupt, and reports that one', async () => {
    const [liar, honest] = [await at.serve(at.corrupted(3 * MIB + 7)), await at.serve()];
    const bad: string[] = [];
    await at.get(at.from(liar, honest), { onBad: ({ address }, reason) => bad.push(`${address} ${reason}`) });
    assert.deepEqual(liar.starts, [0]);
    assert.deepEqual(bad, [`${liar.holder.address} piece 3 does not match its leaf`]);
    await at.isWhole();
  });

  it('has bytes of each of them, and of each piece once', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => at.serve()));
    await at.get(at.from(...servers));
    assert.deepEqual(servers.flatMap(({ starts }) => starts).length, 2, 'six pieces are two runs');
    await at.isWhole();
  });

  it('passes over one that is away, one that does not have it, one that is editing, and one that redirects', async () => {
    const gone = await at.goneHolder();
    const answers = [404, 409, 302].map((code) =>
      at.serve((_request, response) => {
        response.writeHead(code, { location: `http://${gone.address}/` }).end();
        return true;
      }),
    );
    const rest = await Promise.all([...answers, at.serve()]);
    const wanted = at.from(...rest);
    await at.get({ ...wanted, providers: [gone, ...wanted.providers] });
    await at.isWhole();
  });

  it('passes over one that falls silent, in its head or in the middle', async () => {
    const silent = await at.serve((_request, response, start) => {
      if (start < 0) return false;
      response.writeHead(200, headersFrom(SIZE, 0));
      response.write(at.file.bytes.subarray(0, MIB + 5));
      return true;
    });
    const mute = await at.serve(() => true);
    await at.get(at.from(mute, silent, await at.serve()), { stallTimeoutMs: 1000 });
    await at.isWhole();
  });

  it('passes over one that answers with other lengths or ranges, and reports it', async () => {
    const short = await at.serve((_request, response, start, end) => {
      if (start < 0) return false;
      sendFrom(response, at.file.bytes.subarray(0, SIZE - 1), start, Math.min(end, SIZE - 1));
      return true;
    });
    const deaf = await at.serve((_request, response, start) => {
      if (start < 0) return false;
      response.writeHead(200, headersFrom(SIZE + 1, 0)).end(at.file.bytes);
      return true;
    });
    const shifted = await at.serve((_request, response, start, end) => {
      if (start < 0) return false;
      const range = `bytes ${start + 1}-${end}/${SIZE}`;
      response.writeHead(206, { 'content-length': end - start, 'content-range': range });
      response.end(at.file.bytes.subarray(start, end));
      return true;
    });
    const bad: string[] = [];
    const wanted = at.from(short, deaf, shifted, await at.serve());
    await at.get(wanted, { onBad: ({ address }) => bad.push(address) });
    assert.deepEqual(bad.toSorted(), [short, deaf, shifted].map(({ holder }) => holder.address).toSorted());
    await at.isWhole();
  });

  it('passes over one that sends a wrong node, or one without end', async () => {
    const wrongNode = await at.serve((_request, response, start) => {
      if (start >= 0) return false;
      response.end('no node at all');
      return true;
    });
    const endless = await at.serve((_request, response, start) => {
      if (start >= 0) return false;
      const block = Buffer.alloc(MIB);
      const more = () => {
        while (!response.destroyed && response.write(block));
      };
      response.on('drain', more);
      more();
      return true;
    });
    await at.get(at.from(wrongNode, endless, await at.serve()));
    await at.isWhole();
  });
});
