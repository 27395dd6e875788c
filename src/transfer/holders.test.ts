import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DownloadFixture, MIB, SIZE } from './download-fixture.test-support.ts';
import { headersFrom, sendFrom } from './holder-server.test-support.ts';

const at = new DownloadFixture();

describe('a download from several holders', () => {
  it('takes the rest from the next when a piece of the first is corrupt', async () => {
    const [liar, honest] = [await at.serve(at.corrupted(3 * MIB + 7)), await at.serve()];
    await at.get(at.from(liar, honest));
    assert.deepEqual(liar.starts, [0]);
    assert.deepEqual(honest.starts, [3 * MIB]);
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

  it('passes over one that answers with other lengths or ranges', async () => {
    const short = await at.serve((_request, response, start, end) => {
      if (start < 0) return false;
      sendFrom(response, at.file.bytes.subarray(0, SIZE - 1), start, Math.min(end, SIZE - 1));
      return true;
    });
    const deaf = await at.serve((_request, response, start) => {
      if (start < 1) return false;
      response.writeHead(200, headersFrom(SIZE, 0)).end(at.file.bytes);
      return true;
    });
    const shifted = await at.serve((_request, response, start) => {
      if (start < 1) return false;
      const range = `bytes 0-${SIZE - start - 1}/${SIZE}`;
      response.writeHead(206, { 'content-length': SIZE - start, 'content-range': range });
      response.end(at.file.bytes.subarray(start));
      return true;
    });
    const honest = await at.serve();
    const cut = at.cutting();
    const wanted = at.from(short, await at.serve(cut.mischief), deaf, shifted, honest);
    await at.get(wanted, { onBytes: cut.onBytes });
    const asked = [deaf, shifted, honest].map((server) => server.starts);
    assert.deepEqual(asked, [[MIB], [MIB], [MIB]]);
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
