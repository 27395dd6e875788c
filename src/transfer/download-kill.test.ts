import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { it } from 'node:test';
import { setTimeout as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { below, chance } from '../../test/chance.ts';
import { HolderServer, headersFrom, makeFile } from './holder-server.test-support.ts';

const MIB = 1_048_576;
const SIZE = 12 * MIB + 77;
const KILLS = 4;
const random = chance('killed downloads');
const CHILD = fileURLToPath(new URL('./download-child.test-support.ts', import.meta.url));

it('a download killed with SIGKILL again and again goes on from what it has, and never shows half a file', async () => {
  const file = makeFile('killed', SIZE);
  const folder = await mkdtemp(join(tmpdir(), 'anillo-kill-'));
  const path = join(folder, 'got.bin');
  const ends: number[] = [];
  // Each run is sent some more bytes, to a random point, and is killed once it has written another piece.
  const server = await HolderServer.start(file, (_request, response, start) => {
    if (start < 0 || ends.length === KILLS) return false;
    const end = start + MIB + 1 + below(random, MIB);
    ends.push(end);
    response
      .writeHead(start > 0 ? 206 : 200, headersFrom(SIZE, start))
      .write(file.bytes.subarray(start, end));
    return true;
  });
  const start = (stdout: 'ignore' | 'pipe') =>
    spawn(process.execPath, [CHILD, server.holder.address, file.cid, path], {
      stdio: ['ignore', stdout, 'inherit'],
    });
  let child: ChildProcess | null = null;
  try {
    for (let run = 1; run <= KILLS; run += 1) {
      child = start('ignore');
      const exit = once(child, 'exit');
      await journalNames(folder, run);
      child.kill('SIGKILL');
      assert.deepEqual(await exit, [null, 'SIGKILL']);
      assert.ok(!(await readdir(folder)).includes('got.bin'), `sent up to ${ends}`);
    }
    child = start('pipe');
    assert.ok(child.stdout);
    const result = JSON.parse(await text(child.stdout));
    assert.equal(result.bytes, SIZE);
    assert.ok(result.resumedBytes >= KILLS * MIB && result.resumedBytes >= (server.starts.at(-1) ?? 0));
    assert.deepEqual(
      server.starts,
      server.starts.toSorted((a, b) => a - b),
      'no run loses what an earlier one had',
    );
    assert.ok((await readFile(path)).equals(file.bytes), `sent up to ${ends}`);
    assert.deepEqual(await readdir(folder), ['got.bin']);
  } finally {
    child?.kill('SIGKILL');
    await server.stop();
    await rm(folder, { recursive: true });
  }
});

async function journalNames(folder: string, pieces: number): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await nextTurn(5)) {
    const name = (await readdir(folder)).find((each) => each.endsWith('.journal'));
    const size = name === undefined ? 0 : (await stat(join(folder, name))).size;
    if (size >= 32 + 4 * pieces) return;
  }
  assert.fail(`the journal did not come to ${pieces} pieces`);
}
