/** The older clients' upload over raw HTTP: both orders of the fields, large bodies, and bodies that are cut off. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { pino } from 'pino';
import { request } from 'undici';
import { FakeNode } from '../../test/fake-node.ts';
import { until } from '../../test/until.ts';
import { Problem } from '../problems/problem.ts';
import { type RunningPortmapper, startPortmapper } from './portmapper.ts';

const log = pino({ level: 'silent' });
const MIB = 1024 * 1024;
const BOUNDARY = 'cut-here';
const END = `--${BOUNDARY}--\r\n`;

let dataDir: string;
let portmapper: RunningPortmapper;
let node: FakeNode;

async function start(spoolMaxBytes = 256 * MIB): Promise<void> {
  const config = { host: '127.0.0.1', port: 0, dataDir, insecure: false, version: '1', log, spoolMaxBytes };
  portmapper = await startPortmapper(config);
}

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'anillo-older-upload-'));
  await start();
  node = await new FakeNode(portmapper.networkId).listen();
  await node.speak(portmapper.address, 'register');
});
afterEach(async () => {
  await portmapper.stop();
  await node.close();
  rmSync(dataDir, { recursive: true });
});

function field(name: string, value: string): string {
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
}

function fileHead(filename: string): string {
  const disposition = `Content-Disposition: form-data; name="file"; filename="${filename}"`;
  return `--${BOUNDARY}\r\n${disposition}\r\nContent-Type: text/plain\r\n\r\n`;
}

function file(filename: string, text: string): string {
  return `${fileHead(filename)}${text}\r\n`;
}

async function upload(
  body: string | AsyncIterable<Buffer> | Buffer,
): Promise<{ status: number; json: { message?: string; detail?: string } }> {
  const answer = await request(`http://${portmapper.address}/upload/`, {
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
    body: body as string,
  });
  return {
    status: answer.statusCode,
    json: (await answer.body.json()) as { message?: string; detail?: string },
  };
}

/** Sends `text` under a content length that is longer, and hangs up once `ready`. */
async function cutOff(text: string, missingBytes: number, ready: () => boolean = () => true): Promise<void> {
  const { hostname, port } = new URL(`http://${portmapper.address}`);
  const head = `POST /upload/ HTTP/1.1\r\nHost: ${portmapper.address}\r\nContent-Type: multipart/form-data; boundary=${BOUNDARY}\r\n`;
  const length = `Content-Length: ${Buffer.byteLength(text) + missingBytes}\r\n\r\n`;
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(head + length + text);
  await until('it may hang up', 5_000, ready);
  socket.destroy();
}

/** The portmapper passes the file on already. */
function isPassedOn(): boolean {
  return node.asked.some((line) => line.startsWith('PUT'));
}

function spooled(): string[] {
  return readdirSync(join(dataDir, 'spool'));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const arrived = (name: string, text: string) => ({
  name,
  type: 'text/plain',
  size: Buffer.byteLength(text),
  sha256: sha256(text),
  complete: true,
});

test('a file reaches the node whichever field comes first, with its name and type', async () => {
  const address = field('node_address', node.address);
  const first = await upload(address + file('uno ñ.txt', 'one') + END);
  assert.deepEqual([first.status, Object.keys(first.json)], [200, ['message']]);
  const second = await upload(file('dos 🎈.txt', 'two') + address + END);
  assert.deepEqual([second.status, Object.keys(second.json)], [200, ['message']]);
  assert.deepEqual(node.arrivals, [arrived('uno ñ.txt', 'one'), arrived('dos 🎈.txt', 'two')]);
  assert.deepEqual(spooled(), []);
});

test('an empty file is a file', async () => {
  const address = field('node_address', node.address);
  assert.equal((await upload(address + file('a', '') + END)).status, 200);
  assert.equal((await upload(file('b', '') + address + END)).status, 200);
  assert.deepEqual(
    node.arrivals.map(({ name, size, complete }) => [name, size, complete]),
    [
      ['a', 0, true],
      ['b', 0, true],
    ],
  );
});

test('a form whose name for the node comes first touches no disk, and memory stays flat', async () => {
  const size = 256 * MIB;
  const block = Buffer.alloc(MIB, 7);
  const before = process.memoryUsage().rss;
  let peak = 0;
  let onDisk = 0;
  async function* body(): AsyncGenerator<Buffer> {
    yield Buffer.from(field('node_address', node.address) + fileHead('large.bin'));
    for (let sent = 0; sent < size; sent += block.length) {
      yield block;
      peak = Math.max(peak, process.memoryUsage().rss);
      onDisk += spooled().length;
    }
    yield Buffer.from(`\r\n${END}`);
  }
  const { status } = await upload(body());
  assert.equal(status, 200);
  const [arrival] = node.arrivals;
  const expected = createHash('sha256');
  for (let sent = 0; sent < size; sent += block.length) expected.update(block);
  assert.deepEqual([arrival?.size, arrival?.sha256], [size, expected.digest('hex')]);
  assert.equal(onDisk, 0);
  // Client, portmapper and node share this process; one that kept the body would rise by all of it.
  assert.ok(peak - before < size / 2, `rose by ${Math.round((peak - before) / MIB)} MiB`);
});

test('a large form whose file comes first goes by way of the disk, and leaves nothing there', async () => {
  const size = 64 * MIB;
  const block = Buffer.alloc(MIB, 9);
  let onDisk = 0;
  async function* body(): AsyncGenerator<Buffer> {
    yield Buffer.from(fileHead('large.bin'));
    for (let sent = 0; sent < size; sent += block.length) {
      yield block;
      onDisk = Math.max(onDisk, spooled().length);
    }
    yield Buffer.from(`\r\n${field('node_address', node.address)}${END}`);
  }
  const { status } = await upload(body());
  assert.equal(status, 200);
  assert.equal(node.arrivals[0]?.size, size);
  assert.equal(onDisk, 1);
  assert.deepEqual(spooled(), []);
});

test('a node that nobody knows is 400 with a detail, in either order', async () => {
  const address = field('node_address', '127.0.0.1:1');
  for (const body of [address + file('x', 'x') + END, file('x', 'x') + address + END]) {
    const { status, json } = await upload(body);
    assert.deepEqual([status, Object.keys(json)], [400, ['detail']]);
  }
  assert.deepEqual(spooled(), []);
});

test('a form that lacks a field, a name or a boundary is 400 with a detail', async () => {
  const address = field('node_address', node.address);
  for (const body of [address + END, file('x', 'x') + END, address + file('', 'x') + END, 'nonsense', '']) {
    const { status, json } = await upload(body);
    assert.deepEqual([status, Object.keys(json)], [400, ['detail']], body);
  }
  assert.deepEqual(node.arrivals, []);
});

test('a node that is away is 503 with a detail that promises nothing, in either order', async () => {
  const address = field('node_address', node.address);
  await node.close();
  for (const body of [address + file('x', 'x') + END, file('x', 'x') + address + END]) {
    const { status, json } = await upload(body);
    assert.deepEqual([status, Object.keys(json)], [503, ['detail']]);
    assert.doesNotMatch(String(json.detail), /queue/i);
  }
  assert.deepEqual(spooled(), []);
});

test('a node whose upload service does not run is 503 with a detail, and gets nothing', async () => {
  node.endpoints = { ...node.endpoints, upload: null };
  await node.speak(portmapper.address, 'register');
  const { status, json } = await upload(field('node_address', node.address) + file('a.txt', 'a') + END);
  assert.deepEqual([status, Object.keys(json)], [503, ['detail']]);
  assert.deepEqual(node.asked, []);
});

test('a node that left by its own word but answers takes the file all the same', async () => {
  await node.speak(portmapper.address, 'leave');
  const { status } = await upload(field('node_address', node.address) + file('x', 'x') + END);
  assert.equal(status, 200);
  assert.deepEqual(node.arrivals, [arrived('x', 'x')]);
});

test('a body that stops half-way never reaches the node as a whole file', async () => {
  const text = 'x'.repeat(MIB);
  const head = field('node_address', node.address) + fileHead('half.bin');
  await cutOff(head + text, 1000, isPassedOn);
  await until('the node saw it break', 5_000, () => node.arrivals.length === 1);
  assert.equal(node.arrivals[0]?.complete, false);
});

test('a body that stops after the file but before the end of the form is not a whole file either', async () => {
  const form = field('node_address', node.address) + file('almost.bin', 'x'.repeat(1000));
  await cutOff(form, END.length, isPassedOn);
  await until('the node saw it break', 5_000, () => node.arrivals.length === 1);
  assert.equal(node.arrivals[0]?.complete, false);
});

test('a body that ends without the end of its form is refused, and the node keeps nothing', async () => {
  const address = field('node_address', node.address);
  for (const body of [`${address}${fileHead('open.bin')}abc`, `${fileHead('open.bin')}abc`]) {
    const { status, json } = await upload(body);
    assert.deepEqual([status, Object.keys(json)], [400, ['detail']]);
  }
  assert.ok(node.arrivals.every(({ complete }) => !complete));
  assert.deepEqual(spooled(), []);
});

test('a body whose file comes first and is cut off leaves nothing on disk', async () => {
  await cutOff(fileHead('half.bin') + 'x'.repeat(MIB), 1000, () => spooled().length === 1);
  await until('the spool is empty', 5_000, () => spooled().length === 0);
  assert.deepEqual(node.arrivals, []);
});

test('what the node refuses, the client is told, though it sends before it listens', async () => {
  const problem = new Problem('bad_name', { name: '../x', reason: 'it leaves the folder' });
  node.refusal = { status: 400, json: problem.toDocument() };
  const large = 'x'.repeat(8 * MIB);
  const address = field('node_address', node.address);
  for (const body of [address + file('../x', large) + END, file('../x', large) + address + END]) {
    const { status, json } = await upload(body);
    assert.deepEqual([status, json.detail], [400, problem.message]);
  }
  assert.ok(node.asked.filter((line) => line.startsWith('PUT')).every((line) => line.includes('..%2Fx')));
});

test('a file that is larger than the quota is 507, and nothing stays on disk', async () => {
  await portmapper.stop();
  await start(MIB);
  const { status, json } = await upload(
    file('large', 'x'.repeat(2 * MIB)) + field('node_address', node.address) + END,
  );
  assert.deepEqual([status, Object.keys(json)], [507, ['detail']]);
  assert.deepEqual(spooled(), []);
  const small = await upload(file('small', 'x') + field('node_address', node.address) + END);
  assert.equal(small.status, 200);
});

test('what a killed portmapper left in its spool is gone at the next start', async () => {
  await portmapper.stop();
  writeFileSync(join(dataDir, 'spool', 'left-over'), 'half');
  await start();
  assert.deepEqual(spooled(), []);
});
