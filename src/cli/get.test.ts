/** Where `get` puts a file, and what it leaves alone: the command in this process, against a real holder. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, afterEach, beforeEach, test } from 'node:test';
import { AnsweringServer, searchAnswer, searchResult } from '../client/answering-server.test-support.ts';
import { HolderServer, makeFile } from '../transfer/holder-server.test-support.ts';
import { main } from './main.ts';

const SIZE = 3 * 1_048_576 + 7;
const made = makeFile('get', SIZE);
const holder = await HolderServer.start(made);
const provider = {
  ...holder.holder,
  id: 'a'.repeat(64),
  download: holder.holder.address,
  state: 'active' as const,
};
const network = await AnsweringServer.start({
  'GET /api/v1/search': searchAnswer([
    searchResult('docs/file', { cid: made.cid, size: SIZE, providers: [provider] }),
  ]),
});
const home = process.cwd();
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'anillo-get-'));
  process.chdir(folder);
  holder.starts.length = 0;
});
afterEach(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});
after(async () => {
  await holder.stop();
  await network.stop();
});

interface Got {
  readonly resumedBytes: number;
  readonly path: string;
  readonly problem: { readonly code: string; readonly detail: string };
}

/** @returns the exit code and the one document */
async function get(...args: string[]): Promise<{ code: number; json: Got }> {
  const { code, stdout } = await run('--json', ...args);
  return { code, json: JSON.parse(stdout) };
}

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const said = { stdout: '', stderr: '' };
  const outlet = (name: keyof typeof said) =>
    new Writable({
      write(chunk, _encoding, done) {
        said[name] += String(chunk);
        done();
      },
    });
  const code = await main(['get', 'file', '--portmapper', network.base, ...args], {
    stdin: Readable.from([]),
    stdout: outlet('stdout'),
    stderr: outlet('stderr'),
    environment: {},
  });
  return { code, ...said };
}

test('a file that is there already with the same content is verified, and nothing is fetched', async () => {
  assert.equal((await get()).code, 0);
  assert.ok(readFileSync('file').equals(made.bytes));
  holder.starts.length = 0;
  for (const args of [[], ['-o', 'file'], ['-o', '.', '--sync']]) {
    const again = await get(...args);
    assert.deepEqual([again.code, again.json.resumedBytes, again.json.path], [0, SIZE, join(folder, 'file')]);
  }
  assert.deepEqual(holder.starts, []);
});

test('another file of that name is left alone unless -o names it, and nothing is fetched', async () => {
  writeFileSync('file', 'mine');
  for (const args of [[], ['-o', folder]]) {
    const { code, json } = await get(...args);
    assert.deepEqual([code, json.problem.code], [5, 'file_exists']);
    assert.match(json.problem.detail, /-o/);
  }
  assert.deepEqual([readFileSync('file', 'utf8'), holder.starts], ['mine', []]);
  assert.equal((await get('-o', 'file')).code, 0);
  assert.ok(readFileSync('file').equals(made.bytes));
});

test('a folder of that name is refused before a byte is fetched; as -o it takes the file', async () => {
  mkdirSync('file');
  const { code, json } = await get();
  assert.deepEqual([code, json.problem.code, holder.starts], [5, 'is_a_folder', []]);
  assert.equal((await get('-o', 'file')).code, 0);
  assert.ok(readFileSync('file/file').equals(made.bytes));
});

test('through a link its target is written, and the link stays', async () => {
  mkdirSync('far');
  symlinkSync('far/target', 'link');
  for (const before of [null, 'older']) {
    if (before !== null) writeFileSync('far/target', before);
    assert.equal((await get('-o', 'link')).code, 0);
    assert.ok(lstatSync('link').isSymbolicLink());
    assert.ok(readFileSync('far/target').equals(made.bytes));
    assert.deepEqual(readdirSync('far'), ['target']);
  }
});

test('a device and a FIFO are written to and stay what they are', async () => {
  execFileSync('mkfifo', ['pipe']);
  const reader = spawn('cat', ['pipe'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [read, { code }] = await Promise.all([buffer(reader.stdout), get('-o', 'pipe')]);
  assert.equal(code, 0);
  assert.ok(read.equals(made.bytes));
  assert.ok(lstatSync('pipe').isFIFO());

  const { stdout, stderr } = await run('-o', '/dev/null');
  assert.match(stderr, /saved to \/dev\/null/);
  assert.equal(stdout, '', 'where the bytes may go to, no word does');
  assert.ok(lstatSync('/dev/null').isCharacterDevice());
  const full = await get('-o', '/dev/full');
  assert.deepEqual([full.code, full.json.problem.code], [1, 'cannot_write']);
  assert.deepEqual(readdirSync('.'), ['pipe']);
});

test('a FIFO whose reader has enough ends the download', async () => {
  execFileSync('mkfifo', ['pipe']);
  const reader = spawn('head', ['-c', '10', 'pipe'], { stdio: 'ignore' });
  const gone = once(reader, 'exit');
  const { code, json } = await get('-o', 'pipe');
  await gone;
  assert.deepEqual([code, json.problem.code], [1, 'interrupted']);
});
