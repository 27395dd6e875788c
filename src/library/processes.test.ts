import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Catalog } from './catalog.ts';
import { chunksOf, contentOf, makeFolders, openLibrary, until } from './library.test-support.ts';

const WRITING_CHILD = fileURLToPath(new URL('./writing-child.test-support.ts', import.meta.url));
const INDEX_CHILD = fileURLToPath(new URL('./index-child.test-support.ts', import.meta.url));

test('processes that start at once over a new data directory share one folder marker and lose no write', async (t) => {
  const folders = makeFolders(t);
  const names = ['index', 'upload', 'download', 'dht'];
  const children = names.map((name) =>
    spawn(process.execPath, [WRITING_CHILD, folders.shareDir, folders.dataDir, name], {
      stdio: ['ignore', 'ignore', 'inherit'],
    }),
  );
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]));
  assert.deepEqual(codes, [0, 0, 0, 0]);
  const library = await openLibrary(t, folders);
  for (const name of names) assert.equal(library.catalog.state(name), '300');
  const marker = readFileSync(join(folders.shareDir, '.anillo/folder'), 'utf8').trim();
  assert.match(marker, /^[0-9a-f]{32}$/);
  assert.equal(library.catalog.state('folder-marker'), marker);
});

test('index, upload and dht apart: every file of the folder and every upload is published once', async (t) => {
  const folders = makeFolders(t);
  const upload = await openLibrary(t, folders);
  const index = spawn(process.execPath, [INDEX_CHILD, folders.shareDir, folders.dataDir]);
  t.after(() => index.kill('SIGKILL'));
  const dht = Catalog.open(folders.dataDir, { synchronous: 'normal' });
  t.after(() => dht.close());
  const published: string[] = [];
  const drain = () => {
    const pending = dht.pending(50);
    for (const { act, file } of pending) published.push(`${act} ${file.path}`);
    dht.settle(pending.map(({ id }) => id));
    return published.length;
  };
  const version = dht.dataVersion();
  for (let number = 0; number < 100; number += 1) {
    writeFileSync(join(folders.shareDir, `by-hand-${number}`), `${number}`);
    await upload.receive({ name: `by-upload-${number}`, source: chunksOf(`${number}`) });
    drain();
  }
  await until('all publications', () => drain() >= 200);
  assert.notEqual(dht.dataVersion(), version);
  assert.equal(new Set(published).size, 200);
  assert.equal(published.length, 200);
  assert.equal(await contentOf(upload, 'by-hand-99'), '99');
});
