import assert from 'node:assert/strict';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolders, openLibrary, pathsOf, until } from './library.test-support.ts';

/** Sparse: it costs no disk, and hashing it takes minutes. */
const HUGE_BYTES = 1_099_511_627_776;

test('two huge files that are being hashed hold up neither small ones, nor withdrawals, nor the look for the marker', async (t) => {
  const folders = makeFolders(t);
  const { shareDir } = folders;
  const library = await openLibrary(t, folders);
  for (const name of ['huge-1', 'huge-2', 'huge-3']) {
    writeFileSync(join(shareDir, name), '');
    truncateSync(join(shareDir, name), HUGE_BYTES);
  }
  writeFileSync(join(shareDir, 'old'), 'old');
  await library.startWatching();
  await until('a small one', () => pathsOf(library).join() === 'old');
  writeFileSync(join(shareDir, 'new'), 'new');
  await until('a small one that came later', () => pathsOf(library).join() === 'new,old');
  rmSync(join(shareDir, 'old'));
  await until('the withdrawal', () => pathsOf(library).join() === 'new');
  assert.equal(library.totals().state, 'scanning');
  rmSync(join(shareDir, '.anillo/folder'));
  await until('the suspension', () => library.totals().state === 'suspended');
});
