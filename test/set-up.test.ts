/** The set-up of a fresh checkout, over an npm that only notes that it was called. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const SCRIPT = fileURLToPath(new URL('../scripts/set-up.js', import.meta.url));
/** Installs a Node that runs; with `slow` beside it, does not end by itself. */
const NPM = `#!/bin/sh
echo installed >> npm-calls
mkdir -p node_modules/.bin && ln -sf "${process.execPath}" node_modules/.bin/node
while [ -e slow ]; do sleep 0.05; done
`;
const WITHIN_MS = 20_000;

let checkout = '';
let started: ChildProcess[] = [];

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'anillo-set-up-'));
  for (const folder of ['scripts', 'path']) mkdirSync(join(checkout, folder));
  copyFileSync(SCRIPT, join(checkout, 'scripts', 'set-up.js'));
  for (const name of ['package.json', 'package-lock.json'])
    writeFileSync(join(checkout, name), '{"type":"module"}\n');
  writeFileSync(join(checkout, 'path', 'npm'), NPM);
  chmodSync(join(checkout, 'path', 'npm'), 0o755);
  started = [];
});

afterEach(() => {
  rmSync(join(checkout, 'slow'), { force: true });
  for (const child of started) child.kill('SIGKILL');
  rmSync(checkout, { recursive: true, force: true });
});

interface SetUp {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  said(): string;
}

function setUp(): SetUp {
  const PATH = [join(checkout, 'path'), process.env.PATH].join(delimiter);
  const child = spawn(process.execPath, ['scripts/set-up.js'], {
    cwd: checkout,
    env: { ...process.env, PATH },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: WITHIN_MS,
  });
  started.push(child);
  let said = '';
  child.stderr?.on('data', (piece) => {
    said += piece;
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return { child, ended, said: () => said };
}

function calls(): number {
  const file = join(checkout, 'npm-calls');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
}

test('it installs once, and does nothing the second time', async () => {
  assert.equal(await setUp().ended, 0);
  assert.equal(await setUp().ended, 0);
  assert.equal(calls(), 1);
});

test('a set-up that was killed holds nobody up', async () => {
  writeFileSync(join(checkout, 'slow'), '');
  const first = setUp();
  await until('npm runs', WITHIN_MS, () => calls() === 1);
  first.child.kill('SIGKILL');
  await first.ended;
  rmSync(join(checkout, 'slow'));
  assert.equal(await setUp().ended, 0, 'the second one goes through');
  assert.equal(calls(), 2);
});

test('while another set-up runs it says which, waits, and installs nothing again', async () => {
  writeFileSync(join(checkout, 'slow'), '');
  const first = setUp();
  await until('npm runs', WITHIN_MS, () => calls() === 1);
  const second = setUp();
  await until('the second one says what it waits for', WITHIN_MS, () =>
    second.said().includes(`another set-up is running (PID ${first.child.pid})`),
  );
  rmSync(join(checkout, 'slow'));
  assert.deepEqual([await first.ended, await second.ended], [0, 0]);
  assert.equal(calls(), 1);
});
