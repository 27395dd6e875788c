import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { Problem } from '../problems/problem.ts';
import { openDatabase, transact } from './database.ts';
import { writeDurably } from './durable-file.ts';
import { ServiceLock } from './service-lock.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'anillo-storage-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const FIRST = 'CREATE TABLE things (name TEXT PRIMARY KEY) STRICT';
const SECOND = "ALTER TABLE things ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey'";

test('a database of an older version moves forward and keeps its rows', () => {
  const file = join(folder, 'a.db');
  const old = openDatabase(file, [FIRST], { synchronous: 'normal' });
  old.exec("INSERT INTO things (name) VALUES ('ring')");
  old.close();
  const now = openDatabase(file, [FIRST, SECOND], { synchronous: 'normal' });
  assert.deepEqual({ ...now.prepare('SELECT * FROM things').get() }, { name: 'ring', colour: 'grey' });
  now.close();
});

test('a database of a newer version is left alone', () => {
  const file = join(folder, 'a.db');
  openDatabase(file, [FIRST, SECOND], { synchronous: 'normal' }).close();
  assert.throws(
    () => openDatabase(file, [FIRST], { synchronous: 'normal' }),
    (error) => error instanceof Problem && error.code === 'newer_data',
  );
});

test('a transaction that throws leaves nothing behind', () => {
  const database = openDatabase(join(folder, 'a.db'), [FIRST], { synchronous: 'normal' });
  assert.throws(() =>
    transact(database, () => {
      database.exec("INSERT INTO things VALUES ('half')");
      throw new Error('stop');
    }),
  );
  assert.equal(database.prepare('SELECT count(*) AS n FROM things').get()?.n, 0);
  database.close();
});

test('a second process for the same service is refused, and a killed one leaves no lock', async () => {
  const module = new URL('./service-lock.ts', import.meta.url).href;
  const code = `const { ServiceLock } = await import(${JSON.stringify(module)});
    globalThis.lock = ServiceLock.take(${JSON.stringify(folder)}, 'index');
    process.stdout.write('taken'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  assert.throws(
    () => ServiceLock.take(folder, 'index'),
    (error) => {
      assert.ok(error instanceof Problem && error.code === 'data_in_use');
      assert.equal(error.details.who, ` (PID ${child.pid})`);
      return true;
    },
  );
  ServiceLock.take(folder, 'upload').release();
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  ServiceLock.take(folder, 'index').release();
});

test('a lock that cannot be written is not called one that another process holds', () => {
  mkdirSync(join(folder, 'locks', 'index.sqlite'), { recursive: true });
  assert.throws(() => ServiceLock.take(folder, 'index'), { code: 'cannot_write' });
  writeFileSync(join(folder, 'file'), '');
  assert.throws(
    () => ServiceLock.take(join(folder, 'file'), 'index'),
    (error) => error instanceof Problem && /not a folder/.test(error.message),
  );
});

test('a durable file is replaced whole, and nothing is left beside it', async () => {
  const file = join(folder, 'id');
  await writeDurably(file, 'one');
  await writeDurably(file, 'two');
  assert.equal(readFileSync(file, 'utf8'), 'two');
  assert.deepEqual(readdirSync(folder), ['id']);
});
