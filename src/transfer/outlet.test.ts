import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { closeOutlet, openOutlet } from './outlet.ts';

const folder = mkdtempSync(join(tmpdir(), 'anillo-outlet-'));
const fifo = join(folder, 'fifo');
execFileSync('mkfifo', [fifo]);
after(() => rmSync(folder, { recursive: true }));

test('a FIFO is waited for until somebody reads, and the wait can be given up', async () => {
  const controller = new AbortController();
  let isOpen = false;
  const given = openOutlet(fifo, controller.signal);
  const opened = openOutlet(fifo, new AbortController().signal).then((stream) => {
    isOpen = true;
    return stream;
  });
  for (let turn = 0; turn < 100; turn += 1) await nextTurn();
  assert.equal(isOpen, false);
  controller.abort();
  await assert.rejects(given, { name: 'AbortError' });

  const reader = spawn('cat', [fifo], { stdio: ['ignore', 'pipe', 'inherit'] });
  const stream = await opened;
  await new Promise((resolve) => stream.write('all of it', resolve));
  await closeOutlet(stream);
  assert.equal(await text(reader.stdout), 'all of it');
});

test('a write that nobody takes any more ends with the signal', async () => {
  const controller = new AbortController();
  const reader = spawn('tail', ['-f', fifo], { stdio: 'ignore' });
  const stream = await openOutlet(fifo, controller.signal);
  reader.kill('SIGSTOP');
  const written = new Promise<unknown>((resolve) => stream.write(Buffer.alloc(1_048_576), resolve));
  controller.abort();
  assert.ok((await written) instanceof Error);
  await closeOutlet(stream);
  reader.kill('SIGKILL');
});

test('where nothing can be written it is said', async () => {
  const { signal } = new AbortController();
  await assert.rejects(openOutlet(folder, signal), { code: 'cannot_write' });
  await assert.rejects(openOutlet(join(folder, 'none'), signal), { code: 'cannot_write' });
});
