/** A large file on its way to a node: killed on either side it goes on, changed it is given up. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { below, chance } from '../../test/chance.ts';
import { keystreamBytes } from '../content/keystream.test-support.ts';
import { PIECE_BYTES } from '../content/profile.ts';
import { Problem } from '../problems/problem.ts';
import { HttpClient } from './http.ts';
import { putFile } from './put-file.ts';
import { RateLimit } from './rate-limit.ts';
import type { StoredFile } from './schemas/node-routes.ts';
import { UploadPlaces } from './upload-places.ts';
import { UploadRecords } from './upload-records.ts';

const random = chance('killed puts');
const NODE = fileURLToPath(new URL('../services/upload/upload-child.test-support.ts', import.meta.url));
const PUT = fileURLToPath(new URL('./putting-child.test-support.ts', import.meta.url));
const SIZE = 96 * PIECE_BYTES + below(random, PIECE_BYTES);
const BYTES = keystreamBytes(String(random()), SIZE);
let folder: string;
let path: string;
let node: ChildProcess;
let port = 0;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'anillo-put-'));
  path = join(folder, 'large');
  writeFileSync(path, BYTES);
  await startNode();
});
after(async () => {
  await kill(node);
  rmSync(folder, { recursive: true, force: true });
});

async function startNode(): Promise<void> {
  const args = [NODE, join(folder, 'shared'), join(folder, 'data'), String(port)];
  node = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(node.stdout as NonNullable<ChildProcess['stdout']>, 'data')) as [Buffer];
  port = Number(said.toString());
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

interface Put {
  readonly stored: StoredFile | null;
  /** What was counted as there, at its beginning and its end. */
  readonly first: number;
  readonly last: number;
}

/** Runs `put` as a process; does `act` when `atBytes` are counted. */
async function put(name: string, atBytes: number, act: (child: ChildProcess) => void): Promise<Put> {
  const args = [PUT, `127.0.0.1:${port}`, path, name, join(folder, 'records')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let [first, last]: [number | null, number] = [null, 0];
  let stored: StoredFile | null = null;
  let acted = false;
  for await (const line of createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> })) {
    if (line.startsWith('{')) stored = JSON.parse(line) as StoredFile;
    else last = Number(line);
    first ??= last;
    if (last >= atBytes && !acted) {
      acted = true;
      act(child);
    }
  }
  return { stored, first: first ?? 0, last };
}

test('a put that is killed twice goes on with what the node has', async () => {
  let again = 0;
  let from = 0;
  for (let kills = 0; kills < 2; kills += 1) {
    const killAt = from + PIECE_BYTES + below(random, (SIZE - from) / 2);
    const { stored, first, last } = await put('killed.bin', killAt, (child) => child.kill('SIGKILL'));
    assert.equal(stored, null);
    again += kills === 0 ? 0 : from - first;
    from = last;
  }
  const { stored, first } = await put('killed.bin', Number.POSITIVE_INFINITY, () => {});
  again += from - first;
  assert.ok(first > 0, 'it did not begin anew');
  assert.equal(stored?.size, SIZE);
  assert.ok(readFileSync(join(folder, 'shared/killed.bin')).equals(BYTES));
  assert.ok(again <= 2 * 10 * PIECE_BYTES, `${again} bytes were sent again`);
  assert.deepEqual(readdirSync(join(folder, 'records')), [], 'nothing is noted of what is stored');
});

test('a put outlives its node, which is killed and starts anew', async () => {
  const { stored } = await put('outlived.bin', PIECE_BYTES + below(random, SIZE / 2), () => {
    void kill(node).then(startNode);
  });
  assert.equal(stored?.size, SIZE);
  assert.ok(readFileSync(join(folder, 'shared/outlived.bin')).equals(BYTES));
});

test('a file that changes on its way is no file of the node, and what came of it goes', async () => {
  const { signal } = new AbortController();
  const http = new HttpClient(signal);
  const changing = join(folder, 'changing');
  const size = 20 * PIECE_BYTES;
  writeFileSync(changing, BYTES.subarray(0, size));
  const address = `127.0.0.1:${port}`;
  const places = new UploadPlaces(http, [{ id: 'a'.repeat(64), address, upload: address }], signal);
  let counted = 0;
  const onBytes = (more: number) => {
    if (counted === 0 && more > 0) appendFileSync(changing, 'more');
    counted += more;
  };
  const records = new UploadRecords(join(folder, 'records'));
  const limit = new RateLimit(1e9, signal);
  const putting = putFile(
    http,
    places,
    { type: 'file', path: changing, size },
    {
      name: 'changing.bin',
      tags: [],
      limit,
      records,
      signal,
      onBytes,
    },
  );
  await assert.rejects(putting, (error) => error instanceof Problem && error.code === 'changed');
  const left = readdirSync(join(folder, 'shared/.anillo/incoming')).filter(
    (name) => !name.endsWith('.journal'),
  );
  assert.deepEqual(left, []);
  assert.deepEqual(readdirSync(join(folder, 'records')), []);
  assert.ok(!readdirSync(join(folder, 'shared')).includes('changing.bin'));
  await http.close();
});
