/** A node that is killed while an upload comes: what it told to have is there, and little is sent twice. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { below, chance } from '../../../test/chance.ts';
import type { UploadStatus } from '../../client/schemas/node-routes.ts';
import { FileHasher } from '../../content/file-hasher.ts';
import { keystreamBytes } from '../../content/keystream.test-support.ts';
import { PIECE_BYTES } from '../../content/profile.ts';

const random = chance('killed uploads');
const CHILD = fileURLToPath(new URL('./upload-child.test-support.ts', import.meta.url));
const SIZE = 160 * PIECE_BYTES + below(random, PIECE_BYTES);
const KILLS = 2;
/** Most of what is sent again stood in the sockets between the two: some 4 MiB for each kill, more when the machine is busy. */
const AGAIN_MAX = KILLS * 10 * PIECE_BYTES;

async function start(folder: string, port: number): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, [CHILD, join(folder, 'shared'), join(folder, 'data'), String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data')) as [Buffer];
  return { child, port: Number(said.toString()) };
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

test('a node killed at random moments goes on at the byte that it tells, and the bytes are right', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'anillo-tus-kill-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const bytes = keystreamBytes(String(random()), SIZE);
  let { child, port } = await start(folder, 0);
  t.after(() => child.kill('SIGKILL'));
  const origin = `http://127.0.0.1:${port}`;
  const tus = { 'tus-resumable': '1.0.0' };
  const created = await request(`${origin}/api/v1/uploads`, {
    method: 'POST',
    headers: { ...tus, 'upload-length': String(SIZE), 'upload-metadata': `name ${btoa('large.bin')}` },
  });
  await created.body.dump();
  const url = origin + String(created.headers.location);
  const offsetNow = async () => {
    const { headers } = await request(url, { method: 'HEAD', headers: tus });
    return Number(headers['upload-offset']);
  };

  let again = 0;
  for (let kills = 0; kills < KILLS; kills += 1) {
    const from = await offsetNow();
    const killAt = from + below(random, (SIZE - from) / 2) + PIECE_BYTES;
    let sent = from;
    let killed: Promise<void> | null = null;
    const victim = child;
    async function* source() {
      for (; sent < SIZE; sent += 65_536) {
        if (sent >= killAt) killed ??= kill(victim);
        yield bytes.subarray(sent, sent + 65_536);
        if (killed !== null) return;
      }
    }
    await request(url, {
      method: 'PATCH',
      headers: {
        ...tus,
        'upload-offset': String(from),
        'content-type': 'application/offset+octet-stream',
        'content-length': String(SIZE - from),
      },
      body: Readable.from(source(), { objectMode: false }),
    }).catch(() => undefined); // Its answer died with the node.
    await killed;
    child = (await start(folder, port)).child;
    const offset = await offsetNow();
    assert.ok(offset >= from && offset <= sent + 65_536, `${offset} of ${sent} sent`);
    again += Math.max(0, sent - offset);
  }
  const from = await offsetNow();
  const last = await request(url, {
    method: 'PATCH',
    headers: { ...tus, 'upload-offset': String(from), 'content-type': 'application/offset+octet-stream' },
    body: bytes.subarray(from),
  });
  assert.equal(last.statusCode, 204);
  await last.body.dump();
  const { stored } = (await (await request(url)).body.json()) as UploadStatus;
  const place = join(folder, 'shared/large.bin');
  assert.ok(readFileSync(place).equals(bytes));
  const hasher = new FileHasher({ workers: 1 });
  assert.equal(stored?.cid, (await hasher.hashFile(place)).cid);
  await hasher.close();
  assert.deepEqual(
    readdirSync(join(folder, 'shared/.anillo/incoming')).filter((name) => !name.endsWith('.journal')),
    [],
  );
  assert.ok(again <= AGAIN_MAX, `${again} bytes were sent again, at most ${AGAIN_MAX}`);
  t.diagnostic(`${again} bytes of ${SIZE} were sent again after ${KILLS} kills`);
});
