import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Problem } from '../problems/problem.ts';
import { download } from './download.ts';
import { DownloadFixture, fails, MIB, SIZE } from './download-fixture.test-support.ts';
import { headersFrom } from './holder-server.test-support.ts';

const at = new DownloadFixture();

describe('a download that cannot be done', () => {
  it('leaves nothing when all holders lie all the time, and says so with exit code 6', async () => {
    const wrong = [0, 1, 2, 3, 4, 5].map((piece) => piece * MIB + 1);
    const liars = [await at.serve(at.corrupted(...wrong)), await at.serve(at.corrupted(...wrong))];
    await assert.rejects(
      at.get(at.from(...liars)),
      (error) => fails('verification_failed')(error) && (error as Problem).exitCode === 6,
    );
    assert.deepEqual(await readdir(at.folder), []);
  });

  it('keeps the pieces that were verified, and goes on from there', async () => {
    const liars = [await at.serve(at.corrupted(MIB + 1)), await at.serve(at.corrupted(2 * MIB - 1))];
    await assert.rejects(at.get(at.from(...liars)), fails('verification_failed'));
    const { resumedBytes } = await at.get(at.from(await at.serve()));
    assert.ok(resumedBytes >= MIB && resumedBytes <= SIZE - MIB, `${resumedBytes} bytes`);
    await at.isWhole();
  });

  it('names the one that lied when the others are away or do not have it', async () => {
    const missing = await at.serve((_request, response) => {
      response.writeHead(404).end();
      return true;
    });
    const liar = await at.serve(at.corrupted(0));
    const wanted = at.from(missing, liar);
    const providers = [await at.goneHolder(), ...wanted.providers];
    await assert.rejects(at.get({ ...wanted, providers }), (error) => {
      assert.ok(fails('verification_failed')(error));
      return (error as Problem).details.address === liar.holder.address;
    });
  });

  it('says no_provider when none is reached or none has it, and leaves no empty file', async () => {
    const missing = await at.serve((_request, response) => {
      response.writeHead(404).end();
      return true;
    });
    await assert.rejects(at.get(at.from(missing)), fails('no_provider'));
    await assert.rejects(at.get(at.from()), fails('no_provider'));
    assert.deepEqual(await readdir(at.folder), []);
  });

  it('keeps an older file under the name as it was', async () => {
    await writeFile(at.path, 'older');
    await assert.rejects(at.get(at.from(await at.serve(at.corrupted(0)))), fails('verification_failed'));
    assert.equal(await readFile(at.path, 'utf8'), 'older');
  });

  it('says changed when the only holder is editing the file', async () => {
    const editing = await at.serve((_request, response, start) => {
      if (start < 0) return false;
      response.writeHead(409).end();
      return true;
    });
    await assert.rejects(at.get(at.from(editing)), fails('changed'));
  });

  it('gives up at one that cuts every time without bringing a piece', async () => {
    const cutting = await at.serve((_request, response, start) => {
      if (start < 0) return false;
      response.writeHead(200, headersFrom(SIZE, 0));
      response.write('x', () => response.destroy());
      return true;
    });
    await assert.rejects(at.get(at.from(cutting)), fails('no_provider'));
    assert.equal(cutting.starts.length, 2);
  });

  it('into a folder that is not there says where', async () => {
    at.path = join(at.folder, 'absent', 'file');
    await assert.rejects(at.get(at.from(await at.serve())), fails('cannot_write'));
  });

  it('stops at the signal and keeps what it has for the next run', async () => {
    const controller = new AbortController();
    const stalling = await at.serve((_request, response, start) => {
      if (start < 0) return false;
      response.writeHead(200, headersFrom(SIZE, 0));
      response.write(at.file.bytes.subarray(0, 2 * MIB + 1));
      return true;
    });
    const options = {
      path: at.path,
      sync: false,
      signal: controller.signal,
      onBytes: () => {
        if (stalling.starts.length > 0 && ++told === 2) controller.abort();
      },
    };
    let told = 0;
    await assert.rejects(download(at.from(stalling), options), fails('interrupted'));
    assert.equal((await readdir(at.folder)).length, 2, 'the part and its journal');
    const honest = await at.serve();
    assert.equal((await at.get(at.from(honest))).resumedBytes, 2 * MIB);
    assert.deepEqual(honest.starts, [2 * MIB]);
    await at.isWhole();
  });
});
