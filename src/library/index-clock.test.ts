import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { IndexLoop } from './index-loop.ts';
import { makeFolders, openLibrary, until } from './library.test-support.ts';
import { boundsOf } from './library-bounds.ts';

test('a clock that is set back by an hour does not stop the looks at the folder', async (t) => {
  const folders = makeFolders(t);
  const library = await openLibrary(t, folders);
  const now = Date.now.bind(Date);
  let jumpedMs = 0;
  t.mock.method(Date, 'now', () => now() + jumpedMs);
  // In this thread, whose clock the test sets.
  const bounds = boundsOf({ stillMs: 50, markerCheckMs: 50 });
  const loop = await IndexLoop.open({ ...folders, bounds, log: () => {}, onEvents: () => {} });
  const ended = loop.run();
  t.after(async () => {
    loop.stop();
    await ended;
  });
  await until('it is ready', () => library.totals().state === 'ready');
  jumpedMs = -3_600_000;
  rmSync(join(folders.shareDir, '.anillo', 'folder'));
  await until('it is suspended', () => library.totals().state === 'suspended');
});
