import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Catalog } from './catalog.ts';
import { CatalogOrders, writeHere } from './catalog-orders.ts';
import { IncomingPlace } from './incoming-place.ts';
import {
  contentOf,
  type Folders,
  incomingOf,
  makeFolders,
  openLibrary,
  until,
} from './library.test-support.ts';
import type { Library } from './library.ts';
import { stampOf } from './shared-folder.ts';

const CHILD = fileURLToPath(new URL('./killed-child.test-support.ts', import.meta.url));
const STEPS = new URL('./deadly-steps.test-support.ts', import.meta.url).href;
const INDEX_CHILD = fileURLToPath(new URL('./index-child.test-support.ts', import.meta.url));

interface Said {
  readonly act: 'done' | 'step';
  readonly name: string;
}

const CHILDREN_AT_ONCE = 3;

/** In the order in which the child does them. */
const ACTS: readonly { readonly name: string; readonly size: number | null }[] = [
  { name: 'a', size: 3 },
  { name: 'a', size: 2_400_000 },
  { name: 'd/e/b', size: 3 },
  { name: 'd/e/b', size: 3 },
  { name: 'a', size: 5 },
  { name: 'd/e/b', size: null },
  { name: 'd/e/b', size: 3 },
];

async function runChild(
  folders: Folders,
  deadlyStep: string,
): Promise<{ signal: string | null; said: Said[] }> {
  const parameters = ['--import', STEPS, CHILD, folders.shareDir, folders.dataDir];
  const child = spawn(process.execPath, parameters, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, DEADLY_STEP: deadlyStep },
  });
  const chunks = child.stdout.toArray();
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  assert.ok(code === 0 || signal === 'SIGKILL', `the child ended with ${code ?? signal}`);
  const lines = Buffer.concat(await chunks)
    .toString('utf8')
    .split('\n');
  return { signal, said: lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Said) };
}

test('killed before any step of uploads, withdrawals and restores, a node loses nothing it acknowledged', async (t) => {
  const { said } = await runChild(makeFolders(t), 'main:0');
  assert.equal(said.filter(({ act }) => act === 'done').length, ACTS.length);
  const steps = ['main', 'thread'].flatMap((thread) => {
    const count = said.filter(({ act, name }) => act === 'step' && name === thread).length;
    assert.ok(count > 10, `${count} steps in ${thread}`);
    return Array.from({ length: count }, (_, index) => `${thread}:${index + 1}`);
  });
  await t.test('one step each', { concurrency: CHILDREN_AT_ONCE }, async (t) => {
    const runs = steps.map((step) =>
      t.test(step, async (t) => {
        const folders = makeFolders(t);
        const { signal, said } = await runChild(folders, step);
        assert.equal(signal, 'SIGKILL');
        await assertWhole(t, folders, said.length);
      }),
    );
    await Promise.all(runs);
  });
});

/** After the restart: each path is as its last acknowledged act left it, or as the one under way would have. */
async function assertWhole(
  t: Parameters<typeof openLibrary>[0],
  folders: Folders,
  acknowledged: number,
): Promise<void> {
  const library = await openLibrary(t, folders);
  await library.recover();
  await library.startWatching();
  await until('the scan', () => library.totals().state === 'ready');
  const left = (until: number, name: string) =>
    ACTS.slice(0, until).findLast((act) => act.name === name)?.size ?? null;
  for (const name of ['a', 'd/e/b']) {
    const file = library.catalog.file(name);
    const size = file?.size ?? null;
    const allowed = [left(acknowledged, name), left(acknowledged + 1, name)];
    assert.ok(allowed.includes(size), `${name} has ${size}, not ${allowed.join(' or ')}`);
    if (file === null) continue;
    assert.equal(file.incoming, null);
    const open = await library.openForRead(file);
    const bytes = Buffer.concat(await open.stream().toArray());
    await open.close();
    assert.equal(bytes.length, size);
    const again = await library.receive({
      name: `copy of ${name.replaceAll('/', ' ')}`,
      source: singly(bytes),
    });
    assert.equal(again.cid, file.cid);
  }
  assert.deepEqual(incomingOf(folders), []);
  const trash = library.trash({ limit: 10 }).map(({ id }) => id);
  assert.deepEqual(readdirSync(join(folders.shareDir, '.anillo/trash')).sort(), trash.sort());
  const versions = library.versions('a').map(({ id }) => id);
  assert.deepEqual(readdirSync(join(folders.shareDir, '.anillo/versions')).sort(), versions.sort());
  // What the ring is told in the end is what the node has.
  const published = new Map<string, string>();
  for (const { act, file } of library.catalog.pending(1_000)) {
    if (act === 'publish') published.set(file.path, file.cid);
    else if (published.get(file.path) === file.cid) published.delete(file.path);
  }
  const listed = new Map(library.catalog.list({ limit: 100 }).map(({ path, cid }) => [path, cid]));
  assert.deepEqual([...published].sort(), [...listed].sort());
}

async function* singly(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** An upload of `text` whose node died between its commit and its rename. */
async function cutOff(library: Library, path: string, text: string): Promise<void> {
  const { cid } = await library.receive({ name: 'same bytes', source: singly(Buffer.from(text)) });
  const incoming = new IncomingPlace(library.folder, library.catalog).next();
  writeFileSync(library.folder.own(incoming), text);
  const stamp = stampOf(statSync(library.folder.own(incoming), { bigint: true }));
  const file = { path, disk: path, cid, stamp, why: 'own', incoming } as const;
  const orders = new CatalogOrders(library.catalog, Date.now);
  await writeHere(library.catalog, orders).write('place', { file, version: null });
}

test('uploads cut off are finished one by one, whatever has come to their places meanwhile', async (t) => {
  const folders = makeFolders(t);
  const first = await openLibrary(t, folders);
  for (const name of ['blocked', 'gone/deep/a', 'link/a', 'taken', 'z'])
    await cutOff(first, name, `in ${name}`);
  await first.close();
  const at = (name: string) => join(folders.shareDir, name);
  mkdirSync(at('blocked')); // A folder under the name of a file.
  symlinkSync(folders.root, at('link'));
  writeFileSync(at('taken'), 'by hand');
  const library = await openLibrary(t, folders);
  assert.deepEqual(await library.recover(), { finished: 3, undone: 0, kept: 2, removed: 0 });
  for (const name of ['blocked', 'gone/deep/a', 'taken', 'z'])
    assert.equal(await contentOf(library, name), `in ${name}`);
  assert.equal(existsSync(join(folders.root, 'a')), false);
  const [version] = library.versions('taken');
  assert.equal(readFileSync(at(`.anillo/versions/${version?.id}`), 'utf8'), 'by hand');
  assert.equal(incomingOf(folders).length, 2);
  rmdirSync(at('blocked'));
  await library.close();
  const again = await openLibrary(t, folders);
  assert.deepEqual(await again.recover(), { finished: 1, undone: 0, kept: 1, removed: 0 });
  assert.equal(readFileSync(at('blocked'), 'utf8'), 'in blocked');
});

test('a restore that was cut off and finds no place goes back to the trash', async (t) => {
  const folders = makeFolders(t);
  const first = await openLibrary(t, folders);
  await first.receive({ name: 'a', source: singly(Buffer.from('text')) });
  const [{ file, trashId } = assert.fail()] = await first.withdraw('a');
  const orders = new CatalogOrders(first.catalog, Date.now);
  await writeHere(first.catalog, orders).write('place', {
    file: { ...file, incoming: `trash/${trashId}` },
    version: null,
  });
  await first.close();
  mkdirSync(join(folders.shareDir, 'a'));
  const library = await openLibrary(t, folders);
  await library.startWatching();
  assert.equal(library.catalog.file('a'), null);
  assert.deepEqual(
    library.trash({ limit: 10 }).map(({ id }) => id),
    [trashId],
  );
  rmdirSync(join(folders.shareDir, 'a'));
  await library.restore(trashId ?? '');
  assert.equal(await contentOf(library, 'a'), 'text');
});

test('killed again and again while it indexes, a node lists and publishes each file once', async (t) => {
  const folders = makeFolders(t);
  mkdirSync(folders.shareDir, { recursive: true });
  const files = 4_000;
  for (let index = 0; index < files; index += 1)
    writeFileSync(join(folders.shareDir, `${index}`), `${index}`);
  for (const kills of [0.05, 0.3, 0.6]) {
    const child = spawn(process.execPath, [INDEX_CHILD, folders.shareDir, folders.dataDir], {
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await until('some files', () => countOf(folders) >= files * kills);
    child.kill('SIGKILL');
    await ended;
  }
  const library = await openLibrary(t, folders);
  await library.startWatching();
  await until('all files', () => library.totals().files === files && library.totals().state === 'ready');
  const published = library.catalog.pending(10_000).map(({ act, file }) => `${act} ${file.path}`);
  assert.equal(published.length, files);
  assert.equal(new Set(published).size, files);
});

function countOf({ dataDir }: Folders): number {
  const catalog = Catalog.open(dataDir, { synchronous: 'normal' });
  try {
    return catalog.totals().files;
  } finally {
    catalog.close();
  }
}
