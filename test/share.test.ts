/** The main job, as people do it: a file in at one node, found and fetched through any other, with a portmapper or without. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { anillo, anilloJson } from './anillo.ts';
import { chance, randomBytes } from './chance.ts';
import { BIN, TestNetwork } from './network.ts';
import { until } from './until.ts';

let network: TestNetwork;
let scratch: string;

before(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'anillo-share-'));
  network = await TestNetwork.start({ nodes: 4 });
});
after(async () => {
  await network.stop();
  rmSync(scratch, { recursive: true, force: true });
});

interface Stored {
  readonly state: string;
  readonly name: string;
  readonly cid: string;
  readonly size: number;
}

interface Found {
  readonly results: readonly {
    readonly name: string;
    readonly cid: string;
    readonly providers: readonly { readonly address: string }[];
  }[];
}

function through(node: number): string[] {
  return ['--node', network.node(node).url];
}

const viaPortmapper = (): string[] => ['--portmapper', network.portmapper.url];

function scratchFile(name: string, content: Uint8Array | string): string {
  const path = join(scratch, name);
  writeFileSync(path, content);
  return path;
}

test('a file put through one node is found, looked up and fetched through every other, byte for byte', async () => {
  const content = randomBytes(chance('resumed'), 5 * 2 ** 20 + 123);
  const path = scratchFile('holiday film.mkv', content);
  const stored = await anilloJson<Stored>(['put', path, '--tag', 'summer', ...through(1)]);
  assert.equal(stored.state, 'stored');
  assert.equal(stored.size, content.length);
  for (const node of [2, 3, 4]) {
    const found = await anilloJson<Found>(['find', 'holiday film.mkv', ...through(node)]);
    assert.deepEqual(
      found.results.map((result) => [result.name, result.cid, result.providers.length]),
      [['holiday film.mkv', stored.cid, 1]],
    );
    const lookup = await anilloJson<{ keyKind: string; owner: { id: string } }>([
      'lookup',
      '--cid',
      stored.cid,
      ...through(node),
    ]);
    assert.equal(lookup.keyKind, 'cid');
    const back = join(scratch, `back-${node}.mkv`);
    assert.equal((await anillo(['get', 'holiday film.mkv', '-o', back, ...through(node)])).code, 0);
    assert.ok(readFileSync(back).equals(content));
  }
  const byCid = await anillo(['get', stored.cid, '-o', join(scratch, 'by-cid'), ...viaPortmapper()]);
  assert.equal(byCid.code, 0, byCid.stderr);
  assert.ok(readFileSync(join(scratch, 'by-cid')).equals(content));
});

test('every node asked names the same owner for a key', async () => {
  const owners = new Set<string>();
  for (const node of [1, 2, 3, 4]) {
    const lookup = await anilloJson<{ owner: { id: string }; hops: number }>([
      'lookup',
      'some key',
      ...through(node),
    ]);
    owners.add(lookup.owner.id);
    assert.ok(lookup.hops <= 1);
  }
  assert.equal(owners.size, 1);
});

test('names that try everything a name may hold come back as they are, also a file of no bytes', async () => {
  const names = [
    'with  spaces',
    'año ñandú',
    '😀',
    '-dash',
    'x'.repeat(255),
    'empty',
    '100% [sure]?.txt',
    '#hash',
  ];
  for (const name of names) {
    const content = name === 'empty' ? '' : `content of ${name}`;
    scratchFile(name, content);
    const stored = await anilloJson<Stored>([
      'put',
      '--to',
      new URL(network.node(2).url).host,
      ...viaPortmapper(),
      '--',
      join(scratch, name),
    ]);
    assert.equal(stored.name, name);
    const ran = await anillo(['get', '-o', '-', ...through(3), '--', name]);
    assert.equal(ran.code, 0, `${name}: ${ran.stderr}`);
    assert.equal(ran.stdout, content);
  }
});

test('a folder keeps its tree, and a last component that several paths share is listed, not guessed', async () => {
  const listed = (await anillo(['put', scratchTree(), ...through(1)])).code;
  assert.equal(listed, 0);
  const one = await anillo(['get', 'project/a/notes.txt', '-o', '-', ...through(4)]);
  assert.equal(one.stdout, 'a');
  const several = await anillo(['get', 'notes.txt', '-o', '-', ...through(4)]);
  assert.equal(several.code, 3);
  for (const path of ['project/a/notes.txt', 'project/b/notes.txt'])
    assert.match(several.stderr, new RegExp(path));
  const unique = await anillo(['get', 'unique.txt', '-o', '-', ...through(4)]);
  assert.equal(unique.stdout, 'u');
});

function scratchTree(): string {
  const root = mkdtempSync(join(scratch, 'tree-'));
  const project = join(root, 'project');
  for (const [path, content] of [
    ['a/notes.txt', 'a'],
    ['b/notes.txt', 'b'],
    ['deep/er/unique.txt', 'u'],
  ] as const) {
    const file = join(project, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return project;
}

test('two publishers of different content under one path are shown, and chosen between by the one who asks', async () => {
  const path = scratchFile('report.txt', 'from one');
  await anilloJson(['put', path, ...through(1)]);
  scratchFile('report.txt', 'from two');
  const second = await anilloJson<Stored>(['put', path, ...through(2)]);
  const ambiguous = await anillo(['get', 'report.txt', '-o', '-', ...through(3)]);
  assert.equal(ambiguous.code, 1);
  assert.match(ambiguous.stderr, /--newest/);
  const newest = await anillo(['get', 'report.txt', '--newest', '-o', '-', ...through(3)]);
  assert.equal(newest.stdout, 'from two');
  assert.equal((await anillo(['get', second.cid, '-o', '-', ...through(3)])).stdout, 'from two');
});

test('a newer version of one publisher replaces the older', async () => {
  const path = scratchFile('plan.txt', 'first');
  await anilloJson(['put', path, ...through(3)]);
  scratchFile('plan.txt', 'second');
  await anilloJson(['put', path, ...through(3)]);
  assert.equal((await anillo(['get', 'plan.txt', '-o', '-', ...through(1)])).stdout, 'second');
});

test('a file dropped into the folder, renamed, edited and removed is followed by what others find', async () => {
  const dropped = join(network.node(2).share, 'dropped.txt');
  const found = async (name: string) =>
    (await anilloJson<Found>(['find', name, ...through(4)]).catch(() => ({ results: [] }))).results;
  writeFileSync(dropped, 'one');
  await until('it is found', 20_000, async () => (await found('dropped.txt')).length === 1);
  renameSync(dropped, join(network.node(2).share, 'renamed.txt'));
  await until('it is found by its new name only', 20_000, async () => {
    return (await found('renamed.txt')).length === 1 && (await found('dropped.txt')).length === 0;
  });
  writeFileSync(join(network.node(2).share, 'renamed.txt'), 'two, longer');
  await until('its new content is given out', 20_000, async () => {
    return (await anillo(['get', 'renamed.txt', '-o', '-', ...through(1)])).stdout === 'two, longer';
  });
  rmSync(join(network.node(2).share, 'renamed.txt'));
  await until('it is found no more', 20_000, async () => (await found('renamed.txt')).length === 0);
});

test("rm withdraws a file of one's own and keeps it in the trash; another's is refused", async () => {
  const path = scratchFile('to-remove.txt', 'going');
  const stored = await anilloJson<Stored>(['put', path, ...through(1)]);
  const foreign = await anillo(['rm', stored.cid, ...through(2)]);
  assert.notEqual(foreign.code, 0);
  assert.equal((await anillo(['rm', 'to-remove.txt', ...through(1)])).code, 0);
  assert.equal((await anillo(['get', 'to-remove.txt', '-o', '-', ...through(3)])).code, 3);
  const trash = await anilloJson<{ entries: { id: string; name: string }[] }>(['trash', ...through(1)]);
  const entry = trash.entries.find((candidate) => candidate.name === 'to-remove.txt');
  assert.ok(entry);
  assert.equal((await anillo(['trash', '--restore', entry.id, ...through(1)])).code, 0);
  await until(
    'it is back',
    10_000,
    async () => (await anillo(['get', 'to-remove.txt', '-o', '-', ...through(3)])).stdout === 'going',
  );
});

test('a download killed half-way goes on where it was', async () => {
  const content = randomBytes(chance('killed'), 48 * 2 ** 20);
  const stored = await anilloJson<Stored>(['put', scratchFile('large.bin', content), ...through(1)]);
  const folder = mkdtempSync(join(scratch, 'partial-'));
  const target = join(folder, 'large.bin');
  const child = spawn(
    process.execPath,
    [BIN, 'get', stored.cid, '-o', target, '--limit-rate', '8M', ...through(2)],
    { stdio: 'ignore' },
  );
  await until('a part is there', 20_000, () =>
    // Four bytes for each piece that is written.
    readdirSync(folder).some((name) => name.endsWith('.journal') && statSync(join(folder, name)).size > 80),
  );
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  assert.equal(existsSync(target), false);
  const rest = await anilloJson<{ resumedBytes: number }>(['get', stored.cid, '-o', target, ...through(2)]);
  assert.ok(rest.resumedBytes > 0, 'it was resumed');
  assert.ok(readFileSync(target).equals(content));
  assert.deepEqual(readdirSync(folder), ['large.bin']);
});

test('with the portmapper stopped, everything goes on through any node', async () => {
  await network.portmapper.end('SIGTERM');
  const path = scratchFile('without.txt', 'no portmapper');
  assert.equal((await anillo(['put', path, ...through(2)])).code, 0);
  assert.equal((await anillo(['get', 'without.txt', '-o', '-', ...through(4)])).stdout, 'no portmapper');
  assert.equal((await anillo(['find', 'without.txt', ...viaPortmapper()])).code, 4);
  await network.portmapper.start();
});
